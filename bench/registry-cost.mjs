/**
 * What one node asks of the registry in a round: at 100 and at 10,000 nodes, beside 10,000 rows of nodes that are gone,
 * and beside the original's reading of the whole table. Times are medians of calls that take turns between the cases.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { SqlRegistry } from '../dist/adapters/sql/registry.js';
import { SqliteExecutor } from '../dist/adapters/sqlite/executor.js';
import { ringNeighbors } from '../dist/index.js';
import { timestamp } from '../dist/registry/original/time.js';
import { figure, median, printTable } from './table.mjs';

const callCount = 400;
const folder = await mkdtemp(join(tmpdir(), 'ringwatch-bench-'));
const opened = [];

/** Rows of nodes that are gone, by their lifecycle. */
const gone = {
  none: null,
  '10,000 that left': 'left',
  '10,000 that are dead': 'dead',
  '10,000 that are away': 'away',
};

const growth = [await clusterOf(100, null), await clusterOf(10_000, null)];
const [small, large] = await Promise.all(growth.map(readingOf));
const [smallMs, largeMs] = await timesOf(growth.map((cluster) => () => round(cluster)));
printTable('One round of one node on SQLite', [
  ['figure', '100 nodes', '10,000 nodes', 'ratio (limit 1.2)'],
  ...[
    ['rows read', small.rows, large.rows],
    ['bytes read', small.bytes, large.bytes],
    ['bytes asked', small.askedBytes, large.askedBytes],
    ['time, ms', smallMs, largeMs],
  ].map(([name, a, b]) => [name, figure(a), figure(b), figure(b / a)]),
]);

for (const liveCount of [4, 100]) {
  const titles = Object.keys(gone);
  const clusters = [];
  for (const title of titles) clusters.push(await clusterOf(liveCount, gone[title]));
  const times = await timesOf(clusters.map((cluster) => () => round(cluster)));
  printTable(`One round of one of ${liveCount} live nodes, by the rows of nodes that are gone beside them`, [
    ['gone', 'time, ms', 'of that without (limit 1.2)'],
    ...titles.map((title, index) => [title, figure(times[index]), `${figure(times[index] / times[0])} ×`]),
  ]);
}

const wholes = [];
for (const cluster of growth) {
  const rows = await wholeOf(cluster);
  wholes.push({ rows: rows.length, bytes: JSON.stringify(rows).length });
}
const wholeTimes = [];
for (const cluster of growth) wholeTimes.push(...(await timesOf([() => wholeOf(cluster)], 50)));
printTable("The original's way: every node's id and address in every round, and the ring of them", [
  ['figure', '100 nodes', '10,000 nodes', 'of our round at 10,000'],
  ['rows read', wholes[0].rows, wholes[1].rows, `${figure(wholes[1].rows / large.rows)} ×`],
  [
    'bytes read',
    figure(wholes[0].bytes),
    figure(wholes[1].bytes),
    `${figure(wholes[1].bytes / large.bytes)} ×`,
  ],
  ['time, ms', figure(wholeTimes[0]), figure(wholeTimes[1]), `${figure(wholeTimes[1] / largeMs)} ×`],
]);

for (const { registry } of opened) await registry.close();
await rm(folder, { recursive: true });

/** So many live nodes of ours, evenly among 10,000 rows of one kind of gone ones. */
async function clusterOf(liveCount, kind) {
  const executor = await SqliteExecutor.open(join(folder, `${opened.length}.db`));
  const asked = { bytes: 0 };
  const registry = new SqlRegistry({
    isNeverStale: executor.isNeverStale,
    now: () => executor.now(),
    read: (statements) => {
      asked.bytes += JSON.stringify(statements.map(({ sql, values }) => [sql, ...values])).length;
      return executor.read(statements);
    },
    transact: (statements) => executor.transact(statements),
    close: () => executor.close(),
  });
  await registry.migrate();
  const now = Date.now();
  const add = async (count, prefix, lifecycle) => {
    const ids = `WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < ${count}),
      ids(id) AS (SELECT printf('node-%06d', i * (1000000 / ${count})) || '${prefix}' FROM c)`;
    const statements = [
      `${ids} INSERT INTO dns_nodes (id, ip_address, status, last_seen)
        SELECT id, '10.0.0.1', 'active', '${timestamp(now)}' FROM ids`,
      `${ids} INSERT INTO ringwatch_nodes (node_id, epoch, lifecycle, instance_id, address, port, is_named, has_handler,
          keeps_shared, maintenance_until, is_maintenance_theirs, beat_order, last_beat_at, refutation_count,
          decision_count, rev, status, joined_after)
        SELECT id, 1, '${lifecycle}', id, '10.0.0.1', 6001, 1, 1, 1, 0, 0, 1, ${now}, 0, 0, 1, 'active', 0 FROM ids`,
    ];
    await executor.transact(statements.map((sql) => ({ sql, values: [] })));
  };
  await add(liveCount, '', 'alive');
  if (kind !== null) await add(10_000, '-gone', kind);
  const half = Math.floor(liveCount / 2) * Math.floor(1_000_000 / liveCount);
  const cluster = { executor, registry, asked, nodeId: `node-${String(half).padStart(6, '0')}` };
  opened.push(cluster);
  return cluster;
}

function round({ registry, nodeId }) {
  return registry.readRound({ nodeId, epoch: 1, lookAhead: 4, watched: [] });
}

async function readingOf(cluster) {
  await round(cluster);
  const { bytes: before } = cluster.asked;
  const reading = await round(cluster);
  const askedBytes = cluster.asked.bytes - before;
  const rows = reading.successors.length + reading.watched.length + 1;
  return { rows, bytes: JSON.stringify(reading).length, askedBytes };
}

/** The original's query and ring, with nothing of ours in it. */
async function wholeOf({ executor, nodeId }) {
  const [{ rows }] = await executor.read([
    {
      sql: `SELECT id, COALESCE(internal_ip, ip_address) AS address FROM dns_nodes
        WHERE status = 'active' AND last_seen > ? ORDER BY id`,
      values: [timestamp(Date.now() - 120_000)],
    },
  ]);
  ringNeighbors(rows, nodeId, 3);
  return rows;
}

/** The median time of each call, in ms; they take turns, so that a busy moment meets all of them. */
async function timesOf(calls, times = callCount) {
  const durations = calls.map(() => []);
  for (let index = 0; index < times + 20; index++) {
    for (const [place, call] of calls.entries()) {
      const startedAt = performance.now();
      await call();
      // The first calls compile.
      if (index >= 20) durations[place].push(performance.now() - startedAt);
    }
  }
  return durations.map(median);
}
