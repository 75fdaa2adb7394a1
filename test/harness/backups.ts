/** Backups of a registry that agents use, made and restored under them: every table of it, in one transaction. */
import { join } from 'node:path';
import Database from 'libsql';
import type pg from 'pg';

/** Takes every table back to the moment at which it was made. */
export type Restore = () => Promise<void>;

/** Backs a SQLite file up into a file beside it. */
export function backUpSqlite(directory: string, name: string): Restore {
  const [from, to] = [join(directory, name), join(directory, `${name}.backup`)];
  const file = new Database(from, { timeout: 10_000 });
  file.exec(`VACUUM INTO '${to}'`);
  file.close();
  return async () => {
    const restored = new Database(from, { timeout: 10_000 });
    restored.exec(`ATTACH '${to}' AS backup`);
    const tables = restored
      .prepare(
        "SELECT name FROM backup.sqlite_master WHERE type = 'table' AND (name = 'sqlite_sequence' OR name NOT LIKE 'sqlite_%')",
      )
      .all() as { readonly name: string }[];
    const copies = tables.map(
      ({ name: table }) =>
        `DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM backup.${table};`,
    );
    restored.exec(`BEGIN IMMEDIATE; ${copies.join(' ')} COMMIT`);
    restored.close();
  };
}

/** Backs a schema of a PostgreSQL database up into another one. */
export async function backUpPostgres(database: pg.Pool, schema: string): Promise<Restore> {
  const { rows } = await database.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1',
    [schema],
  );
  const names = rows.map(({ name }) => name);
  const copies = names.map((name) => `CREATE TABLE backup_${schema}.${name} AS TABLE ${schema}.${name}`);
  await database.query(
    `BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE SCHEMA backup_${schema}; ${copies.join('; ')}; COMMIT`,
  );
  const numbers = ['ringwatch_events', 'node_health_events'].map(
    (name) =>
      `SELECT setval(pg_get_serial_sequence('${schema}.${name}', 'id'), COALESCE((SELECT MAX(id) FROM ${schema}.${name}), 0) + 1, false)`,
  );
  return async () => {
    const tables = names.map((name) => `${schema}.${name}`).join(', ');
    const inserts = names.map((name) => `INSERT INTO ${schema}.${name} TABLE backup_${schema}.${name}`);
    await database.query(`BEGIN; TRUNCATE ${tables}; ${[...inserts, ...numbers].join('; ')}; COMMIT`);
  };
}
