/**
 * SQL statements and bytes of each registry call, at 100 and at 1,000 nodes on SQLite, and what they make of a
 * round and of a death. The calls that a round and a death need are counted by registry-calls.mjs. Then a decision
 * in a cluster that has nodes of the original too, and one that the brake holds back.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { originalRows } from '../dist/adapters/sql/original-rows.js';
import { SqlRegistry } from '../dist/adapters/sql/registry.js';
import { SqliteExecutor } from '../dist/adapters/sqlite/executor.js';
import { figure, printTable } from './table.mjs';

const sizes = [100, 1_000];
/** Default settings: rounds of 10 s, heartbeats of 30 s. */
const beatsPerRound = 1 / 3;
/** Calls of all nodes that one death adds, as registry-calls.mjs counts them. */
const callsOfDeath = { record: 6, decide: 3, claim: 1, finish: 1 };

const costs = [];
for (const size of sizes) costs.push(await measure(size));
const columns = ['requests', 'statements', 'bytes'];
const head = sizes.flatMap((size) => columns.map((name) => `${name} (${size})`));
const line = (name, pick) => [
  name,
  ...costs.flatMap((cost) => columns.map((key) => figure(pick(cost, key)))),
];
printTable('Registry calls on SQLite, by number of nodes', [
  ['call', ...head],
  ...Object.keys(costs[0]).map((name) => line(name, (cost, key) => cost[name][key])),
]);
printTable('What they make', [
  ['what', ...head],
  line('a round of a node', (cost, key) => cost.readRound[key] + beatsPerRound * cost.heartbeat[key]),
  line('a death, all nodes', (cost, key) =>
    Object.entries(callsOfDeath).reduce((sum, [name, count]) => sum + count * cost[name][key], 0),
  ),
]);
const mixedCounts = [0, 10, 1_000];
const mixed = [];
for (const count of mixedCounts) mixed.push(await measure(20, count));
const decisions = { 'that makes the verdict': 'decide', 'that the brake holds back': 'decideBraked' };
printTable('A decision with 20 nodes of ours, by number of nodes that run the original', [
  [
    'decision',
    ...mixedCounts.flatMap((count) => ['requests', 'writes', 'bytes'].map((name) => `${name} (${count})`)),
  ],
  ...Object.entries(decisions).map(([name, key]) => [
    name,
    ...mixed.flatMap((cost) => ['requests', 'writes', 'bytes'].map((unit) => figure(cost[key][unit]))),
  ]),
]);

async function measure(size, originalCount = 0) {
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-bench-'));
  const executor = await SqliteExecutor.open(join(folder, 'cluster.db'));
  const count = { requests: 0, statements: 0, writes: 0, bytes: 0 };
  const counted = (run) => async (statements, consistency) => {
    const results = await run(statements, consistency);
    count.requests++;
    count.statements += statements.length;
    count.bytes += JSON.stringify(statements.map(({ sql, values }) => [sql, ...values])).length;
    count.bytes += JSON.stringify(results).length;
    return results;
  };
  const registry = new SqlRegistry({
    isNeverStale: executor.isNeverStale,
    now: () => executor.now(),
    read: counted((statements, consistency) => executor.read(statements, consistency)),
    transact: counted((statements) => {
      count.writes++;
      return executor.transact(statements);
    }),
    close: () => executor.close(),
  });
  await registry.migrate();
  const ids = Array.from({ length: size }, (_, index) => `node-${String(index).padStart(6, '0')}`);
  const place = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
  for (const nodeId of ids) {
    const who = { nodeId, instanceId: nodeId, afterEpoch: 0, isNamed: true, hasHandler: true };
    await registry.join({ ...who, ...place });
  }
  const original = originalRows(executor);
  for (let index = 0; index < originalCount; index++) {
    await original.putNode({ id: `old-${String(index).padStart(6, '0')}`, ipAddress: '10.0.1.1' });
  }
  const [one, two, target, other] = ids.slice(size / 2);
  const costOf = async (run) => {
    const before = { ...count };
    const result = await run();
    const cost = Object.fromEntries(Object.keys(count).map((key) => [key, count[key] - before[key]]));
    return { cost, result };
  };
  const self = { nodeId: one, epoch: 1 };
  const evidence = {
    missCount: 12,
    silentMs: 110_000,
    sinceAnswerMs: 120_000,
    failures: { timeout: 12 },
    lastFailure: 'no answer within 3000 ms',
    observer: { watchedCount: 3, answeringCount: 2, inconclusiveCount: 0 },
  };
  const vote = (observerId, targetId = target) => ({
    ...{ operationId: `vote of ${observerId} on ${targetId}`, kind: 'dead', observerId, observerEpoch: 1 },
    ...{ targetId, targetEpoch: 1, evidence },
  });
  const question = {
    ...{ targetId: target, targetEpoch: 1, observerId: one, observerEpoch: 1, minQuorum: 2 },
    ...{
      isQuorumStrict: false,
      quorumWindowMs: 300_000,
      watchedSince: null,
      newestBeat: 0,
      refutationCount: 0,
    },
    ...{
      maxDeadFraction: 1 / 3,
      marks: { returnMark: null, deathMark: null, flapMark: null },
      flapWindowMs: 0,
    },
  };
  const readRound = await costOf(() => registry.readRound({ ...self, lookAhead: 4, watched: [] }));
  // The first heartbeat of a process looks at its row, and takes in what nodes of the original have written.
  await registry.heartbeat({ ...self, importEveryMs: 0 });
  await registry.heartbeat({ ...self, importEveryMs: 0 });
  await registry.readRound({ ...self, lookAhead: 4, watched: [] });
  const heartbeat = await costOf(() => registry.heartbeat(self));
  const record = await costOf(() => registry.record([vote(one)]));
  await registry.record([vote(two)]);
  const decide = await costOf(() => registry.decide(question));
  if (decide.result.outcome !== 'dead') throw new Error(`no verdict: ${JSON.stringify(decide.result)}`);
  await registry.record([vote(one, other), vote(two, other)]);
  const decideBraked = await costOf(() =>
    registry.decide({ ...question, targetId: other, maxDeadFraction: 0 }),
  );
  if (decideBraked.result.reason !== 'brake')
    throw new Error(`no brake: ${JSON.stringify(decideBraked.result)}`);
  const lease = { nodeId: target, epoch: 1, claimId: 'claim' };
  const claim = await costOf(() =>
    registry.claim({
      ...lease,
      ownerId: one,
      ownerEpoch: 1,
      leaseMs: 30_000,
      retryBackoffMs: 5_000,
      maxAttempts: null,
    }),
  );
  const { fence } = claim.result;
  const renew = await costOf(() => registry.renew({ ...lease, fence, leaseMs: 30_000 }));
  const finish = await costOf(() =>
    registry.finish({
      ...lease,
      fence,
      outcome: 'completed',
      error: null,
      retryAfterMs: 0,
      maxAttempts: null,
    }),
  );
  await registry.close();
  await rm(folder, { recursive: true });
  const calls = { readRound, heartbeat, record, decide, decideBraked, claim, renew, finish };
  return Object.fromEntries(Object.entries(calls).map(([name, { cost }]) => [name, cost]));
}
