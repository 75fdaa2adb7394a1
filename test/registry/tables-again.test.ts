/** A table that was dropped and made again: a registry that is open goes on with it, and nothing must be started anew. */
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { PostgresExecutor } from '../../src/adapters/postgres/executor.ts';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { startPostgres } from '../../src/cli/postgres-server.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { joinRequest } from '../../src/testing/registry-requests.ts';
import { temporaryDirectory } from '../e2e/cli-process.ts';
import { postgresServers } from '../harness/postgres-servers.ts';
import { startTestCluster } from '../harness/rqlite-cluster.ts';

interface Database {
  open(): Promise<SqlExecutor>;
  /** Takes the table away; gives what makes it again with its rows. */
  drop(table: string): Promise<() => Promise<unknown>>;
  dropAll(): Promise<unknown>;
}

const disposals: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

async function sqliteLike(open: () => Promise<SqlExecutor>): Promise<Database> {
  const executor = await open();
  disposals.push(() => executor.close());
  const run = (...texts: string[]) => executor.transact(texts.map((sql) => ({ sql, values: [] })));
  const objects = async (condition: string) => {
    const sql = `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND ${condition} ORDER BY type DESC`;
    const [result] = await executor.read([{ sql, values: [] }], 'committed');
    return (result?.rows ?? []).map(({ type, name, sql: text }) => ({ type, name, text: String(text) }));
  };
  return {
    open,
    async drop(table) {
      const texts = (await objects(`tbl_name = '${table}'`)).map(({ text }) => text);
      await run(`CREATE TABLE kept AS SELECT * FROM ${table}`, `DROP TABLE ${table}`);
      return () => run(...texts, `INSERT INTO ${table} SELECT * FROM kept`, 'DROP TABLE kept');
    },
    async dropAll() {
      const found = await objects("type IN ('view', 'table') AND name NOT LIKE 'sqlite_%'");
      await run(...found.map(({ type, name }) => `DROP ${type} ${name}`));
    },
  };
}

async function sqlite(): Promise<Database> {
  const path = join(await temporaryDirectory(), 'cluster.db');
  return sqliteLike(() => SqliteExecutor.open(path));
}

async function rqlite(): Promise<Database> {
  const cluster = await startTestCluster({ nodeCount: 1 });
  disposals.push(() => cluster.dispose());
  return sqliteLike(async () =>
    openRqliteExecutor(parseRqliteUrl(`${cluster.url}?timeout=10s&deadline=30s`)),
  );
}

const [binaries] = postgresServers();

/** A server, and a pool of connections to it. */
async function startServer(): Promise<pg.Pool> {
  const server = await startPostgres(binaries === undefined ? {} : { binaries });
  const pool = new pg.Pool({ connectionString: server.url, max: 4 });
  disposals.push(
    () => server.dispose(),
    () => pool.end(),
  );
  return pool;
}

async function postgres(): Promise<Database> {
  const pool = await startServer();
  return {
    open: async () => new PostgresExecutor({ pool, schema: 'ringwatch', deadlineMs: 30_000 }),
    async drop(table) {
      const name = `ringwatch.${table}`;
      const kept = [
        `CREATE TABLE ringwatch.kept (LIKE ${name} INCLUDING ALL)`,
        `INSERT INTO ringwatch.kept SELECT * FROM ${name}`,
      ];
      await pool.query([...kept, `DROP TABLE ${name}`].join('; '));
      return () => pool.query(`ALTER TABLE ringwatch.kept RENAME TO ${table}`);
    },
    dropAll: () => pool.query('DROP SCHEMA ringwatch CASCADE'),
  };
}

describe.each([
  ['SQLite', sqlite],
  ['rqlite', rqlite],
  ...(binaries === undefined ? [] : ([['PostgreSQL', postgres]] as const)),
] as const)('a registry on %s', (_name, start) => {
  const round = (registry: Registry) =>
    registry.readRound({ nodeId: 'a', epoch: 1, lookAhead: 4, watched: ['b'] });
  const beat = (registry: Registry) => registry.heartbeat({ nodeId: 'a', epoch: 1, importEveryMs: 0 });

  it('goes on when a table, or all of them, were dropped and made again', async () => {
    const database = await start();
    const running = new SqlRegistry(await database.open());
    disposals.push(() => running.close());
    await running.migrate();
    await running.join(joinRequest('a', 'one'));
    await round(running);

    for (const table of ['ringwatch_votes', 'ringwatch_nodes', 'dns_nodes', 'ringwatch_cluster']) {
      const makeAgain = await database.drop(table);
      const ends = await Promise.allSettled([round(running), beat(running)]);
      const problem = ends
        .map((end) => (end.status === 'rejected' ? end.reason : null))
        .find((reason) => reason !== null);
      expect({ table, problem }).toMatchObject({ table, problem: { code: 'schema' } });
      await makeAgain();
      expect({ table, is: await beat(running) }).toEqual({ table, is: 'beating' });
      expect((await round(running)).self?.epoch).toBe(1);
    }

    await database.dropAll();
    await expect(round(running)).rejects.toMatchObject({ code: 'schema' });
    const another = new SqlRegistry(await database.open());
    disposals.push(() => another.close());
    await another.migrate();
    await another.join(joinRequest('b', 'other'));
    expect(await beat(running)).not.toBe('beating');
    expect(await running.join(joinRequest('a', 'two'))).toMatchObject({ epoch: 1 });
    expect(await beat(running)).toBe('beating');
    expect((await round(running)).successors.map(({ id }) => id)).toEqual(['b']);
  }, 120_000);
});

it.skipIf(binaries === undefined)(
  'a registry on PostgreSQL goes on when a table was made again with other types and without an optional column',
  async () => {
    const pool = await startServer();
    const registry = new SqlRegistry(new PostgresExecutor({ pool, schema: 'ringwatch', deadlineMs: 30_000 }));
    await registry.migrate();
    const self = { nodeId: 'a', epoch: 1 };
    await registry.join(joinRequest('a', 'one'));
    const beat = () => registry.heartbeat({ ...self, importEveryMs: 0 });
    for (let count = 0; count < 6; count++) {
      expect(await beat()).toBe('beating');
      expect((await registry.readCluster({})).nodes).toHaveLength(1);
    }
    await pool.query(
      `ALTER TABLE ringwatch.dns_nodes ALTER COLUMN status TYPE varchar(40), DROP COLUMN region`,
    );
    // What was known of the table may be looked at again by one call that fails.
    const other = joinRequest('b', 'other', { region: 'north', internalAddress: '10.0.0.2' });
    await registry.join(other).catch(() => undefined);
    expect(await registry.join(other)).toMatchObject({ outcome: 'joined' });
    for (let count = 0; count < 6; count++) {
      expect(await beat()).toBe('beating');
      expect((await registry.readCluster({})).nodes).toHaveLength(2);
    }
  },
  120_000,
);
