/**
 * What each server of a real rqlite cluster holds by itself. A statement that writes is done by every replica for itself
 * and once more whenever it replays its log, so that a clock in one would make them differ.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { originalRows } from '../../src/adapters/sql/original-rows.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { timestamp } from '../../src/registry/original/time.ts';
import { Scene } from '../../src/testing/registry-scene.ts';
import { eventually, startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';
import { type Side, script } from '../registry/random-steps.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.dispose());

/** Calls of all kinds from three clients at the same time, each through another host first. */
async function runCalls(seed: number): Promise<void> {
  let movedMs = 0;
  const plays = fc.sample(script, { numRuns: 6, seed });
  const clients = [0, 1, 2].map((index) => {
    const hosts = [0, 1, 2].map((offset) => cluster.address((index + offset) % 3)).join(',');
    const inner = openRqliteExecutor(parseRqliteUrl(`rqlite://${hosts}?timeout=10s&deadline=30s`));
    const executor: SqlExecutor = {
      isNeverStale: inner.isNeverStale,
      now: async () => (await inner.now()) + movedMs,
      read: (statements, consistency) => inner.read(statements, consistency),
      transact: (statements) => inner.transact(statements),
      close: () => inner.close(),
    };
    return { executor, registry: new SqlRegistry(executor), original: originalRows(executor) };
  });
  try {
    await Promise.all(clients.map(({ registry }) => registry.migrate()));
    await Promise.all(
      clients.map(async ({ executor, registry, original }, index) => {
        const ago = async (agoMs: number) => timestamp((await executor.now()) - agoMs);
        const side: Side = {
          registry,
          putNode: async (id, status, agoMs) =>
            original.putNode({ id, ipAddress: '192.0.2.1', status, lastSeen: await ago(agoMs) }),
          removeNode: (id) => original.removeNode(id),
          appendEvent: async (observerId, targetId, status, agoMs) =>
            original.appendEvent({ observerId, targetId, status, createdAt: await ago(agoMs) }),
        };
        for (const { step, passMs } of plays.filter((_play, number) => number % 3 === index).flat()) {
          movedMs += passMs;
          await step.run(side);
        }
      }),
    );
    const [first] = clients;
    if (first !== undefined) await runDeaths(first.registry);
  } finally {
    await Promise.all(clients.map(({ registry }) => registry.close()));
  }
}

/** Two deaths from the first vote on: one whose recovery failed and is due again, one that was recovered. */
async function runDeaths(registry: Registry): Promise<void> {
  const noPlace = (): never => {
    throw new Error('the scene has one place only');
  };
  const scene = new Scene(registry, { open: noPlace, another: noPlace, openUnmigrated: noPlace });
  const one = await scene.join('observer 1');
  const two = await scene.join('observer 2');
  for (const outcome of ['failed', 'completed'] as const) {
    const victim = await scene.join(`victim ${outcome}`);
    await scene.kill(victim, one, two);
    const lease = await scene.mustClaim(one, victim);
    await registry.renew({ ...victim, ...lease, leaseMs: 60_000 });
    expect(await scene.finish(victim, lease, outcome, outcome === 'failed' ? 'it rains' : null)).toBe(
      'recorded',
    );
  }
}

/** Until every clock that SQLite has, down to the second, says something else than it did before. */
async function untilClocksHaveMoved(): Promise<void> {
  const read = async () => JSON.stringify(await cluster.rowsAt(0, "SELECT unixepoch('now') / 3 AS at"));
  const before = await read();
  await eventually('another time', async () => ((await read()) === before ? null : true));
}

async function execute(sql: string): Promise<void> {
  const executor = openRqliteExecutor(parseRqliteUrl(`${cluster.url}?timeout=10s&deadline=30s`));
  try {
    await executor.transact([{ sql, values: [] }]);
  } finally {
    await executor.close();
  }
}

describe('the servers of a cluster', () => {
  it('hold the same rows after calls of all kinds, and a killed one after it has replayed them', async () => {
    await runCalls(20_240_711);
    const held = await cluster.agreedDump();
    const counts = Object.fromEntries(Object.entries(held).map(([table, rows]) => [table, rows.length]));
    for (const table of [
      'dns_nodes',
      'node_health_events',
      'ringwatch_nodes',
      'ringwatch_events',
      'ringwatch_verdicts',
    ]) {
      expect(counts[table], JSON.stringify(counts)).toBeGreaterThan(0);
    }
    await untilClocksHaveMoved();

    const follower = await cluster.follower();
    await cluster.kill(follower);
    await cluster.restart(follower);
    expect(await cluster.agreedDump()).toEqual(held);

    await Promise.all([0, 1, 2].map((index) => cluster.kill(index)));
    await cluster.heal();
    expect(await cluster.agreedDump()).toEqual(held);
  });

  it('would be seen to differ after one write with a clock in it', async () => {
    await execute('CREATE TABLE planted (at REAL)');
    await cluster.agreedDump();
    await execute("INSERT INTO planted VALUES (unixepoch('now', 'subsec'))");
    const seen = await eventually('the row on every server', async () => {
      const rows = await Promise.all(
        [0, 1, 2].map((index) => cluster.rowsAt(index, 'SELECT at FROM planted')),
      );
      return rows.every(({ length }) => length === 1) ? rows.map((row) => JSON.stringify(row)) : null;
    });
    await untilClocksHaveMoved();
    const follower = await cluster.follower();
    await cluster.kill(follower);
    await cluster.restart(follower);
    const [replayed] = await eventually('the row once more', async () => {
      const rows = await cluster.rowsAt(follower, 'SELECT at FROM planted');
      return rows.length === 1 ? rows : null;
    });
    expect(JSON.stringify([replayed])).not.toBe(seen[follower]);
    await execute('DROP TABLE planted');
    await cluster.agreedDump();
  });
});
