/** The walk-on watch list beside fixed subjects, when ten neighbours of sixty are gone at once. */
import { describe, expect, it } from 'vitest';
import { measureMassFailure, measureSingleDeaths } from '../../src/sim/permutation-rings-comparison.ts';
import type { RingsOptions } from '../../src/sim/permutation-rings-registry.ts';

/**
 * How many are confirmed within one and a half times a single death's time, and the last one as a multiple of it. A node within
 * the gap that was not watched before could not know that it is missed: its time to answer is a round longer.
 */
async function tenConsecutive(rings: RingsOptions | null, longerMs = 0) {
  const cluster = { seed: 1, nodeCount: 60, rings, preset: 'lan', settings: {} } as const;
  const times = await measureSingleDeaths(cluster, 10);
  const singleMs = times.reduce((sum, time) => sum + time, 0) / times.length;
  const result = await measureMassFailure({
    ...cluster,
    pattern: { which: 'consecutive', count: 10, how: 'crashed' },
    windowMs: 3 * singleMs,
    limitMs: 20 * singleMs,
  });
  const inOne = result.verdictsMs.filter((time) => time <= 1.5 * singleMs + longerMs).length;
  return { ...result, inOne, last: Math.max(...result.verdictsMs) / singleMs };
}

describe('of ten consecutive nodes of sixty whose machines are gone at once', () => {
  it.each([
    ['the walk-on watch list', null, 20, 5_500],
    // The rounds of their observers are at any distance: only neighbours on the ring hear one another.
    ['three permutation rings', { seed: 1, ringCount: 3 }, 8, 2_500],
    ['three permutation rings that are walked on', { seed: 1, ringCount: 3, walksOn: true }, 8, 0],
  ])('all are confirmed in the time of one death by %s', async (_, rings, longestWatchList, longerMs) => {
    const measured = await tenConsecutive(rings, longerMs);
    expect(measured).toMatchObject({ inOne: 10, falseSuspicionCount: 0, falseVerdictCount: 0 });
    expect(measured.longestWatchList).toBeLessThanOrEqual(longestWatchList);
  });

  it('at most two are by the next three ids alone, which go on from the edges of the gap, a detection each', async () => {
    const { inOne, verdictsMs, last } = await tenConsecutive({ seed: null, ringCount: 3 });
    expect(inOne).toBeLessThanOrEqual(2);
    expect(verdictsMs).toHaveLength(10);
    expect(last).toBeGreaterThan(5);
  });
});

describe('of twenty consecutive nodes of sixty whose machines are gone at once', () => {
  it('none is forgotten though no watch list has room for a half of them', async () => {
    const cluster = { seed: 1, nodeCount: 60, rings: null, preset: 'local' } as const;
    const { verdictsMs, longestWatchList } = await measureMassFailure({
      ...cluster,
      settings: { watchListCap: 8, maxDeadFraction: 1 },
      pattern: { which: 'consecutive', count: 20, how: 'crashed' },
      windowMs: 10_000,
      limitMs: 30_000,
    });
    expect(verdictsMs).toHaveLength(20);
    expect(longestWatchList).toBe(8);
  });
});
