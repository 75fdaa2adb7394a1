/** The checkers bite: what is planted in the registry, and into its verdicts, is caught in time. */
import { describe, expect, it } from 'vitest';
import { itCatches, reportsOf } from './planted-bugs.ts';
import { bugsInBrake } from './planted-in-brake.ts';
import { bugsInGuards, slowWrites } from './planted-in-guards.ts';
import { bugsInRegistry, lateRecovered, ringSortedByBytes } from './planted-in-registry.ts';
import { bugsInStore } from './planted-in-store.ts';
import { bugsInVerdicts } from './planted-in-verdicts.ts';

describe('the checkers catch', () =>
  itCatches([...bugsInRegistry, ...bugsInStore, ...bugsInGuards, ...bugsInBrake, ...bugsInVerdicts]));

describe('the checkers say nothing', () => {
  it('of the ring that is planted in the order of bytes, in worlds whose orders differ', async () => {
    expect(await reportsOf(ringSortedByBytes, [15, 26, 29, 31, 40])).toEqual([]);
  });

  it('of a `recovered` that is late', async () => {
    expect(await reportsOf(lateRecovered, [1, 2, 3, 4, 5])).toEqual([]);
  });

  it('of a store that takes its time and asks for all that it should', async () => {
    // In some worlds, such as 13, a lease seems to last longer than it does: its answer came so much later than its write.
    expect(await reportsOf(slowWrites, [15, 16, 17, 24])).toEqual([]);
  });
});
