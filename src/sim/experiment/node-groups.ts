/** Groups of nodes that share a fate, as lists of ids for faults: racks and zones, ids in a row, a random part. */
import type { SeededRandom } from '../random.ts';

/**
 * Deals nodes out to racks. `in-a-row`: each rack has a stretch of the ring, as when ids are given rack by rack;
 * `striped`: neighbours on the ring are in different racks, as far as that goes.
 */
export function racksOf(
  nodeIds: readonly string[],
  rackCount: number,
  layout: 'in-a-row' | 'striped',
): readonly (readonly string[])[] {
  const racks: string[][] = Array.from({ length: rackCount }, () => []);
  for (const [index, id] of nodeIds.entries()) {
    const rack = layout === 'striped' ? index % rackCount : Math.floor((index * rackCount) / nodeIds.length);
    racks[rack]?.push(id);
  }
  return racks;
}

/** That many neighbours on the ring from a random place; all nodes when there are fewer. */
export function idsInARow(
  nodeIds: readonly string[],
  count: number,
  random: SeededRandom,
): readonly string[] {
  const first = random.integer(0, nodeIds.length - 1);
  const turned = [...nodeIds.slice(first), ...nodeIds.slice(0, first)];
  return turned.slice(0, count);
}

/** That part of the nodes, at least one, in random order. */
export function partOf(
  nodeIds: readonly string[],
  fraction: number,
  random: SeededRandom,
): readonly string[] {
  return random.sample(nodeIds, Math.max(1, Math.round(fraction * nodeIds.length)));
}
