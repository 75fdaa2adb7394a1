/** What one node asks of the registry in a round, at 100 and at 10,000 nodes, beside the original's whole-table read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openSqliteRegistry } from '../dist/adapters/sqlite/index.js';
import { figure, median, printTable } from './table.mjs';

const windowMs = 900_000;
const results = [];
for (const size of [100, 10_000]) {
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-bench-'));
  const registry = await openSqliteRegistry(join(folder, 'cluster.db'));
  await registry.migrate();
  const ids = Array.from({ length: size }, (_, index) => `node-${String(index).padStart(6, '0')}`);
  for (const [index, nodeId] of ids.entries()) {
    const place = {
      address: `10.0.${index >> 8}.${index & 255}`,
      internalAddress: null,
      port: 6001,
      region: null,
    };
    await registry.join({
      nodeId,
      ...place,
      isNamed: true,
      hasHandler: true,
      instanceId: `i${index}`,
      afterEpoch: 0,
    });
  }
  const nodeId = ids[Math.floor(size / 2)];
  const request = { nodeId, epoch: 1, lookAhead: 4, watched: [], membershipWindowMs: windowMs };
  const reading = await registry.readRound(request);
  const whole = await registry.readCluster({ membershipWindowMs: windowMs });
  results.push({
    size,
    rows: reading.successors.length + reading.watched.length + 1,
    bytes: JSON.stringify(reading).length,
    roundMs: await timed(() => registry.readRound(request), 200),
    wholeRows: whole.nodes.length,
    wholeBytes: JSON.stringify(whole.nodes).length,
    wholeMs: await timed(() => registry.readCluster({ membershipWindowMs: windowMs }), 5),
  });
  await registry.close();
  await rm(folder, { recursive: true });
}
const [small, large] = results;
printTable('One round of one node on SQLite', [
  ['figure', '100 nodes', '10,000 nodes', 'ratio (limit 1.2)'],
  ...[
    ['rows read', 'rows'],
    ['bytes read', 'bytes'],
    ['time, ms', 'roundMs'],
  ].map(([name, key]) => [name, figure(small[key]), figure(large[key]), figure(large[key] / small[key])]),
]);
printTable("A reading of every node in every round, the original's way", [
  ['figure', '100 nodes', '10,000 nodes', 'of ours at 10,000'],
  ['rows read', small.wholeRows, large.wholeRows, `${figure(large.wholeRows / large.rows)} ×`],
  [
    'bytes read',
    figure(small.wholeBytes),
    figure(large.wholeBytes),
    `${figure(large.wholeBytes / large.bytes)} ×`,
  ],
  ['time, ms', figure(small.wholeMs), figure(large.wholeMs), `${figure(large.wholeMs / large.roundMs)} ×`],
]);

async function timed(call, times) {
  const durations = [];
  for (let index = 0; index < times; index++) {
    const startedAt = performance.now();
    await call();
    durations.push(performance.now() - startedAt);
  }
  return median(durations);
}
