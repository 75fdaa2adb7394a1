/**
 * Brings a database to the present schema. Several nodes may start at the same moment: each step is one
 * transaction that also notes its number, so that one node takes it and the others find it taken.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { makeRingIndexes } from './ring-index.ts';
import { type Migration, migrationsTable, migrations as ownMigrations, sharedTables } from './schema.ts';
import { readShape, type Shape } from './shape.ts';
import { sql } from './sql.ts';

/** Creates what is missing and returns the shape of what is there. Throws `schema` for tables that cannot be used. */
export async function migrate(
  executor: SqlExecutor,
  migrations: readonly Migration[] = ownMigrations,
): Promise<Shape> {
  const tables = await tableNames(executor);
  const missing = Object.entries(sharedTables).filter(([name]) => !tables.has(name));
  await executor.transact([migrationsTable, ...missing.flatMap(([, statements]) => statements)]);

  let applied = await appliedNumbers(executor);
  const newest = Math.max(0, ...migrations.map(({ number }) => number));
  const unknown = [...applied].find((number) => number > newest);
  if (unknown !== undefined) {
    throw new RegistryError(
      'schema',
      `This registry has migration ${unknown}, but this version of Ringwatch knows only those up to ${newest}; update Ringwatch on this node.`,
    );
  }
  for (const migration of migrations) {
    if (applied.has(migration.number)) continue;
    try {
      await executor.transact([...migration.statements, await note(executor, migration)]);
    } catch (error) {
      // Another node took the step at the same moment: then it is noted.
      applied = await appliedNumbers(executor);
      if (!applied.has(migration.number)) throw error;
    }
  }
  const shape = await readShape(executor);
  await makeRingIndexes(executor);
  return shape;
}

async function note(executor: SqlExecutor, { number, name }: Migration): Promise<SqlStatement> {
  const now = await executor.now();
  return sql`INSERT INTO ringwatch_migrations (number, name, applied_at_ms) VALUES (${number}, ${name}, ${Math.round(now)})`;
}

async function tableNames(executor: SqlExecutor): Promise<ReadonlySet<unknown>> {
  const [result] = await executor.read(
    [sql`SELECT name FROM sqlite_master WHERE type IN ('table', 'view')`],
    'leader',
  );
  return new Set(result?.rows.map((row) => row['name']));
}

async function appliedNumbers(executor: SqlExecutor): Promise<ReadonlySet<number>> {
  const [result] = await executor.read([sql`SELECT number FROM ringwatch_migrations`], 'leader');
  return new Set(result?.rows.map((row) => Number(row['number'])));
}
