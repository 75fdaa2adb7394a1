/**
 * What a round's ring work costs as the cluster grows: the original's whole ring, and the walk over what a round reads.
 * The limit of 1 ms at 10,000 nodes is on nodes in the order of their ids, as registries give them; the whole ring of
 * shuffled ones, which have to be sorted first, stands beside it and has no limit.
 */
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
const ofLimit = (value) => `${figure(value / 1_000)} ×`;
printTable('Ring work of one round, CPU in µs (limit 1 ms at 10,000 nodes, of what is sorted)', [
  [
    'nodes',
    'walk of a round',
    'of the limit',
    'whole ring, sorted',
    'of the limit',
    'whole ring, shuffled (no limit)',
    'of sorted',
  ],
  ...rows.map(([size, sorted, shuffled, walk]) => [
    size,
    figure(walk),
    ofLimit(walk),
    figure(sorted),
    ofLimit(sorted),
    figure(shuffled),
    `${figure(shuffled / sorted)} ×`,
  ]),
]);
