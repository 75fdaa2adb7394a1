/** What a round costs: the same at 10,000 nodes as at 100. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteExecutor } from '../sqlite/executor.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { SqlRegistry } from './registry.ts';

const now = 1_700_000_000_000;
const request = {
  nodeId: 'n00055',
  epoch: 1,
  lookAhead: 4,
  watched: ['n00007', 'n00008'],
  membershipWindowMs: 900_000,
};
const opened: SqliteExecutor[] = [];
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-round-'));
});

afterAll(async () => {
  for (const executor of opened) await executor.close();
  await rm(directory, { recursive: true, force: true });
});

/** A cluster of ours and of the original's nodes, each with something said of it. */
async function clusterOf(count: number): Promise<SqliteExecutor> {
  const executor = await SqliteExecutor.open(join(directory, `${count}.db`), { now: () => now });
  opened.push(executor);
  await new SqlRegistry(executor).migrate();
  const values = [count];
  const numbers = 'WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < ?)';
  await executor.transact([
    {
      sql: `${numbers} INSERT INTO dns_nodes (id, ip_address, status, last_seen)
        SELECT printf('n%05d', i), '10.0.0.1', 'active', '2023-11-14 22:13:20' FROM c`,
      values,
    },
    {
      sql: `${numbers} INSERT INTO ringwatch_nodes (node_id, epoch, instance_id, is_named, has_handler, keeps_shared_row,
          lifecycle, heartbeat_count, last_beat_at_ms, refutation_count, started_after_event_id)
        SELECT printf('n%05d', i), 1, 'i' || i, 1, 1, 1, 'alive', 0, ${now}, 0, 0 FROM c WHERE i % 10 > 0`,
      values,
    },
    {
      sql: `${numbers} INSERT INTO node_health_events (observer_id, target_id, status, created_at)
        SELECT printf('n%05d', i), printf('n%05d', i + 1), 'dead', '2023-11-14 22:13:00' FROM c`,
      values,
    },
    {
      sql: `${numbers} INSERT INTO ringwatch_votes (target_id, observer_id, target_epoch, observer_epoch, status,
          said_at_ms, affirmed_at_ms, shared_event_id)
        SELECT printf('n%05d', i + 1), printf('n%05d', i), 1, 1, 'dead', ${now}, ${now}, i FROM c WHERE i % 10 > 0`,
      values,
    },
  ]);
  return executor;
}

async function costOf(executor: SqlExecutor) {
  let calls = 0;
  let rows = 0;
  let bytes = 0;
  const asked: SqlStatement[] = [];
  const registry = new SqlRegistry({
    now: () => executor.now(),
    read: async (statements, consistency) => {
      calls++;
      asked.push(...statements);
      expect(consistency).toBe('cheap');
      const results = await executor.read(statements, consistency);
      rows += results.reduce((sum, result) => sum + result.rows.length, 0);
      bytes += JSON.stringify(results).length;
      return results;
    },
    transact: () => Promise.reject(new Error('a round does not write')),
    close: () => executor.close(),
  });
  const reading = await registry.readRound(request);
  const { successors, accuserIds } = reading;
  return { asked, cost: { calls, rows, bytes, successorCount: successors.length, accuserIds } };
}

describe('a round', () => {
  it('is one request, whose rows and bytes are the same at 10,000 nodes as at 100', async () => {
    const { cost: small } = await costOf(await clusterOf(100));
    const { cost: large } = await costOf(await clusterOf(10_000));
    expect(large).toEqual(small);
    expect(small).toMatchObject({ calls: 1, successorCount: 4, accuserIds: ['n00054'] });
  });

  it('scans no table', async () => {
    const executor = opened[1] ?? (await clusterOf(10_000));
    const { asked } = await costOf(executor);
    const plans = await executor.read(
      asked.map(({ sql, values }) => ({ sql: `EXPLAIN QUERY PLAN ${sql}`, values })),
    );
    const steps = plans.flatMap(({ rows }) => rows.map((row) => String(row['detail'])));
    const scans = steps.filter((step) => step.startsWith('SCAN'));
    expect(steps.length).toBeGreaterThan(20);
    // The list that was asked for, parts that end at their own limit, the hours and laps of the walk on the ring, and
    // the open verdicts by their own index.
    const allowed =
      /^SCAN (w VIRTUAL TABLE|\(subquery-\d+\)$|(\d )?CONSTANT ROW|([hlp]|ours|last LEFT-JOIN)$|v USING INDEX ringwatch_verdicts_open)/;
    expect(scans.filter((scan) => !allowed.test(scan))).toEqual([]);
  });

  it('finds the first nodes after the last id without looking at the whole table twice', async () => {
    const executor = opened[1] ?? (await clusterOf(10_000));
    const registry = new SqlRegistry(executor);
    const { successors } = await registry.readRound({ ...request, nodeId: 'n09998' });
    expect(successors.map(({ id }) => id)).toEqual(['n09999', 'n00000', 'n00001', 'n00002']);
  });
});

describe('a heartbeat', () => {
  /** Steps of the database's machine, which are counted, so that a busy machine changes nothing. */
  async function stepsAmong(count: number): Promise<number> {
    const executor = await clusterOf(count);
    const registry = new SqlRegistry(executor);
    const steps = async (): Promise<number> => {
      const [result] = await executor.read([
        { sql: "SELECT SUM(nstep) AS n FROM sqlite_stmt WHERE sql LIKE 'UPDATE%'", values: [] },
      ]);
      return Number(result?.rows[0]?.['n'] ?? 0);
    };
    await registry.heartbeat({ nodeId: 'n00055', epoch: 1 });
    const before = await steps();
    expect(await registry.heartbeat({ nodeId: 'n00055', epoch: 1 })).toBe('beating');
    return (await steps()) - before;
  }

  it("finds its place in the order of everybody's with the same work at 2,000 nodes as at 100", async () => {
    const few = await stepsAmong(101);
    expect(few).toBeGreaterThan(10);
    expect((await stepsAmong(2_000)) / few).toBeLessThan(1.2);
  });
});
