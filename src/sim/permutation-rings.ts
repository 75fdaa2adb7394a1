/**
 * K permutation rings, as Orleans and Rapid have them. Ring k is all nodes in the order of a seeded hash of their ids. An
 * observer watches one successor on each. Pure functions of ids; whole numbers only, so that every
 * machine computes the same rings.
 * Not for: the ring that Ringwatch walks (core/ring.ts), or who reads these (permutation-rings-registry.ts).
 */
import { compareIds } from '../core/ring.ts';

/** A node's place on one ring. */
export interface RingPlace {
  readonly id: string;
  /** From 0 to 2³² - 1; equal keys stand in byte order of the ids. */
  readonly key: number;
}

/** One permutation, in the order of the keys. */
export type PermutationRing = readonly RingPlace[];

/** What a ring's walk makes of a node: not on the ring, on it, or on it but known to be silent. */
export type RingStanding = 'off' | 'on' | 'silent';

/** `count` rings of the same ids, each a permutation of its own. The same ids, in any order, and seed give the same rings. */
export function permutationRings(ids: readonly string[], seed: number, count: number): PermutationRing[] {
  return Array.from({ length: count }, (_, ring) =>
    ids.map((id) => ringPlace(id, seed, ring)).sort(comparePlaces),
  );
}

/** Where an id stands on the ring of that number (from 0). */
export function ringPlace(id: string, seed: number, ring: number): RingPlace {
  let hash = mix(mix(seed | 0) ^ Math.imul(ring + 1, 0x9e3779b9));
  // FNV-1a from a base of the ring's own, finished as MurmurHash3 finishes.
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return { id, key: mix(hash) >>> 0 };
}

/** Where an id stands on the sorted ring, on which byte order alone decides. */
export function sortedPlace(id: string): RingPlace {
  return { id, key: 0 };
}

function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function comparePlaces(a: RingPlace, b: RingPlace): number {
  return a.key - b.key || compareIds(a.id, b.id);
}

/** The index at which the place stands on the ring, or would stand. */
export function indexOnRing(ring: PermutationRing, place: RingPlace): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = ring[middle];
    if (there !== undefined && comparePlaces(there, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The next `limit` ids after `place` on the ring, nearest first, the place's own id left out; fewer when that is all. */
export function idsAfter(ring: PermutationRing, place: RingPlace, limit: number): string[] {
  const start = indexOnRing(ring, place);
  const ids: string[] = [];
  for (let step = 0; step < ring.length && ids.length < limit; step++) {
    const there = ring[(start + step) % ring.length];
    if (there !== undefined && there.id !== place.id) ids.push(there.id);
  }
  return ids;
}

/** Whom an observer watches on its rings. */
export interface RingSubjects {
  /** Ring by ring, each id once. */
  readonly ids: readonly string[];
  /** Whether every ring has given what is asked of it. */
  readonly isComplete: boolean;
}

/**
 * Which nodes an observer watches, given each ring's ids after it. On each ring it is the first node that stands on it and
 * that no earlier ring has given, as Orleans does. Rapid leaves such a pair twice, and counts one observer as two. With
 * `walksOn` a silent node is watched and passed over, until the ring has given one that is not silent.
 */
export function ringSubjects(
  ahead: readonly (readonly string[])[],
  standingOf: (id: string) => RingStanding,
  walksOn: boolean,
): RingSubjects {
  const ids = new Set<string>();
  let isComplete = true;
  for (const ring of ahead) {
    let isFound = false;
    for (const id of ring) {
      const standing = standingOf(id);
      if (standing === 'off' || ids.has(id)) continue;
      ids.add(id);
      isFound = !(walksOn && standing === 'silent');
      if (isFound) break;
    }
    isComplete &&= isFound;
  }
  return { ids: [...ids], isComplete };
}
