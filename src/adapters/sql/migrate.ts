/**
 * Brings a database to the present schema. Several nodes may start at the same moment. Each step is one
 * transaction that also notes its number: one node takes it, and the others find it taken. Views have no number.
 */
import { RegistryError } from '../../ports/registry.ts';
import { sqliteDialect } from './dialect.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { proceduresOf } from './procedure.ts';
import { QueryTexts } from './query-text.ts';
import type { Migration } from './schema.ts';
import { checkSharedTables, missingColumns } from './shape.ts';
import { sql } from './sql.ts';
import { viewPrefix, viewsOf } from './view.ts';

/** Creates what is missing. Throws `schema` for tables that cannot be used. */
export async function migrate(
  executor: SqlExecutor,
  migrations: readonly Migration[] = dialectOf(executor).schema.migrations,
): Promise<void> {
  const { before, migrationsTable, sharedTables } = dialectOf(executor).schema;
  const tables = await tablesIn(executor);
  const missing = Object.entries(sharedTables).filter(([name]) => !tables.has(name));
  // Where all is there, a role that may make no tables is enough.
  if (missing.length > 0 || !tables.has('ringwatch_migrations'))
    await executor.transact([...before, migrationsTable, ...missing.flatMap(([, statements]) => statements)]);
  await checkSharedTables(executor);

  let applied = await checkMigrations(executor, migrations);
  for (const migration of migrations) {
    if (applied.has(migration.number)) continue;
    try {
      const now = Math.round(await executor.now());
      // A table that a view reads cannot be changed; views are made again below.
      const views = [...tables].filter((name) => name.startsWith(viewPrefix)).map(dropView);
      await executor.transact([...before, ...views, ...migration.statements(now), note(migration, now)]);
    } catch (error) {
      // Another node took the step at the same moment: then it is noted.
      applied = await appliedNumbers(executor);
      if (!applied.has(migration.number)) throw error;
    }
  }
  const columns = await missingColumns(executor);
  if (!dialectOf(executor).keepsTexts) return;
  const present = await tablesIn(executor);
  const wanted = [
    ...viewsOf(columns).map(({ name, statement }) => ({ name, statements: [statement] })),
    ...proceduresOf(new QueryTexts(columns)).map(({ trigger, statements }) => ({
      name: trigger,
      statements,
    })),
  ].filter(({ name }) => !present.has(name));
  if (wanted.length > 0) await executor.transact(wanted.flatMap(({ statements }) => statements));
}

function dropView(name: string): SqlStatement {
  return { sql: `DROP VIEW IF EXISTS ${name}`, values: [] };
}

/** The numbers of the steps that were taken. Throws `schema` when a newer version has taken one: its rules are not known here. */
export async function checkMigrations(
  executor: SqlExecutor,
  migrations: readonly Migration[] = dialectOf(executor).schema.migrations,
): Promise<ReadonlySet<number>> {
  const applied = await appliedNumbers(executor);
  const newest = Math.max(0, ...migrations.map(({ number }) => number));
  const unknown = [...applied].find((number) => number > newest);
  if (unknown !== undefined) {
    throw new RegistryError(
      'schema',
      `This registry has migration ${unknown}, but this version of Ringwatch knows only those up to ${newest}; update Ringwatch on this node.`,
    );
  }
  return applied;
}

function note({ number, name }: Migration, now: number): SqlStatement {
  return sql`INSERT INTO ringwatch_migrations (number, name, applied_at_ms) VALUES (${number}, ${name}, ${now})`;
}

/** The names of all tables, views and triggers. */
export async function tablesIn(executor: SqlExecutor): Promise<ReadonlySet<string>> {
  const [result] = await executor.read([dialectOf(executor).schema.tables], 'committed');
  return new Set(result?.rows.map((row) => String(row['name'])));
}

function dialectOf({ dialect = sqliteDialect }: SqlExecutor) {
  return dialect;
}

async function appliedNumbers(executor: SqlExecutor): Promise<ReadonlySet<number>> {
  const [result] = await executor.read([sql`SELECT number FROM ringwatch_migrations`], 'committed');
  return new Set(result?.rows.map((row) => Number(row['number'])));
}
