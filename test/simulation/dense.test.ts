/** Dense worlds: no healthy node is confirmed dead, and what the rules keep from happening happens without them. */
import { expect, it } from 'vitest';
import type { Settings } from '../../src/core/settings/config.ts';
import { densePlan } from '../../src/sim/dense/dense-plan.ts';
import { type DenseResult, runDense } from '../../src/sim/dense/run-dense.ts';
import type { RuleOff } from '../../src/sim/rules-off.ts';

/** Of a crash in two seconds: the accused has as long to answer as it needs, and no longer. */
const quick: Partial<Settings> = { answerWindowMs: 2_100 };

/** Worlds of five to nine nodes, of all three mixes. */
const smallSeeds = [3, 7, 9, 10];

/**
 * Worlds in which a healthy node was confirmed dead: one cut off for as long as the patience, one that read too seldom after a
 * failed call, one whose observer's clock had stood still, one whose observer had just been cut off itself.
 */
const formerSeeds = [2004, 4622, 4674, 4878];

async function run(seed: number, edits: Partial<Settings> = {}, without: readonly RuleOff[] = []) {
  return runDense(densePlan(seed, 'lan', { ...quick, ...edits }), { without });
}

const countOf = ({ disturbanceCounts }: DenseResult): number =>
  Object.values(disturbanceCounts).reduce((sum, count) => sum + count, 0);

it('no healthy node is confirmed dead, and the dead are', { timeout: 240_000 }, async () => {
  for (const seed of [...smallSeeds, ...formerSeeds]) {
    const result = await run(seed);
    expect([seed, result.wrongVerdictCount, result.broken]).toEqual([seed, 0, []]);
    expect(countOf(result)).toBeGreaterThan(100);
    expect(result.deaths.every(({ verdictMs }) => verdictMs !== null)).toBe(true);
  }
});

it('the same seed gives the same result', { timeout: 120_000 }, async () => {
  expect(await run(10)).toEqual(await run(10));
});

it.each([
  ['the accused is not asked', { refutation: false }, []],
  ['a node learns nothing of who observes it', {}, ['own-suspicion']],
] as const)(
  'healthy nodes are confirmed dead where %s',
  { timeout: 240_000 },
  async (_what, edits, without) => {
    let wrongCount = 0;
    for (const seed of smallSeeds) wrongCount += (await run(seed, edits, without)).wrongVerdictCount;
    expect(wrongCount).toBeGreaterThan(0);
  },
);

it('a node that is cut off votes against healthy ones where it needs no proof', {
  timeout: 240_000,
}, async () => {
  let [votes, votesWithout] = [0, 0];
  for (const seed of [3, 10]) {
    votes += (await run(seed)).wrongVoteCount;
    votesWithout += (await run(seed, {}, ['fresh-proof'])).wrongVoteCount;
  }
  expect(votesWithout).toBeGreaterThan(votes);
});
