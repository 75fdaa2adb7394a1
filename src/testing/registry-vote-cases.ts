/** Cases: which votes count. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { quorumWindowMs } from './registry-requests.ts';
import { five, type Life, type Scene } from './registry-scene.ts';

/** Expects the votes to be too few. */
export async function expectVotes(
  stage: Scene,
  observer: Life,
  target: Life,
  voteCount: number,
  quorum = 2,
): Promise<void> {
  expectSame(
    await stage.decide(observer, target),
    { outcome: 'pending', reason: 'votes', voteCount, quorum },
    'the answer',
  );
}

export const voteCases: readonly RegistryContractCase[] = [
  five('an observer counts once, however often it votes', async (stage, a, b, c) => {
    for (let count = 0; count < 3; count++) await stage.say(a, 'dead', c);
    await expectVotes(stage, a, c, 1);
    await stage.say(b, 'suspect', c);
    await expectVotes(stage, a, c, 1);
  }),
  five("an observer without a vote may ask, and others' votes decide", async (stage, a, b, c, d) => {
    await expectVotes(stage, d, c, 0);
    await stage.say(a, 'dead', c);
    await expectVotes(stage, d, c, 1);
    await stage.say(b, 'dead', c);
    expectLike(await stage.decide(d, c), { outcome: 'dead', isNew: true }, 'the answer');
  }),
  five('a vote that was taken back does not count', async (stage, a, b, c) => {
    await stage.say(a, 'dead', c);
    await stage.say(a, 'recovered', c);
    await stage.say(b, 'dead', c);
    await expectVotes(stage, b, c, 1);
  }),
  five('a vote does not outlive the epoch of its observer', async (stage, a, b, c) => {
    await stage.say(a, 'dead', c);
    await stage.join('a');
    await stage.say(b, 'dead', c);
    await expectVotes(stage, b, c, 1);
  }),
  five('a vote of an observer that has left does not count', async (stage, a, b, c) => {
    await stage.say(a, 'dead', c);
    await stage.registry.leave(a);
    await stage.say(a, 'dead', c);
    await stage.say(b, 'dead', c);
    await expectVotes(stage, b, c, 1);
  }),
  five('a vote of an observer that is dead does not count', async (stage, a, b, c, d) => {
    await stage.say(a, 'dead', c);
    await stage.kill(a, b, d);
    await stage.say(b, 'dead', c);
    expectSame(
      await stage.decide(b, c, { maxDeadFraction: 1 }),
      { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 },
      'the answer',
    );
  }),
  five('no node votes about itself', async (stage, a, b) => {
    await stage.say(a, 'dead', a);
    await stage.say(b, 'dead', a);
    await expectVotes(stage, b, a, 1);
  }),
  five('a vote of an observer without a row does not count', async (stage, a, _b, c) => {
    await stage.say({ nodeId: 'stranger', epoch: 1 }, 'dead', c);
    await stage.say(a, 'dead', c);
    await expectVotes(stage, a, c, 1);
  }),
  five('a vote about an earlier epoch does not count in the next one', async (stage, a, b, old) => {
    await stage.say(a, 'dead', old);
    await stage.say(b, 'dead', old);
    const c = await stage.join('c');
    expectSame(
      await stage.decide(a, old),
      { outcome: 'alive', reason: 'newer-epoch' },
      'asking about the old epoch',
    );
    await expectVotes(stage, a, c, 0);
  }),
  five(
    'a vote that is not affirmed ends with the quorum window',
    async (stage, a, b, c) => {
      await stage.say(a, 'dead', c);
      await stage.advance(quorumWindowMs - 10_000);
      await stage.say(b, 'dead', c);
      await stage.advance(20_000);
      await expectVotes(stage, b, c, 1);
      await stage.say(a, 'dead', c);
      expectLike(await stage.decide(b, c), { outcome: 'dead' }, 'after the affirmation');
    },
    ['clock'],
  ),
  five('after a return only votes that came after it count', async (stage, a, b, c, d) => {
    await stage.say(c, 'dead', d);
    await stage.kill(d, a, b);
    await stage.say(a, 'recovered', d);
    await expectVotes(stage, c, d, 0);
    await stage.say(c, 'dead', d);
    await expectVotes(stage, c, d, 1);
    await stage.say(a, 'dead', d);
    expectLike(await stage.decide(c, d), { outcome: 'dead', isNew: true }, 'its death after that');
    expectLike(await stage.registry.readNode('d'), { lifecycle: 'dead', decisionCount: 2 }, 'the node');
    expectSame(
      (await stage.eventKinds()).filter((kind) => kind === 'verdict').length,
      2,
      'the verdicts in the log',
    );
  }),
];
