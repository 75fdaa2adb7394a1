/** K permutation rings: who watches whom on them. */
import { describe, expect, it } from 'vitest';
import { ringNeighbors } from '../core/ring.ts';
import {
  idsAfter,
  permutationRings,
  type RingStanding,
  ringPlace,
  ringSubjects,
  sortedPlace,
} from './permutation-rings.ts';
import { nodeIdsOf } from './world.ts';

const ids = nodeIdsOf(1_000);
const seed = 1;

/** Whom each id watches while all answer. */
function subjectsById(count: number): Map<string, readonly string[]> {
  const rings = permutationRings(ids, seed, count);
  return new Map(
    ids.map((id) => {
      const ahead = rings.map((ring, number) => idsAfter(ring, ringPlace(id, seed, number), 20));
      return [id, ringSubjects(ahead, () => 'on', false).ids];
    }),
  );
}

function observersById(count: number): Map<string, string[]> {
  const observers = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const [observer, subjects] of subjectsById(count)) {
    for (const id of subjects) observers.get(id)?.push(observer);
  }
  return observers;
}

describe('permutation rings', () => {
  it('are the same for the same ids, in whatever order they come', () => {
    expect(permutationRings(ids.toReversed(), seed, 3)).toEqual(permutationRings(ids, seed, 3));
  });

  it('hold every id once, in another order on each ring and for each seed', () => {
    const orders = [...permutationRings(ids, seed, 3), ...permutationRings(ids, seed + 1, 3)].map((ring) =>
      ring.map(({ id }) => id),
    );
    for (const order of orders) expect(order.toSorted()).toEqual(ids);
    expect(new Set(orders.map((order) => order.join())).size).toBe(6);
  });

  // The keys were computed by a program in another language, with whole numbers of any size.
  it.each([
    ['node-0001', 834956342],
    ['node-0002', 1526194547],
    ['ü', 2680476643],
    ['', 208593996],
  ])('have keys that every machine computes: %j', (id, key) => {
    expect(ringPlace(id, 7, 2)).toEqual({ id, key });
  });

  it.each([3, 10])('let each node be watched by about %i others', (count) => {
    const counts = [...observersById(count).values()].map((observers) => observers.length);
    expect(counts.reduce((sum, observers) => sum + observers, 0)).toBe(count * ids.length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(count - 2);
    expect(Math.max(...counts)).toBeLessThanOrEqual(count + 2);
    expect(counts.filter((observers) => observers === count).length).toBeGreaterThan(0.9 * ids.length);
  });

  it('give neighbours by id different observers', () => {
    const observers = observersById(3);
    const shared = ids.filter((id, index) => {
      const next = observers.get(ids[(index + 1) % ids.length] ?? '') ?? [];
      return (observers.get(id) ?? []).some((observer) => next.includes(observer));
    });
    // Nine pairs of which each is equal with a chance of 1 in 1,000.
    expect(shared.length).toBeLessThan(30);
  });
});

describe('the subjects of an observer', () => {
  const ahead = [
    ['a', 'b', 'c'],
    ['a', 'c', 'b'],
    ['c', 'a', 'b'],
  ];
  const standingOf =
    (standings: Readonly<Record<string, RingStanding>>) =>
    (id: string): RingStanding =>
      standings[id] ?? 'on';

  it('are as many different nodes as there are rings: what an earlier ring has given is passed over', () => {
    expect(ringSubjects(ahead, standingOf({}), false)).toEqual({ ids: ['a', 'c', 'b'], isComplete: true });
  });

  it('are none of those that are off the rings', () => {
    expect(ringSubjects(ahead, standingOf({ a: 'off' }), false)).toEqual({
      ids: ['b', 'c'],
      isComplete: false,
    });
  });

  it('stay the same when one of them is silent, without walking on', () => {
    expect(ringSubjects(ahead.slice(0, 1), standingOf({ a: 'silent' }), false).ids).toEqual(['a']);
  });

  it('go on along the ring of the one that is silent, with walking on', () => {
    expect(ringSubjects(ahead.slice(0, 1), standingOf({ a: 'silent' }), true).ids).toEqual(['a', 'b']);
    expect(ringSubjects([['a', 'b']], standingOf({ a: 'silent', b: 'silent' }), true)).toEqual({
      ids: ['a', 'b'],
      isComplete: false,
    });
  });

  it('are the next ids when all rings are the sorted one', () => {
    const few = ids.slice(0, 20);
    const ring = few.map(sortedPlace);
    for (const id of few) {
      const ahead = [0, 1, 2].map(() => idsAfter(ring, sortedPlace(id), few.length));
      const neighbors = ringNeighbors(
        few.map((each) => ({ id: each })),
        id,
        3,
      );
      expect(ringSubjects(ahead, () => 'on', false).ids).toEqual(neighbors.map((node) => node.id));
    }
  });
});
