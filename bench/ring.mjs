/** What a round's ring work costs as the cluster grows. The limit is 1 ms at 10,000 nodes. */
import { ringNeighbors } from '../dist/index.js';
import { figure, printTable, timeOf } from './table.mjs';

const sizes = [100, 1_000, 10_000, 100_000];
const rows = sizes.map((size) => {
  const nodes = Array.from({ length: size }, (_, index) => ({ id: `node-${String(index).padStart(6, '0')}` }));
  const shuffled = [...nodes].sort(() => Math.random() - 0.5);
  const self = nodes[Math.floor(size / 2)].id;
  const calls = Math.max(3, Math.floor(200_000 / size));
  const sortedUs = timeOf(() => ringNeighbors(nodes, self, 3), calls);
  const shuffledUs = timeOf(() => ringNeighbors(shuffled, self, 3), Math.max(1, Math.floor(calls / 20)));
  return { size, sortedUs, shuffledUs };
});
printTable('ringNeighbors over the whole membership (a monitor never needs it: it reads K + 1 rows)', [
  ['nodes', 'sorted input, µs', 'shuffled input, µs', 'sorted, of the 1 ms limit'],
  ...rows.map(({ size, sortedUs, shuffledUs }) => [size, figure(sortedUs), figure(shuffledUs), `${figure(sortedUs / 1_000)} ×`]),
]);
