/** The checkers bite: what is planted in the registry, and into its verdicts, is caught in time. */
import { describe, expect, it } from 'vitest';
import { itCatches, reportsOf } from './planted-bugs.ts';
import { bugsInRegistry, ringSortedByBytes } from './planted-in-registry.ts';
import { bugsInVerdicts } from './planted-in-verdicts.ts';

describe('the checkers catch', () => itCatches([...bugsInRegistry, ...bugsInVerdicts]));

describe('the checkers say nothing', () => {
  it('of the ring that is planted in the order of bytes, in worlds whose orders differ', async () => {
    expect(await reportsOf(ringSortedByBytes, [15, 26, 29, 31, 40])).toEqual([]);
  });
});
