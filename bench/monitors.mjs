/** What a further monitor in the same process costs (limit 150 kB), and whether a thousand of them grow. Run with --expose-gc. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryRegistry } from '../dist/adapters/memory/registry.js';
import { createAbort, systemClock, systemRandom } from '../dist/adapters/system/index.js';
import { RingMonitor } from '../dist/monitor/monitor.js';
import { figure, printTable } from './table.mjs';

const count = 1_000;
const registry = new MemoryRegistry({ now: () => Date.now() });
const prober = {
  probe: async ({ id }) => ({ kind: 'answer', nodeId: id, epoch: 1, durationMs: 0 }),
  close: async () => {},
};
const ids = Array.from({ length: count }, (_, index) => `node-${String(index).padStart(4, '0')}`);
for (const nodeId of ids) {
  const place = { address: '127.0.0.1', internalAddress: null, port: 6001, region: null };
  await registry.join({
    nodeId,
    ...place,
    isNamed: true,
    hasHandler: false,
    instanceId: nodeId,
    afterEpoch: 0,
  });
}
const before = await usedBytes();
const monitors = ids.map(
  (nodeId) =>
    new RingMonitor(
      { nodeId, registry, epoch: 1, probeIntervalMs: 1_000, probeTimeoutMs: 300, startupGracePeriodMs: 0 },
      { clock: systemClock, random: systemRandom, prober, createAbort },
    ),
);
const running = monitors.map((monitor) => monitor.start());
const beats = setInterval(
  () => ids.forEach((nodeId) => void registry.heartbeat({ nodeId, epoch: 1 })),
  10_000,
);
const seconds = Number(process.env.RINGWATCH_BENCH_SECONDS ?? 60);
const samples = [];
for (let part = 0; part < 6; part++) {
  await sleep((seconds * 1_000) / 6);
  samples.push(await usedBytes());
}
clearInterval(beats);
await Promise.all(monitors.map((monitor) => monitor.stop()));
await Promise.all(running);
const perMonitor = (samples[0] - before) / count;
printTable(`${count} monitors in one process, ${seconds} rounds each`, [
  ['figure', 'value', 'of its limit'],
  ['bytes a monitor', figure(perMonitor), `${figure(perMonitor / 150_000)} × of 150 kB`],
  ['heap at the end, of the heap after the first sixth', `${figure(samples.at(-1) / samples[0])} ×`, ''],
]);

async function usedBytes() {
  globalThis.gc();
  await sleep(50);
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
