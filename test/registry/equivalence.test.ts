import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { originalRows } from '../../src/adapters/sql/original-rows.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { timestamp } from '../../src/registry/original/time.ts';
import { begin, ids, type Side, script } from './random-steps.ts';

const start = 1_700_000_000_000;
let directory = '';
let fileCount = 0;

/** How often things happened over all runs, to see that the sequences are not all idle. */
const seen = { verdict: 0, claimed: 0, completed: 0, closed: 0 };

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
  const cluster = await registry.readCluster({ brakeWindowMs: 100_000 });
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

describe('the memory registry and the SQLite registry', () => {
  it('answer any sequence of calls alike, and hold the same afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (play) => {
        let now = start;
        fileCount++;
        const executor = await SqliteExecutor.open(join(directory, `${fileCount}.db`), { now: () => now });
        const sqlite = new SqlRegistry(executor);
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
        const inSqlite: Side = {
          registry: sqlite,
          putNode: (id, status, agoMs) =>
            original.putNode({ id, ipAddress: '192.0.2.1', status, lastSeen: ago(agoMs) }),
          removeNode: (id) => original.removeNode(id),
          appendEvent: (observerId, targetId, status, agoMs) =>
            original.appendEvent({ observerId, targetId, status, createdAt: ago(agoMs) }),
        };
        try {
          await sqlite.migrate();
          await begin(inMemory);
          await begin(inSqlite);
          const told: string[] = [];
          for (const { step, passMs } of play) {
            now += passMs;
            told.push(`+${passMs} ${step.title}`);
            const story = told.join('\n');
            expect(textOf(await step.run(inSqlite)), story).toBe(textOf(await step.run(inMemory)));
            // What can be read is compared now and then, since that takes longer than the calls.
            if (told.length % 4 !== 0 && told.length < play.length) continue;
            expect(await stateOf(inSqlite), story).toBe(await stateOf(inMemory));
          }
          for (const { kind } of (await memory.readEvents({ after: null, limit: 1_000 })).events) {
            if (kind in seen) seen[kind as keyof typeof seen]++;
          }
        } finally {
          await sqlite.close();
        }
      }),
      {
        numRuns: Number(process.env['RINGWATCH_RUNS'] ?? 50),
        seed: Number(process.env['RINGWATCH_SEED'] ?? 1),
        endOnFailure: true,
      },
    );
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(0);
  });
});
