/** What a round's ring work costs as the cluster grows: the original's whole ring, and the walk over what a round reads. Limit 1 ms at 10,000 nodes. */
import { walkRing } from '../dist/core/watch-list.js';
import { ringNeighbors } from '../dist/index.js';
import { figure, printTable, timeOf } from './table.mjs';

const neighbors = 3;
const rows = [100, 1_000, 10_000, 100_000].map((size) => {
  const nodes = Array.from({ length: size }, (_, index) => ({
    id: `node-${String(index).padStart(6, '0')}`,
  }));
  const shuffled = [...nodes].sort(() => Math.random() - 0.5);
  const self = nodes[Math.floor(size / 2)].id;
  const calls = Math.max(3, Math.floor(200_000 / size));
  const successors = ringNeighbors(nodes, self, neighbors + 1).map((node) => ({
    ...node,
    lifecycle: 'alive',
    isConfirmedDead: false,
  }));
  return [
    size,
    timeOf(() => ringNeighbors(nodes, self, neighbors), calls),
    timeOf(() => ringNeighbors(shuffled, self, neighbors), Math.max(1, Math.floor(calls / 20))),
    timeOf(() => walkRing({ successors, peers: new Map(), neighbors, cap: 64 }), 20_000),
  ];
});
printTable('Ring work of one round, CPU in µs', [
  ['nodes', 'whole ring, sorted', 'whole ring, shuffled', 'the walk of a round', 'walk, of the 1 ms limit'],
  ...rows.map(([size, ...values]) => [
    size,
    ...values.map(figure),
    `${figure((values.at(-1) ?? 0) / 1_000)} ×`,
  ]),
]);
