import { describe, expect, it } from 'vitest';
import { seededRandom } from '../sim/random.ts';
import { nextRoundAt, type ObserverRound } from './round-spacing.ts';

const settings = { nodeId: 'n5', neighbors: 3, probeIntervalMs: 5_000, jitter: 0.1 };
const observerAt = (nodeId: string, dueAt: number): ObserverRound => ({ nodeId, dueAt });

describe('the next round', () => {
  it('comes at a random time within the jitter where no other observer is known', () => {
    for (const random of [0, 0.25, 0.999])
      expect(nextRoundAt(settings, { now: 1_000, random }, [])).toBeCloseTo(
        6_000 + 500 * (2 * random - 1),
        6,
      );
  });

  it('moves a quarter of the way to the middle of the widest gap', () => {
    // At 1,000 and at 3,000: the widest gap is from 3,000 to 6,000, and the round would begin at 5,000.
    const others = [observerAt('n4', 3_000), observerAt('n3', 1_000)];
    expect(nextRoundAt(settings, { now: 0, random: 0.5 }, others)).toBe(4_875);
  });

  it('never moves by more than the jitter, and not at all without one', () => {
    const others = [observerAt('n4', 4_990), observerAt('n3', 4_980)];
    expect(nextRoundAt(settings, { now: 0, random: 0.5 }, others)).toBe(5_500);
    expect(nextRoundAt({ ...settings, jitter: 0 }, { now: 0, random: 0 }, others)).toBe(5_000);
    expect(
      nextRoundAt(settings, { now: 0, random: 0 }, [observerAt('n4', Number.MAX_SAFE_INTEGER)]),
    ).toBeLessThanOrEqual(5_500);
  });

  it('keeps from those only that share the next target: the nearest on the ring, around its end too', () => {
    const sharing = [observerAt('n4', 3_000), observerAt('n9', 1_000)];
    const alone = nextRoundAt(settings, { now: 0, random: 0.5 }, sharing);
    const farther = [observerAt('n8', 4_600), observerAt('n6', 4_700)];
    expect(nextRoundAt(settings, { now: 0, random: 0.5 }, [...farther, ...sharing])).toBe(alone);
    expect(nextRoundAt({ ...settings, neighbors: 1 }, { now: 0, random: 0.5 }, sharing)).toBe(5_000);
  });
});

/** The longest time that a target of a ring is not looked at, in rounds, after the first hundred rounds. */
function longestGap(size: number, isHeard: boolean): number {
  const random = seededRandom(size);
  const ids = Array.from({ length: size }, (_, index) => `n${String(index).padStart(4, '0')}`);
  const due = new Map(ids.map((id) => [id, random.next() * 5_000]));
  const looks = new Map<string, number>(ids.map((id) => [id, 500_000]));
  let [longest, now] = [0, 0];
  while (now < 1_000_000) {
    const [id = '', at = 0] = [...due].reduce((first, other) => (other[1] < first[1] ? other : first));
    now = at;
    const self = ids.indexOf(id);
    const around = (step: number): string => ids[(self + step + size) % size] ?? '';
    const observers = [-1, -2, -3].slice(0, size - 1).map(around);
    if (now > 500_000)
      for (const target of [1, 2, 3].slice(0, size - 1).map(around)) {
        longest = Math.max(longest, now - (looks.get(target) ?? 0));
        looks.set(target, now);
      }
    const rounds = isHeard ? observers.map((nodeId) => observerAt(nodeId, due.get(nodeId) ?? 0)) : [];
    due.set(id, nextRoundAt({ ...settings, nodeId: id }, { now, random: random.next() }, rounds));
  }
  return longest / 5_000;
}

describe('the rounds of a whole ring', () => {
  it.each([3, 4, 5, 7, 20, 100])('of %i leave no target without a look for long', (size) => {
    expect(longestGap(size, true)).toBeLessThan(0.8);
    expect(longestGap(size, false)).toBeGreaterThan(0.85);
  });
});
