/** How much faster than real time whole clusters run in virtual time: at least 2,000 × for 100 nodes and 200 × for 1,000. */
import { World } from '../dist/sim/world.js';
import { figure, printTable } from './table.mjs';

const drain = () => new Promise((resolve) => setImmediate(resolve));
const rows = [];
for (const [size, virtualMs, aim] of [
  [100, 3_600_000, 2_000],
  [1_000, 600_000, 200],
]) {
  const world = new World({ seed: 1, nodes: size, drain });
  await world.runFor(60_000);
  const before = process.cpuUsage();
  await world.runFor(virtualMs);
  const { user, system } = process.cpuUsage(before);
  const speed = virtualMs / ((user + system) / 1_000);
  rows.push([size, `${figure(speed)} ×`, `${aim} ×`, `${figure(speed / aim)} ×`]);
}
printTable('Virtual time, of CPU time', [['nodes', 'speed', 'aim', 'of the aim'], ...rows]);
