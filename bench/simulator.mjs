/**
 * How much faster than real time whole clusters run in virtual time, of CPU time: at least 2,000 × for 100 nodes, 200 ×
 * for 1,000, and 20 × for 10,000, which is one virtual hour in three minutes (and in 4 GB of resident memory).
 * `RINGWATCH_BENCH_NODES=100,1000` leaves a row out. `node --max-semi-space-size=192` lets what lives for one event die
 * young, which counts most with 10,000 nodes.
 */
import { World } from '../dist/sim/world.js';
import { figure, printTable } from './table.mjs';

const wanted = process.env.RINGWATCH_BENCH_NODES?.split(',').map(Number);
const rows = [];
for (const [size, virtualMs, aim] of [
  [100, 3_600_000, 2_000],
  [1_000, 600_000, 200],
  [10_000, 3_600_000, 20],
]) {
  if (wanted !== undefined && !wanted.includes(size)) continue;
  const world = new World({ seed: 1, nodes: size });
  await world.runFor(60_000);
  const before = process.cpuUsage();
  await world.runFor(virtualMs);
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1_000;
  const speed = virtualMs / cpuMs;
  const peakMb = process.resourceUsage().maxRSS / 1_000;
  rows.push([
    size,
    figure(virtualMs / 60_000),
    figure(cpuMs / 1_000),
    `${figure(speed)} ×`,
    `${aim} ×`,
    `${figure(speed / aim)} ×`,
    figure(peakMb),
  ]);
}
printTable('Virtual time, of CPU time', [
  ['nodes', 'virtual minutes', 'CPU seconds', 'speed', 'aim', 'of the aim', 'peak memory, MB'],
  ...rows,
]);
