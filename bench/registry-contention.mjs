/**
 * Verdicts and claims on three real rqlite servers, or with `--postgres` on one of PostgreSQL with fsync: one after the
 * other on an idle cluster, then many deaths at once with three observers each (aims: 6 ms for a decision and for a claim,
 * 1.5 s until 50 deaths are claimed). Needs the servers.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgresExecutor } from '../dist/adapters/postgres/open.js';
import { parsePostgresUrl } from '../dist/adapters/postgres/url.js';
import { openRqliteExecutor } from '../dist/adapters/rqlite/executor.js';
import { parseRqliteUrl } from '../dist/adapters/rqlite/url.js';
import { SqlRegistry } from '../dist/adapters/sql/registry.js';
import { startPostgres } from '../dist/cli/postgres-server.js';
import { startRqliteCluster } from '../dist/cli/rqlite-cluster.js';
import { figure, printTable } from './table.mjs';

const idleCount = 100;
const deathCount = 50;
const observersOfEach = 3;
const isPostgres = process.argv.includes('--postgres');
const cluster = isPostgres
  ? await startPostgres({ settings: ['fsync=on', 'max_connections=200'] })
  : await startRqliteCluster();
const sent = { reads: 0, writes: 0, bytes: 0 };
const opened = [];

try {
  const control = await open();
  await control.migrate();
  await idle(control);
  const limits = [];
  for (const limit of [deathCount + 1, Math.floor(deathCount / 2)]) limits.push(await atOnce(control, limit));
  printTable(`${deathCount} deaths at once, ${observersOfEach} observers each`, [
    ['figure', 'all may die', 'the brake has room for half'],
    ...Object.keys(limits[0]).map((name) => [name, ...limits.map((of) => figure(of[name]))]),
  ]);
} finally {
  for (const registry of opened) await registry.close();
  await cluster.dispose();
}

/** A registry of one node, whose requests are counted. */
async function open() {
  const inner = isPostgres
    ? await openPostgresExecutor(parsePostgresUrl(`${cluster.url}?deadline=30s`))
    : openRqliteExecutor(parseRqliteUrl(`${cluster.url}?timeout=10s&deadline=30s`));
  const count = (kind, statements) => {
    sent[kind]++;
    sent.bytes += JSON.stringify(statements.map(({ sql, values }) => [sql, ...values])).length;
  };
  const registry = new SqlRegistry({
    dialect: inner.dialect,
    isNeverStale: inner.isNeverStale,
    now: () => inner.now(),
    read: (statements, freshness) => {
      count('reads', statements);
      return inner.read(statements, freshness);
    },
    transact: (statements) => {
      count('writes', statements);
      return inner.transact(statements);
    },
    close: () => inner.close(),
  });
  opened.push(registry);
  return registry;
}

async function joinAll(registry, ids) {
  for (const nodeId of ids) {
    await registry.join({
      ...{ nodeId, address: '10.0.0.1', internalAddress: null, port: 6001, region: null },
      ...{ isNamed: true, hasHandler: true, instanceId: nodeId, afterEpoch: 0 },
    });
  }
}

function vote(observerId, targetId) {
  const evidence = {
    ...{ missCount: 12, silentMs: 110_000, sinceAnswerMs: 120_000, failures: { timeout: 12 } },
    ...{ lastFailure: 'no answer within 3000 ms' },
    observer: { watchedCount: 3, answeringCount: 2, inconclusiveCount: 0 },
  };
  return {
    ...{ operationId: `${observerId} on ${targetId}`, kind: 'dead', observerId, observerEpoch: 1 },
    ...{ targetId, targetEpoch: 1, evidence },
  };
}

function question(observerId, targetId, maxDeadFraction) {
  return {
    ...{ targetId, targetEpoch: 1, observerId, observerEpoch: 1, minQuorum: 2, isQuorumStrict: false },
    ...{
      quorumWindowMs: 300_000,
      watchedSince: null,
      newestBeat: 0,
      refutationCount: 0,
      maxDeadFraction,
      marks: { returnMark: null, deathMark: null, flapMark: null },
      flapWindowMs: 0,
    },
  };
}

function claimOf(observerId, targetId) {
  const owner = { ownerId: observerId, ownerEpoch: 1 };
  return {
    nodeId: targetId,
    epoch: 1,
    ...owner,
    claimId: `${observerId} for ${targetId}`,
    leaseMs: 300_000,
    retryBackoffMs: 5_000,
    maxAttempts: null,
  };
}

async function idle(registry) {
  const ids = names('idle', idleCount);
  await joinAll(registry, ['one', 'two', ...ids]);
  const times = { decide: [], claim: [] };
  const timed = async (name, call) => {
    const before = { ...sent };
    const startedAt = performance.now();
    const result = await call();
    const durationMs = performance.now() - startedAt;
    times[name].push({
      durationMs,
      ...Object.fromEntries(Object.keys(sent).map((key) => [key, sent[key] - before[key]])),
    });
    return result;
  };
  for (const id of ids) {
    await registry.record([vote('one', id)]);
    await registry.record([vote('two', id)]);
    const decided = await timed('decide', () => registry.decide(question('one', id, 1)));
    if (decided.outcome !== 'dead') throw new Error(`no verdict: ${JSON.stringify(decided)}`);
    const claimed = await timed('claim', () => registry.claim(claimOf('one', id)));
    if (claimed.outcome !== 'claimed') throw new Error(`no claim: ${JSON.stringify(claimed)}`);
    await registry.finish({
      ...{ nodeId: id, epoch: 1, claimId: `one for ${id}`, fence: claimed.fence },
      ...{ outcome: 'completed', error: null, retryAfterMs: 0, maxAttempts: null },
    });
  }
  printTable(`${idleCount} deaths one after the other`, [
    ['call', 'p50, ms (aim 6)', 'p99, ms', 'reads', 'writes', 'bytes'],
    ...Object.entries(times).map(([name, all]) => [
      name,
      ...[0.5, 0.99].map((part) =>
        figure(
          quantile(
            all.map(({ durationMs }) => durationMs),
            part,
          ),
        ),
      ),
      ...['reads', 'writes', 'bytes'].map((key) =>
        figure(
          quantile(
            all.map((one) => one[key]),
            0.5,
          ),
        ),
      ),
    ]),
  ]);
}

/** Every observer says it, asks, and claims; what the brake holds back is asked again until the others are claimed. */
async function atOnce(control, limit) {
  const prefix = `limit ${limit}`;
  const observers = names(`${prefix} observer`, deathCount);
  const victims = names(`${prefix} victim`, deathCount);
  await joinAll(control, [...observers, ...victims]);
  const registries = await Promise.all(observers.map(() => open()));
  // Each has connections and a clock.
  await Promise.all(
    registries.map((registry, index) => registry.heartbeat({ nodeId: observers[index], epoch: 1 })),
  );
  const { memberCount, unresolvedCount } = await control.readCluster({});
  const maxDeadFraction = Math.min(1, (unresolvedCount + limit) / memberCount);
  const expected = Math.min(deathCount, limit);
  const before = { ...sent };
  const startedAt = performance.now();
  const verdictTimes = [];
  const claims = new Map();
  const askCount = { decide: 0, claim: 0 };
  const observe = async (index, victim) => {
    const [observer, registry] = [observers[index], registries[index]];
    await registry.record([vote(observer, victim)]);
    for (;;) {
      askCount.decide++;
      const decided = await registry.decide(question(observer, victim, maxDeadFraction));
      if (decided.outcome === 'dead') {
        if (decided.isNew) verdictTimes.push(performance.now() - startedAt);
        break;
      }
      if (decided.reason !== 'brake' && decided.reason !== 'votes') throw new Error(JSON.stringify(decided));
      if (verdictTimes.length === expected && claims.size === expected) return;
      await sleep(100);
    }
    askCount.claim++;
    const claimed = await registry.claim(claimOf(observer, victim));
    if (claimed.outcome !== 'claimed') return;
    if (claims.has(victim)) throw new Error(`${victim} was claimed twice`);
    claims.set(victim, { fence: claimed.fence, at: performance.now() - startedAt });
  };
  await Promise.all(
    victims.flatMap((victim, index) =>
      Array.from({ length: observersOfEach }, (_, place) =>
        observe((index + place) % observers.length, victim),
      ),
    ),
  );
  const fences = new Set([...claims.values()].map(({ fence }) => fence));
  const after = await control.readCluster({});
  const openNow = after.unresolvedCount - unresolvedCount;
  if (
    verdictTimes.length !== expected ||
    openNow !== expected ||
    claims.size !== expected ||
    fences.size !== expected
  ) {
    throw new Error(
      `expected ${expected} of each, got ${verdictTimes.length} verdicts (${openNow} open), ${claims.size} claims, ${fences.size} fences`,
    );
  }
  const claimTimes = [...claims.values()].map(({ at }) => at);
  const result = {
    verdicts: verdictTimes.length,
    claims: claims.size,
    'all verdicts, ms': Math.max(...verdictTimes),
    'all claims, ms (aim 1,500)': Math.max(...claimTimes),
    'decide calls': askCount.decide,
    'claim calls': askCount.claim,
    'read requests': sent.reads - before.reads,
    'write requests': sent.writes - before.writes,
    'kB sent': (sent.bytes - before.bytes) / 1024,
  };
  for (const nodeId of victims)
    await control.dismiss({ nodeId, epoch: 1, operatorId: 'bench', operationId: nodeId });
  return result;
}

function names(prefix, count) {
  return Array.from({ length: count }, (_, index) => `${prefix} ${String(index).padStart(3, '0')}`);
}

function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
