/** The simulator tells of SQL statements by a table of statements per call: held here against the real SQL registry on SQLite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { unknownMarks } from '../../src/core/marks.ts';
import { statementsPerCall } from '../../src/sim/experiment/statements-per-call.ts';

let folder: string;
let executor: SqliteExecutor;
let registry: SqlRegistry;
let count = 0;
let requestCount = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-statements-'));
  executor = await SqliteExecutor.open(join(folder, 'cluster.db'));
  registry = new SqlRegistry({
    isNeverStale: executor.isNeverStale,
    now: () => executor.now(),
    read: (statements) => {
      count += statements.length;
      requestCount++;
      return executor.read(statements);
    },
    transact: (statements) => {
      count += statements.length;
      requestCount++;
      return executor.transact(statements);
    },
    close: () => executor.close(),
  });
  await registry.migrate();
});

afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

test('each call makes as many statements as the table says', async () => {
  const place = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
  const joinAs = (nodeId: string) =>
    registry.join({ nodeId, ...place, isNamed: true, hasHandler: true, instanceId: nodeId, afterEpoch: 0 });
  const counts: Record<string, number> = {};
  const counted = async <Result>(name: string, call: Promise<Result> | (() => Promise<Result>)) => {
    const before = count;
    const result = await (typeof call === 'function' ? call() : call);
    counts[name] = count - before;
    return result;
  };
  for (const id of ['a', 'b', 'c', 'd']) await counted('join', () => joinAs(id));
  const self = { nodeId: 'a', epoch: 1 };
  const vote = (observerId: string) => ({
    ...{ operationId: `vote of ${observerId}`, kind: 'dead' as const, observerId, observerEpoch: 1 },
    ...{ targetId: 'd', targetEpoch: 1, evidence: null },
  });
  await counted('readRound', () => registry.readRound({ ...self, lookAhead: 4, watched: [] }));
  // The first heartbeat of a process looks at its row, and takes in what nodes of the original have written.
  await registry.heartbeat(self);
  await counted('heartbeat', () => registry.heartbeat(self));
  await counted('refute', () => registry.refute(self));
  await counted('setHandler', () => registry.setHandler({ ...self, hasHandler: true }));
  await counted('readNeighbors', () => registry.readNeighbors({ nodeId: 'a', count: 3 }));
  await counted('readNode', () => registry.readNode('a'));
  await registry.record([vote('a')]);
  await counted('record', () => registry.record([vote('b')]));
  const decided = await counted('decide', () =>
    registry.decide({
      ...{ targetId: 'd', targetEpoch: 1, observerId: 'a', observerEpoch: 1, minQuorum: 2 },
      ...{ isQuorumStrict: false, quorumWindowMs: 300_000, watchedSince: null, newestBeat: 0 },
      ...{ refutationCount: 0, maxDeadFraction: 1 / 3, marks: unknownMarks, flapWindowMs: 0 },
    }),
  );
  expect(decided.outcome).toBe('dead');
  const lease = { nodeId: 'd', epoch: 1, claimId: 'claim' };
  const claimed = await counted('claim', () =>
    registry.claim({
      ...lease,
      ownerId: 'a',
      ownerEpoch: 1,
      leaseMs: 30_000,
      retryBackoffMs: 5_000,
      maxAttempts: null,
    }),
  );
  const fence = claimed.outcome === 'claimed' ? claimed.fence : 0;
  await counted('renew', () => registry.renew({ ...lease, fence, leaseMs: 30_000 }));
  await counted('finish', () =>
    registry.finish({
      ...lease,
      fence,
      outcome: 'completed',
      error: null,
      retryAfterMs: 0,
      maxAttempts: null,
    }),
  );
  await counted('leave', () => registry.leave({ nodeId: 'b', epoch: 1 }));
  expect(counts).toEqual(statementsPerCall);
});

test('where all tables are there, a start looks at them by one request, and by no write', async () => {
  const another = new SqlRegistry({
    isNeverStale: executor.isNeverStale,
    now: () => executor.now(),
    read: (statements) => {
      requestCount++;
      return executor.read(statements);
    },
    transact: () => Promise.reject(new Error('a write')),
    close: async () => {},
  });
  requestCount = 0;
  await another.migrate();
  await another.readRound({ nodeId: 'a', epoch: 1, lookAhead: 4, watched: [] });
  expect(requestCount).toBe(2);
});
