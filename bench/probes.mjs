/**
 * What probing through the monitor costs beside a bare keep-alive loop on the same HTTP client. Limit 1.3 × its CPU.
 * Both ask the same targets in the same groups, with the same pace, jitter, phases and deadline, on connections that
 * they open themselves, and both are asked often enough before that their code is compiled. A monitor watches three,
 * as by default. They take turns, each first every other time, so that neither has to pay for the other's garbage;
 * nothing is collected between them, which would throw compiled code away. What it takes to stop is counted for
 * neither. The ratio is the median of the pairs; where their range is wide, other programs were at work.
 *
 * Not the same on both sides, and counted as it is: the bare loop keeps a connection for its whole turn, a monitor's
 * prober replaces it after 50 probes. At the default interval it is replaced every minute, which this pace does not show.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpProber } from '../dist/adapters/http/index.js';
import { MemoryRegistry } from '../dist/adapters/memory/registry.js';
import { createAbort, systemClock, systemRandom } from '../dist/adapters/system/index.js';
import { RingMonitor } from '../dist/monitor/monitor.js';
import { figure, median, printTable } from './table.mjs';

const monitorCount = 16;
const neighbors = 3;
const targetCount = monitorCount * neighbors;
const intervalMs = 50;
const warmUpIntervalMs = 10;
const jitter = 0.1;
const roundCount = 60;
const turnCount = 10;
const server = spawn(process.execPath, [new URL('ping-server.mjs', import.meta.url).pathname, targetCount], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const ports = JSON.parse((await once(server.stdout, 'data'))[0]);

const bare = [];
const monitored = [];
for (let turn = 0; turn < 4; turn++) {
  await bareLoop(warmUpIntervalMs);
  await throughMonitor(warmUpIntervalMs);
}
for (let turn = 0; turn < turnCount; turn++) {
  if (turn % 2 === 0) bare.push(await bareLoop(intervalMs));
  monitored.push(await throughMonitor(intervalMs));
  if (turn % 2 === 1) bare.push(await bareLoop(intervalMs));
}
server.stdin.end();
const ratios = monitored.map((cost, index) => cost / bare[index]);
const rangeOf = (values) => `${figure(Math.min(...values))} to ${figure(Math.max(...values))}`;
printTable(`CPU of a probe, ${targetCount} targets every ${intervalMs} ms, ${turnCount} turns each`, [
  ['way', 'µs a probe', 'from, to', 'ratio (limit 1.3)', 'from, to'],
  ['bare keep-alive loop on node:http', figure(median(bare)), rangeOf(bare), '1 ×', ''],
  [
    'through the monitor',
    figure(median(monitored)),
    rangeOf(monitored),
    `${figure(median(ratios))} ×`,
    rangeOf(ratios),
  ],
]);

async function bareLoop(everyMs) {
  const agent = new Agent({ keepAlive: true });
  const ask = (port) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('timeout')), 3_000);
      get({ agent, host: '127.0.0.1', port, path: '/v1/internal/ping' }, (response) => {
        response.resume().on('end', () => {
          clearTimeout(timer);
          resolve();
        });
      }).on('error', reject);
    });
  const before = process.cpuUsage();
  await Promise.all(groups().map((some) => loop(some, ask, everyMs)));
  const cost = spent(before) / (roundCount * targetCount);
  agent.destroy();
  return cost;
}

/** The targets of each monitor. */
function groups() {
  return Array.from({ length: monitorCount }, (_, index) =>
    ports.slice(index * neighbors, (index + 1) * neighbors),
  );
}

/** Asks some targets together, round after round, from a random phase on. */
async function loop(some, ask, everyMs) {
  await sleep(Math.random() * everyMs);
  for (let round = 0; round < roundCount; round++) {
    const untilNextMs = everyMs * (1 + jitter * (2 * Math.random() - 1));
    await Promise.all([...some.map(ask), sleep(untilNextMs)]);
  }
}

async function throughMonitor(everyMs) {
  const prober = new HttpProber();
  const monitors = await Promise.all(
    groups().map((some, index) => monitorOf(prober, some, index * neighbors, everyMs)),
  );
  let probeCount = 0;
  for (const monitor of monitors) monitor.on('probe', () => void probeCount++);
  const before = process.cpuUsage();
  await Promise.all(monitors.map((monitor) => monitor.start()));
  await sleep(roundCount * everyMs);
  const cost = spent(before) / probeCount;
  await Promise.all(monitors.map((monitor) => monitor.stop()));
  await prober.close();
  return cost;
}

/** A monitor in a cluster of its own, which watches the servers at these ports. */
async function monitorOf(prober, some, offset, probeIntervalMs) {
  const registry = new MemoryRegistry({ now: () => Date.now() });
  for (const [index, port] of [null, ...some].entries()) {
    const nodeId = index === 0 ? 'node-000' : `node-${String(offset + index).padStart(3, '0')}`;
    const place = { address: '127.0.0.1', internalAddress: null, port, region: null };
    await registry.join({
      nodeId,
      ...place,
      isNamed: true,
      hasHandler: false,
      instanceId: nodeId,
      afterEpoch: 0,
    });
  }
  return new RingMonitor(
    { nodeId: 'node-000', registry, epoch: 1, neighbors, probeIntervalMs, jitter, probeTimeoutMs: 3_000 },
    { clock: systemClock, random: systemRandom, prober, createAbort },
  );
}

/** Microseconds of CPU since then. */
function spent(before) {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
