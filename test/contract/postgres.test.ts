/** The contract of registries on real PostgreSQL servers: each version that this machine has. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PostgresExecutor } from '../../src/adapters/postgres/executor.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { originalRows } from '../../src/adapters/sql/original-rows.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { type PostgresServer, startPostgres } from '../../src/cli/postgres-server.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { timestamp } from '../../src/registry/original/time.ts';
import { type RegistryHarness, registryCasesFor } from '../../src/testing/index.ts';
import { postgresServers } from '../harness/postgres-servers.ts';

const tables = [
  ...['nodes', 'votes', 'verdicts', 'events', 'operations'].map((name) => `ringwatch_${name}`),
  ...['dns_nodes', 'node_health_events'],
];
const counters = ['fence', 'epoch_floor', 'pruned_at', 'imported_at', 'imported_id'];

const servers = postgresServers();

it.skipIf(servers.length === 0)('a PostgreSQL server is found', () => {
  expect(servers).not.toEqual([]);
});

describe.each(servers)('the registry on PostgreSQL from $source', (binaries) => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let schemaCount = 0;
  /** How far the cases have moved the registry's clock. */
  let movedMs = 0;
  let now = 0;
  const openedOf = new Map<Registry, { readonly executor: SqlExecutor; readonly schema: string }>();

  beforeAll(async () => {
    server = await startPostgres({ binaries });
    pool = new pg.Pool({ connectionString: server.url, max: 8 });
    const registry = open('emptied');
    await registry.migrate();
    await registry.close();
  });
  afterEach(async () => {
    await Promise.all([...openedOf.keys()].map((registry) => registry.close()));
    openedOf.clear();
    movedMs = 0;
  });
  afterAll(async () => {
    await pool?.end();
    await server?.dispose();
  });

  function open(schema: string): Registry {
    const inner = new PostgresExecutor({ pool, schema, deadlineMs: 30_000 });
    const executor: SqlExecutor = {
      isNeverStale: inner.isNeverStale,
      dialect: inner.dialect,
      now: async () => {
        now = (await inner.now()) + movedMs;
        return now;
      },
      read: (statements) => inner.read(statements),
      transact: (statements) => inner.transact(statements),
      close: () => inner.close(),
    };
    const registry = new SqlRegistry(executor);
    openedOf.set(registry, { executor, schema });
    return registry;
  }

  function openedAs(registry: Registry) {
    const found = openedOf.get(registry);
    if (found === undefined) throw new Error('a registry of another harness');
    return found;
  }

  const harness: RegistryHarness = {
    async open() {
      // To make the tables anew takes longer than most cases.
      const deletions = tables.map((table) => `DELETE FROM emptied.${table}`);
      const row = `UPDATE emptied.ringwatch_cluster SET name = NULL, ${counters.map((name) => `${name} = 0`).join(', ')}`;
      await pool.query([...deletions, row].join('; '));
      return open('emptied');
    },
    async another(registry) {
      return open(openedAs(registry).schema);
    },
    async openUnmigrated() {
      const schema = `unmigrated_${++schemaCount}`;
      return [open(schema), open(schema)];
    },
    advance(durationMs) {
      movedMs += durationMs;
    },
    asOriginal: (registry) => ({
      ...originalRows(openedAs(registry).executor),
      timeAgo: (agoMs) => timestamp(now - agoMs),
    }),
  };

  for (const { title, run } of registryCasesFor(harness)) it(title, () => run(harness));
});
