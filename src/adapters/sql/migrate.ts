/**
 * Brings a database to the present schema. Several nodes may start at the same moment. Each step is one
 * transaction that also notes its number: one node takes it, and the others find it taken. Views have no number.
 */
import { RegistryError } from '../../ports/registry.ts';
import { type Dialect, sqliteDialect } from './dialect.ts';
import type { SqlExecutor, SqlResult, SqlStatement } from './executor.ts';
import { proceduresOf } from './procedure.ts';
import { QueryTexts } from './query-text.ts';
import type { Migration } from './schema.ts';
import { checkSharedTables, columnsStatement, missingIn } from './shape.ts';
import { sql } from './sql.ts';
import { viewPrefix, viewsOf } from './view.ts';

/** What a database has. */
export interface Shape {
  /** The texts of queries and writes for it. */
  readonly texts: QueryTexts;
  /** The columns of `dns_nodes` that it lacks. */
  readonly missing: ReadonlySet<string>;
  /** The names of all tables, views and triggers. */
  readonly names: ReadonlySet<string>;
  /** The numbers of the steps that were taken. */
  readonly applied: ReadonlySet<number>;
}

/** Looks at a database, by one request. Throws `schema` for tables that this version cannot use. */
export async function readShape(
  executor: SqlExecutor,
  migrations: readonly Migration[] = dialectOf(executor).schema.migrations,
): Promise<Shape> {
  const dialect = dialectOf(executor);
  const [columns, numbers, tables] = await executor.read(
    [columnsStatement(dialect), appliedStatement, dialect.schema.tables],
    'committed',
  );
  const missing = missingIn(dialect, columns);
  const applied = checkMigrations(numbers, migrations);
  return { texts: new QueryTexts(missing, dialect), missing, names: namesIn(tables), applied };
}

/**
 * Creates what is missing, and tells what is there then. Throws `schema` for tables that cannot be used. `onForeign` is told
 * of another program's tables where the first ones are made beside them.
 */
export async function migrate(
  executor: SqlExecutor,
  migrations: readonly Migration[] = dialectOf(executor).schema.migrations,
  onForeign: (names: readonly string[]) => void = () => undefined,
): Promise<Shape> {
  const present = await readShape(executor, migrations).catch(nullForSchema);
  if (present !== null && migrations.every(({ number }) => present.applied.has(number))) {
    return makeTexts(executor, present);
  }
  const { before, migrationsTable, sharedTables, tables: tablesStatement } = dialectOf(executor).schema;
  const [result] = await executor.read([tablesStatement], 'committed');
  const tables = namesIn(result);
  const missing = Object.entries(sharedTables).filter(([name]) => !tables.has(name));
  // Beside the tables of the original those of its application are to be expected.
  const foreign = [...tables].filter((name) => !/^(ringwatch|sqlite)_/.test(name));
  if (missing.length === Object.keys(sharedTables).length && foreign.length > 0) onForeign(foreign);
  // Where all is there, a role that may make no tables is enough.
  if (missing.length > 0 || !tables.has('ringwatch_migrations'))
    await executor.transact([...before, migrationsTable, ...missing.flatMap(([, statements]) => statements)]);
  await checkSharedTables(executor);

  let applied = checkMigrations((await executor.read([appliedStatement], 'committed'))[0], migrations);
  for (const migration of migrations) {
    if (applied.has(migration.number)) continue;
    try {
      const now = Math.round(await executor.now());
      // A table that a view reads cannot be changed; views are made again below.
      const views = [...tables].filter((name) => name.startsWith(viewPrefix)).map(dropView);
      await executor.transact([...before, ...views, ...migration.statements(now), note(migration, now)]);
    } catch (error) {
      // Another node took the step at the same moment: then it is noted.
      applied = appliedIn((await executor.read([appliedStatement], 'committed'))[0]);
      if (!applied.has(migration.number)) throw error;
    }
  }
  return makeTexts(executor, await readShape(executor, migrations));
}

/** Makes the views and procedures that are not there. */
async function makeTexts(executor: SqlExecutor, shape: Shape): Promise<Shape> {
  const { names, missing, texts } = shape;
  if (!dialectOf(executor).keepsTexts) return shape;
  const wanted = [
    ...viewsOf(missing).map(({ name, statement }) => ({ name, statements: [statement] })),
    ...proceduresOf(texts).map(({ trigger, statements }) => ({ name: trigger, statements })),
  ].filter(({ name }) => !names.has(name));
  if (wanted.length > 0) await executor.transact(wanted.flatMap(({ statements }) => statements));
  return { ...shape, names: new Set([...names, ...wanted.map(({ name }) => name)]) };
}

/** Tables are missing, or are of an older version or another program: which, the steps below find out. */
function nullForSchema(error: unknown): null {
  if (error instanceof RegistryError && error.code === 'schema') return null;
  throw error;
}

function dropView(name: string): SqlStatement {
  return { sql: `DROP VIEW IF EXISTS ${name}`, values: [] };
}

/** The numbers of the steps that were taken. Throws `schema` when a newer version has taken one: its rules are not known here. */
function checkMigrations(
  result: SqlResult | undefined,
  migrations: readonly Migration[],
): ReadonlySet<number> {
  const applied = appliedIn(result);
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

const appliedStatement = sql`SELECT number FROM ringwatch_migrations`;

function appliedIn(result: SqlResult | undefined): ReadonlySet<number> {
  return new Set(result?.rows.map((row) => Number(row['number'])));
}

function namesIn(result: SqlResult | undefined): ReadonlySet<string> {
  return new Set(result?.rows.map((row) => String(row['name'])));
}

function dialectOf({ dialect = sqliteDialect }: SqlExecutor): Dialect {
  return dialect;
}
