/**
 * What a further monitor in the same process costs (limit 150 kB), and whether many of them grow. Two processes at once:
 * a thousand monitors whose prober answers from memory, ten times as busy as by default; and 500 with a prober each, as
 * the library makes them, which probe real servers on loopback at the default interval. Fifty more run before that, so
 * that what all monitors share is not counted. Run with --expose-gc.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryRegistry } from '../dist/adapters/memory/registry.js';
import { createAbort, systemClock, systemRandom } from '../dist/adapters/system/index.js';
import { Monitor } from '../dist/index.js';
import { RingMonitor } from '../dist/monitor/monitor.js';
import { figure, printTable } from './table.mjs';

const seconds = Number(process.env.RINGWATCH_BENCH_SECONDS ?? 180);
const kinds = {
  'prober from memory, every 1 s': { count: 1_000, probeIntervalMs: 1_000, isReal: false },
  'HTTP on loopback, every 10 s': { count: 500, probeIntervalMs: 10_000, isReal: true },
};
const limitBytes = 150_000;
const firstCount = 50;
const [, , given] = process.argv;
if (given === undefined) await compare();
else process.send(await measure(kinds[given]), () => process.exit(0));

async function compare() {
  const titles = Object.keys(kinds);
  const results = await Promise.all(
    titles.map(async (title) => {
      const child = fork(new URL(import.meta.url).pathname, [title], { execArgv: ['--expose-gc'] });
      const [result] = await once(child, 'message');
      return result;
    }),
  );
  printTable(`Many monitors in one process, for ${seconds} s`, [
    ['figure', ...titles],
    ['monitors', ...results.map(({ count }) => count)],
    ['probes that were answered', ...results.map(({ hitCount }) => hitCount)],
    ['heap a monitor, kB', ...results.map(({ heap }) => figure(heap[0] / 1_000))],
    ['of the limit of 150 kB', ...results.map(({ heap }) => `${figure(heap[0] / limitBytes)} ×`)],
    ['resident memory a monitor, kB', ...results.map(({ rss }) => figure(rss[0] / 1_000))],
    ['of the limit of 150 kB', ...results.map(({ rss }) => `${figure(rss[0] / limitBytes)} ×`)],
    ['heap at the end, of that after the first sixth', ...results.map(({ heap }) => growth(heap))],
    ['resident memory, the same', ...results.map(({ rss }) => growth(rss))],
  ]);
}

function growth(samples) {
  return `${figure(samples.at(-1) / samples[0])} ×`;
}

/** Bytes a monitor after each sixth of the time, above what the process had before there was any. */
async function measure({ count, probeIntervalMs, isReal }) {
  const registry = new MemoryRegistry({ now: () => Date.now() });
  const { ports, close } = isReal ? await servers(firstCount + count) : { ports: [], close: () => {} };
  const ids = Array.from(
    { length: firstCount + count },
    (_, index) => `node-${String(index + 1).padStart(3, '0')}`,
  );
  for (const [index, nodeId] of ids.entries()) {
    const place = { address: '127.0.0.1', internalAddress: null, port: ports[index] ?? 6001, region: null };
    await registry.join({
      nodeId,
      ...place,
      isNamed: true,
      hasHandler: false,
      instanceId: nodeId,
      afterEpoch: 0,
    });
  }
  let hitCount = 0;
  const monitors = [];
  const start = (some) => {
    for (const nodeId of some) {
      const settings = { nodeId, registry, epoch: 1, probeIntervalMs, startupGracePeriodMs: 0 };
      const monitor = isReal
        ? new Monitor(settings)
        : monitorFromMemory({ ...settings, probeTimeoutMs: 300 });
      monitor.on('probe', ({ result }) => {
        if (result === 'hit') hitCount++;
      });
      monitors.push(monitor);
      void monitor.start();
    }
  };
  const beats = setInterval(
    () => ids.forEach((nodeId) => void registry.heartbeat({ nodeId, epoch: 1 })),
    10_000,
  );
  start(ids.slice(0, firstCount));
  await sleep(2 * probeIntervalMs);
  const before = await used();
  start(ids.slice(firstCount));
  const samples = [];
  for (let part = 0; part < 6; part++) {
    await sleep((seconds * 1_000) / 6);
    samples.push(await used());
  }
  clearInterval(beats);
  await Promise.all(monitors.map((monitor) => monitor.stop()));
  close();
  const above = (name) => samples.map((sample) => (sample[name] - before[name]) / count);
  return { count, hitCount, heap: above('heap'), rss: above('rss') };
}

function monitorFromMemory(settings) {
  const prober = {
    probe: async ({ id }) => ({ kind: 'answer', nodeId: id, epoch: 1 }),
    close: async () => {},
  };
  return new RingMonitor(settings, { clock: systemClock, random: systemRandom, prober, createAbort });
}

/** A process with a ping server for each node. */
async function servers(count) {
  const child = spawn(process.execPath, [new URL('ping-server.mjs', import.meta.url).pathname, count], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [text] = await once(child.stdout, 'data');
  return { ports: JSON.parse(text), close: () => child.stdin.end() };
}

async function used() {
  globalThis.gc();
  await sleep(50);
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}
