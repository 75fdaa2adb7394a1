/** Cases: a node that dies again soon after its return, and the pause before its recovery. */
import { unknownMarks } from '../core/marks.ts';
import type { DecideRequest } from '../ports/registry.ts';
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { refused } from './registry-recovery-cases.ts';
import { five, type Life, type Scene } from './registry-scene.ts';

const flapWindowMs = 100_000;

/** Kills the node as one asks that has seen nothing long ago, unless it has that mark. */
async function kill(stage: Scene, target: Life, first: Life, second: Life, flapMark: number | null = null) {
  for (const life of [first, second]) await stage.say(life, 'dead', target);
  const marks = { ...unknownMarks, flapMark };
  const request: Partial<DecideRequest> = { maxDeadFraction: 1, marks, flapWindowMs };
  expectLike(await stage.decide(first, target, request), { outcome: 'dead', isNew: true }, 'the verdict');
}

async function pauses(stage: Scene): Promise<unknown[]> {
  const flaps = (await stage.events()).filter(({ kind }) => kind === 'flapping');
  return flaps.map(({ detail }) => [detail['deathCount'], detail['pauseMs']]);
}

export const flappingCases: readonly RegistryContractCase[] = [
  five(
    'the first death of a node is recovered at once, however young the node is',
    async (stage, a, b, c) => {
      await kill(stage, c, a, b);
      expectLike(await stage.claim(a, c), { outcome: 'claimed' }, 'the claim');
      expectSame(await pauses(stage), [], 'the pauses');
    },
  ),
  five(
    'each further death in a row makes its recovery wait longer, up to the window',
    async (stage, a, b, c) => {
      let life = c;
      for (let count = 0; count < 5; count++) {
        await kill(stage, life, a, b);
        life = await stage.join('c');
      }
      expectSame(
        await pauses(stage),
        [
          [2, 30_000],
          [3, 60_000],
          [4, 100_000],
          [5, 100_000],
        ],
        'the pauses',
      );
      const [node] = (await stage.registry.readCluster({})).nodes.filter(({ id }) => id === 'c');
      expectLike(node, { flapCount: 5 }, 'the node');
    },
  ),
  five(
    'the recovery of a flapping node is claimed after its pause',
    async (stage, a, b, c) => {
      await kill(stage, c, a, b);
      const again = await stage.join('c');
      await kill(stage, again, a, b);
      expectSame(await stage.claim(a, again), refused('held'), 'the claim at once');
      const open = (await stage.round(a)).openVerdicts.find(({ verdict }) => verdict.epoch === again.epoch);
      expectLike(open, { isClaimable: false }, 'as observers read it');
      await stage.advance(31_000);
      expectLike(await stage.claim(a, again), { outcome: 'claimed' }, 'the claim after it');
    },
    ['clock'],
  ),
  five('an operator cuts the pause of a flapping node short', async (stage, a, b, c) => {
    await kill(stage, c, a, b);
    const again = await stage.join('c');
    await kill(stage, again, a, b);
    const word = { nodeId: 'c', operatorId: 'operator', operationId: stage.newId() };
    expectSame(await stage.registry.retry(word), true, 'the word');
    expectLike(await stage.claim(a, again), { outcome: 'claimed' }, 'the claim after it');
  }),
  five('a node that has been alive for the whole window flaps no more', async (stage, a, b, c) => {
    await kill(stage, c, a, b);
    const again = await stage.join('c');
    await kill(stage, again, a, b, await stage.markNow(a));
    expectSame(await pauses(stage), [], 'the pauses');
    const last = await stage.join('c');
    await kill(stage, last, a, b);
    expectSame(await pauses(stage), [[2, 30_000]], 'the pauses, when it dies again soon');
  }),
];
