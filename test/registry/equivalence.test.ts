import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { PostgresExecutor } from '../../src/adapters/postgres/executor.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { originalRows } from '../../src/adapters/sql/original-rows.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { type PostgresServer, startPostgres } from '../../src/cli/postgres-server.ts';
import { timestamp } from '../../src/registry/original/time.ts';
import { postgresServers } from '../harness/postgres-servers.ts';
import { begin, ids, type Side, script } from './random-steps.ts';

const start = 1_700_000_000_000;
let directory = '';
let fileCount = 0;

/** How often things happened over all runs, to see that the sequences are not all idle. */
const seen = { verdict: 0, 'recovery-started': 0, 'recovery-ended': 0, 'verdict-closed': 0 };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-equivalence-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** All that can be read, as text. */
async function stateOf({ registry }: Side): Promise<string> {
  const nodes: unknown[] = [];
  for (const nodeId of ids) {
    const node = await registry.readNode(nodeId);
    const request = { nodeId, epoch: node?.epoch ?? 0, lookAhead: 3, watched: ['x', 'a', 'stranger'] };
    const { watched, ...reading } = await registry.readRound(request);
    // No order is promised for these.
    nodes.push(
      node,
      reading,
      [...watched].sort((one, other) => (one.id < other.id ? -1 : 1)),
    );
  }
  const cluster = await registry.readCluster({ brakeWindowMs: 100_000, brakeReturnMs: 20_000 });
  const { events } = await registry.readEvents({ after: null, limit: 30 });
  // Cursors are opaque, and may differ.
  return textOf({ nodes, cluster, events: events.map(({ cursor: _cursor, ...event }) => event) });
}

function textOf(value: unknown): string {
  return JSON.stringify(value, sortedKeys, 1) ?? 'undefined';
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const databases = ['SQLite', ...(postgresServers().length > 0 ? ['PostgreSQL'] : [])];

describe.each(databases)('the memory registry and the one on %s', (database) => {
  let server: PostgresServer | undefined;
  let pool: pg.Pool | undefined;

  beforeAll(async () => {
    if (database !== 'PostgreSQL') return;
    server = await startPostgres();
    pool = new pg.Pool({ connectionString: server.url });
  });

  afterAll(async () => {
    await pool?.end();
    await server?.dispose();
  });

  function open(now: () => number): Promise<SqlExecutor> | SqlExecutor {
    const name = `run_${++fileCount}`;
    if (pool === undefined) return SqliteExecutor.open(join(directory, `${name}.db`), { now });
    const executor = new PostgresExecutor({ pool, schema: name, deadlineMs: 30_000 });
    return {
      ...{ isNeverStale: executor.isNeverStale, dialect: executor.dialect },
      now: async () => now(),
      read: (statements) => executor.read(statements),
      transact: (statements) => executor.transact(statements),
      close: () => executor.close(),
    };
  }

  it('answer any sequence of calls alike, and hold the same afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (play) => {
        let now = start;
        const executor = await open(() => now);
        const sql = new SqlRegistry(executor);
        const memory = new MemoryRegistry({ now: () => now });
        const original = originalRows(executor);
        const ago = (agoMs: number): string => timestamp(now - agoMs);
        const inMemory: Side = {
          registry: memory,
          putNode: async (id, status, agoMs) =>
            memory.putSharedNode({ id, ipAddress: '192.0.2.1', status, lastSeen: ago(agoMs) }),
          removeNode: async (id) => memory.removeSharedNode(id),
          appendEvent: async (observerId, targetId, status, agoMs) =>
            memory.appendSharedEvent({ observerId, targetId, status, createdAt: ago(agoMs) }),
        };
        const inSql: Side = {
          registry: sql,
          putNode: (id, status, agoMs) =>
            original.putNode({ id, ipAddress: '192.0.2.1', status, lastSeen: ago(agoMs) }),
          removeNode: (id) => original.removeNode(id),
          appendEvent: (observerId, targetId, status, agoMs) =>
            original.appendEvent({ observerId, targetId, status, createdAt: ago(agoMs) }),
        };
        try {
          await sql.migrate();
          await begin(inMemory);
          await begin(inSql);
          const told: string[] = [];
          for (const { step, passMs } of play) {
            now += passMs;
            told.push(`+${passMs} ${step.title}`);
            const story = told.join('\n');
            expect(textOf(await step.run(inSql)), story).toBe(textOf(await step.run(inMemory)));
            // What can be read is compared now and then, since that takes longer than the calls.
            if (told.length % 4 !== 0 && told.length < play.length) continue;
            expect(await stateOf(inSql), story).toBe(await stateOf(inMemory));
          }
          for (const { kind } of (await memory.readEvents({ after: null, limit: 1_000 })).events) {
            if (kind in seen) seen[kind as keyof typeof seen]++;
          }
        } finally {
          await sql.close();
        }
      }),
      {
        numRuns: Number(process.env['RINGWATCH_RUNS'] ?? (pool === undefined ? 50 : 20)),
        seed: Number(process.env['RINGWATCH_SEED'] ?? 1),
        endOnFailure: true,
      },
    );
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(0);
  });
});
