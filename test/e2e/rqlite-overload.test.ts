/**
 * A real rqlite server that stands still for six seconds under some nodes which go on asking: the overload ends when its
 * cause ends. bench/registry-overload.mjs has the same with real agents, and its figures.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';
import { createLedger, operation, readLedger } from '../harness/rqlite-ledger.ts';

const nodeCount = 10;
const stopMs = 6_000;
const select = [{ sql: 'SELECT value FROM ledger_counter', values: [] }];

let cluster: TestCluster;
let nodes: SqlExecutor[] = [];

beforeAll(async () => {
  cluster = await startTestCluster({ nodeCount: 1 });
  const address = parseRqliteUrl(cluster.url);
  nodes = Array.from({ length: nodeCount }, () => openRqliteExecutor(address, { callTimeoutMs: 1_800 }));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await cluster?.dispose();
});

it('a server that stood still is sent no more than it owes, and all nodes read and write again', async () => {
  const [control] = nodes;
  if (control === undefined) throw new Error('no node');
  await createLedger(control);
  await Promise.all(nodes.map((node) => node.read(select, 'cheap')));
  const threadsBefore = await threadCount();
  const requestsBefore = await requestCount();

  await cluster.stop(0);
  // Each asks again every 200 ms, whatever became of its calls before, as a monitor with its rounds and heartbeats does.
  const calls: Promise<unknown>[] = [];
  const endsAt = performance.now() + stopMs;
  for (let round = 0; performance.now() < endsAt; round++) {
    for (const [index, node] of nodes.entries()) {
      calls.push(node.read(select, 'cheap').catch(() => null));
      calls.push(node.transact(operation(`${index}/${round}`, index)).catch(() => null));
    }
    await sleep(200);
  }
  cluster.continue(0);

  // Nothing stands in their way now but one request of each kind.
  const asked = nodes.map(async (node, index) => {
    await until(() => node.read(select, 'cheap'));
    await until(() => node.transact(operation(`${index}/last`, index)));
  });
  await Promise.all(asked);
  await Promise.all(calls);
  const { ids, counter } = await readLedger(control);
  expect(counter).toBe(ids.size);
  for (const index of nodes.keys()) expect(ids.has(`${index}/last`)).toBe(true);
  // Up to nine rounds of calls still wait at each node when the server goes on. Six hundred were made.
  expect((await requestCount()) - requestsBefore).toBeLessThan(nodeCount * 25);
  expect(await threadCount()).toBeLessThan(threadsBefore + 2 * nodeCount + 10);
});

/** Calls until it succeeds, for as long as the test may take. */
async function until(call: () => Promise<unknown>): Promise<void> {
  while (
    !(await call().then(
      () => true,
      () => false,
    ))
  );
}

/** Requests that the server has begun with since its start. */
async function requestCount(): Promise<number> {
  const answer = await fetch(`http://${cluster.address(0)}/debug/vars`);
  const { http } = (await answer.json()) as { http: Record<'queries' | 'executions' | 'requests', number> };
  return http.queries + http.executions + http.requests;
}

/** Threads of the server; 0 on other systems than Linux. */
async function threadCount(): Promise<number> {
  const status = await readFile(`/proc/${cluster.servers[0]?.pid}/status`, 'utf8').catch(() => '');
  return Number(/Threads:\s+(\d+)/.exec(status)?.[1] ?? 0);
}
