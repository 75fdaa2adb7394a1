/** Databases that were there before, of this and of other programs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryError } from '../../ports/registry.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { migrate } from '../sql/migrate.ts';
import { SqlRegistry } from '../sql/registry.ts';
import { type Migration, migrations } from '../sql/schema.ts';
import { sql } from '../sql/sql.ts';
import { SqliteExecutor } from './executor.ts';

const newest = Math.max(...migrations.map(({ number }) => number));
const startedAt = 1_700_000_000_000;
let now = startedAt;
let directory = '';
const executors: SqliteExecutor[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-existing-'));
  now = startedAt;
});

afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(name = 'cluster.db'): Promise<SqliteExecutor> {
  const executor = await SqliteExecutor.open(join(directory, name), { now: () => now });
  executors.push(executor);
  return executor;
}

async function run(executor: SqliteExecutor, ...statements: readonly string[]): Promise<void> {
  await executor.transact(statements.map((text) => ({ sql: text, values: [] })));
}

async function rowsOf(executor: SqliteExecutor, text: string) {
  const [result] = await executor.read([{ sql: text, values: [] }]);
  return result?.rows ?? [];
}

const installedNodes = `CREATE TABLE dns_nodes (
  id TEXT PRIMARY KEY, ip_address TEXT NOT NULL, internal_ip TEXT,
  status TEXT NOT NULL DEFAULT 'active', last_seen TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)`;

describe('an installation that was there before', () => {
  it('is used as it is, columns that it does not have left out', async () => {
    const executor = await open();
    await run(
      executor,
      installedNodes,
      "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('x', '192.0.2.1', '2023-11-14 22:13:20')",
    );
    const theirs = "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'dns_nodes'";
    const before = await rowsOf(executor, theirs);
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    expect(await registry.join(joinRequest('a', 'i1', { region: 'eu' }))).toEqual({
      outcome: 'joined',
      epoch: 1,
    });
    expect(await registry.readNode('x')).toMatchObject({ lifecycle: 'alive', region: null });
    expect(await registry.heartbeat({ nodeId: 'a', epoch: 1, importEveryMs: 0 })).toBe('beating');
    const { nodes } = await registry.readCluster({});
    expect(nodes.map(({ id, region }) => [id, region])).toEqual([
      ['a', 'eu'],
      ['x', null],
    ]);
    expect(await rowsOf(executor, theirs)).toEqual(before);
  });

  it('gets every column of a row from us, also those that it has beyond ours', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    await run(executor, "ALTER TABLE dns_nodes ADD COLUMN owner TEXT NOT NULL DEFAULT 'ops'");
    await registry.join(joinRequest('a', 'i1', { region: 'eu' }));
    expect(await rowsOf(executor, 'SELECT * FROM dns_nodes')).toEqual([
      {
        id: 'a',
        ip_address: '10.0.0.1',
        internal_ip: null,
        region: 'eu',
        status: 'active',
        last_seen: '2023-11-14 22:13:20',
        capabilities: null,
        metadata: null,
        created_at: '2023-11-14 22:13:20',
        updated_at: '2023-11-14 22:13:20',
        owner: 'ops',
      },
    ]);
  });

  it('is created as its owner creates it where it is not there', async () => {
    const executor = await open();
    await new SqlRegistry(executor).migrate();
    const columns = await rowsOf(
      executor,
      'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(\'node_health_events\')',
    );
    expect(columns.map((row) => Object.values(row))).toEqual([
      ['id', 'INTEGER', 0, null, 1],
      ['observer_id', 'TEXT', 1, null, 0],
      ['target_id', 'TEXT', 1, null, 0],
      ['status', 'TEXT', 1, null, 0],
      ['created_at', 'TIMESTAMP', 1, 'CURRENT_TIMESTAMP', 0],
    ]);
    await run(
      executor,
      "INSERT INTO node_health_events (observer_id, target_id, status) VALUES ('x', 'y', 'dead')",
    );
    expect(await rowsOf(executor, 'SELECT typeof(created_at) AS kind FROM node_health_events')).toEqual([
      { kind: 'text' },
    ]);
  });
});

describe('tables of another shape', () => {
  it.each([
    [
      'CREATE TABLE dns_nodes (id TEXT PRIMARY KEY, name TEXT)',
      'dns_nodes',
      'Expected the columns ip_address, internal_ip, status, last_seen in',
    ],
    [
      'CREATE TABLE node_health_events (id INTEGER PRIMARY KEY, text TEXT)',
      'node_health_events',
      'Expected the columns observer_id, target_id, status, created_at in',
    ],
  ])('are refused with what is missing: %s', async (create, table, missing) => {
    const executor = await open();
    await run(executor, create);
    const error: unknown = await new SqlRegistry(executor).migrate().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ code: 'schema', message: expect.stringContaining(missing) });
    expect(error).toMatchObject({ message: expect.stringContaining(table) });
    expect(await rowsOf(executor, 'SELECT number FROM ringwatch_migrations')).toEqual([]);
  });

  it('with a name of ours are refused and left as they are', async () => {
    const executor = await open();
    await run(executor, 'CREATE TABLE ringwatch_nodes (node_id TEXT, epoch INTEGER)');
    const theirs = "SELECT sql FROM sqlite_master WHERE name = 'ringwatch_nodes'";
    const before = await rowsOf(executor, theirs);
    await expect(new SqlRegistry(executor).migrate()).rejects.toMatchObject({
      code: 'schema',
      message: expect.stringMatching(/found tables of another shape; give it a database of its own/),
    });
    expect(await rowsOf(executor, theirs)).toEqual(before);
  });

  it('of a newer version are refused', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    await run(executor, "INSERT INTO ringwatch_migrations VALUES (99, 'from the future', 0)");
    const refused = {
      code: 'schema',
      message: expect.stringMatching(
        new RegExp(`migration 99, .* only those up to ${newest}; update Ringwatch`),
      ),
    };
    await expect(registry.migrate()).rejects.toMatchObject(refused);
    // A command neither reads nor writes there by rules that may have changed.
    await expect(new SqlRegistry(executor).readNode('a')).rejects.toMatchObject(refused);
    await expect(new SqlRegistry(executor).leave({ nodeId: 'a', epoch: 1 })).rejects.toMatchObject(refused);
  });
});

describe('tables of another program', () => {
  it('are told of once, when the first tables are made beside them', async () => {
    const executor = await open();
    await run(
      executor,
      'CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT)',
      'CREATE TABLE orders (id TEXT)',
    );
    const warnings: string[] = [];
    const warn = (_fields: object, message: string): number => warnings.push(message);
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    await new SqlRegistry(executor, { logger }).migrate();
    await new SqlRegistry(executor, { logger }).migrate();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The database has tables of another program \(users, orders\)\. .* database of its own/,
      ),
    ]);
  });

  it('are to be expected beside those of the original, and are not there in a new database', async () => {
    const warnings: string[] = [];
    const warn = (_fields: object, message: string): number => warnings.push(message);
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    const executor = await open();
    await run(executor, installedNodes, 'CREATE TABLE users (id TEXT)');
    await new SqlRegistry(executor, { logger }).migrate();
    await new SqlRegistry(await open('new.db'), { logger }).migrate();
    expect(warnings).toEqual([]);
  });
});

describe('migrations', () => {
  const columns: Migration = {
    number: newest + 1,
    name: 'a step that cannot be repeated',
    statements: () => [
      sql`CREATE TABLE IF NOT EXISTS extra (a INTEGER) STRICT`,
      sql`ALTER TABLE extra ADD COLUMN b INTEGER`,
      sql`INSERT INTO extra (a, b) VALUES (1, 2)`,
    ],
  };

  it('are taken once, though several nodes start at the same moment', async () => {
    const connections = [await open(), await open(), await open()];
    await Promise.all(connections.map((executor) => new SqlRegistry(executor).migrate()));
    await Promise.all(
      [...connections, ...connections].map((executor) => migrate(executor, [...migrations, columns])),
    );
    const [executor] = connections;
    if (executor === undefined) return;
    expect(await rowsOf(executor, 'SELECT a, b FROM extra')).toEqual([{ a: 1, b: 2 }]);
    expect(
      await rowsOf(executor, 'SELECT number, applied_at_ms FROM ringwatch_migrations ORDER BY number'),
    ).toEqual(
      [...migrations, columns]
        .map(({ number }) => ({ number, applied_at_ms: now }))
        .sort((one, other) => one.number - other.number),
    );
  });

  it('bring a database up to date from each step, which cannot be used before', async () => {
    for (const step of [1, 2]) {
      const executor = await open(`of step ${step}.db`);
      // Its shape is not enough for this version, but it is made.
      await migrate(executor, migrations.slice(0, step)).catch(() => undefined);
      const registry = new SqlRegistry(executor);
      await expect(registry.readNode('x')).rejects.toMatchObject({
        code: 'schema',
        message: expect.stringMatching(
          /^Start an agent of this version, .* Expected the columns .* found none of them\./,
        ),
      });
      await registry.migrate();
      expect(await registry.join(joinRequest('a', 'i1'))).toEqual({ outcome: 'joined', epoch: 1 });
    }
  });

  it('leave nothing behind when they fail', async () => {
    const executor = await open();
    await new SqlRegistry(executor).migrate();
    const broken: Migration = {
      ...columns,
      statements: (at) => [...columns.statements(at), sql`INSERT INTO nowhere VALUES (1)`],
    };
    await expect(migrate(executor, [broken])).rejects.toMatchObject({ code: 'schema' });
    expect(await rowsOf(executor, "SELECT name FROM sqlite_master WHERE name = 'extra'")).toEqual([]);
    await migrate(executor, [columns]);
    expect(await rowsOf(executor, 'SELECT a, b FROM extra')).toEqual([{ a: 1, b: 2 }]);
  });
});

describe('the time zone of the machine', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each(['Pacific/Kiritimati', 'Asia/Kolkata', 'America/Los_Angeles', 'UTC'])(
    'changes nothing: %s',
    async (name) => {
      process.env['TZ'] = name;
      const executor = await open();
      const registry = new SqlRegistry(executor);
      await registry.migrate();
      await registry.join(joinRequest('a', 'i1'));
      await run(
        executor,
        "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('fresh', '192.0.2.1', '2023-11-14 22:13:19')",
        "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('stale', '192.0.2.2', '2023-11-14 21:58:19')",
      );
      await registry.heartbeat({ nodeId: 'a', epoch: 1, importEveryMs: 0 });
      const { nodes } = await registry.readCluster({});
      expect(nodes.map(({ id, lifecycle, heartbeatAgeMs }) => [id, lifecycle, heartbeatAgeMs])).toEqual([
        ['a', 'alive', 0],
        ['fresh', 'alive', 1_000],
        ['stale', 'away', 901_000],
      ]);
      expect(await rowsOf(executor, "SELECT last_seen FROM dns_nodes WHERE id = 'a'")).toEqual([
        { last_seen: '2023-11-14 22:13:20' },
      ]);
    },
  );
});
