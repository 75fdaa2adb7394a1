/** Cases: when votes are a verdict. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { decideRequest, evidence } from './registry-requests.ts';
import { five, scene } from './registry-scene.ts';
import { expectVotes } from './registry-vote-cases.ts';

export const verdictCases: readonly RegistryContractCase[] = [
  five('one vote of a quorum of two is no verdict, two are one', async (stage, a, b, c) => {
    await stage.say(a, 'dead', c);
    await expectVotes(stage, a, c, 1);
    await stage.say(b, 'dead', c);
    const decided = await stage.decide(b, c);
    expectLike(decided, { outcome: 'dead', isNew: true }, 'the answer');
    if (decided.outcome !== 'dead') return;
    expectLike(
      decided.verdict,
      {
        nodeId: 'c',
        epoch: 1,
        quorum: 2,
        resolution: null,
        ownerId: null,
        fence: 0,
        attemptCount: 0,
        lastError: null,
        votes: [
          { observerId: 'a', observerEpoch: 1, evidence },
          { observerId: 'b', observerEpoch: 1, evidence },
        ],
      },
      'the verdict',
    );
  }),
  five('asking again gives the same verdict, which is new only once', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    const again = await stage.decide(d, c);
    expectLike(again, { outcome: 'dead', isNew: false }, 'the answer');
    expectSame(
      (await stage.eventKinds()).filter((kind) => kind === 'verdict').length,
      1,
      'the verdicts in the log',
    );
  }),
  five(
    'of several that ask at the same moment, one is told that the verdict is new',
    async (stage, a, b, c) => {
      const other = await stage.another();
      await stage.say(a, 'dead', c);
      await stage.say(b, 'dead', c);
      const answers = await Promise.all(
        [stage.registry, other, stage.registry, other].map((registry) =>
          registry.decide(decideRequest(a, c)),
        ),
      );
      expectSame(
        answers.map((answer) => answer.outcome),
        ['dead', 'dead', 'dead', 'dead'],
        'the answers',
      );
      expectSame(
        answers.filter((answer) => answer.outcome === 'dead' && answer.isNew).length,
        1,
        'those that are new',
      );
      expectSame(
        (await stage.eventKinds()).filter((kind) => kind === 'verdict').length,
        1,
        'the verdicts in the log',
      );
    },
  ),
  five('a node that has left, and one without a row, cannot be found dead', async (stage, a, b, c) => {
    await stage.registry.leave(c);
    await stage.say(a, 'dead', c);
    await stage.say(b, 'dead', c);
    expectSame(await stage.decide(a, c), { outcome: 'alive', reason: 'left' }, 'one that left');
    const stranger = { nodeId: 'stranger', epoch: 1 };
    await stage.say(a, 'dead', stranger);
    await stage.say(b, 'dead', stranger);
    expectSame(await stage.decide(a, stranger), { outcome: 'alive', reason: 'unknown' }, 'a stranger');
  }),
  five('no verdict during maintenance, and the votes count after it', async (stage, a, b, c) => {
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 });
    await stage.say(a, 'dead', c);
    await stage.say(b, 'dead', c);
    expectSame(await stage.decide(a, c), { outcome: 'alive', reason: 'maintenance' }, 'during it');
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 0 });
    expectLike(await stage.decide(a, c), { outcome: 'dead', isNew: true }, 'after it');
  }),
  five('no verdict when the target has refuted since the observer looked', async (stage, a, b, c) => {
    await stage.say(a, 'dead', c);
    await stage.say(b, 'dead', c);
    await stage.registry.refute(c);
    expectSame(
      await stage.decide(a, c, { refutationCount: 0 }),
      { outcome: 'pending', reason: 'refuted' },
      'the answer',
    );
    expectLike(
      await stage.decide(a, c, { refutationCount: 1 }),
      { outcome: 'dead' },
      'with the count of now',
    );
  }),
  five('an asker may ignore refutations', async (stage, a, b, c) => {
    await stage.say(a, 'dead', c);
    await stage.say(b, 'dead', c);
    await stage.registry.refute(c);
    expectLike(await stage.decide(a, c, { refutationCount: null }), { outcome: 'dead' }, 'the answer');
  }),
  scene('a strict quorum is not lowered by the size of the cluster', async (stage) => {
    const [a, b] = [await stage.join('a'), await stage.join('b')];
    await stage.say(a, 'dead', b);
    expectSame(
      await stage.decide(a, b, { isQuorumStrict: true }),
      { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 },
      'the answer',
    );
  }),
  five('a quorum of three needs three', async (stage, a, b, c, d) => {
    const request = { minQuorum: 3 };
    await stage.say(a, 'dead', d);
    await stage.say(b, 'dead', d);
    expectSame(
      await stage.decide(a, d, request),
      { outcome: 'pending', reason: 'votes', voteCount: 2, quorum: 3 },
      'the answer to two',
    );
    await stage.say(c, 'dead', d);
    expectLike(await stage.decide(a, d, request), { outcome: 'dead' }, 'the answer to three');
  }),
  five('a death is found once in each epoch', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const next = await stage.join('c');
    await stage.say(a, 'dead', next);
    await stage.say(b, 'dead', next);
    expectLike(await stage.decide(a, next), { outcome: 'dead', isNew: true }, 'the second death');
  }),
  scene('nodes that have left or are dead are no voters', async (stage) => {
    const [a, b, c] = [await stage.join('a'), await stage.join('b'), await stage.join('c')];
    await stage.registry.leave(await stage.join('d'));
    await stage.say(a, 'dead', b);
    await expectVotes(stage, a, b, 1);
    await stage.say(c, 'dead', b);
    expectLike(await stage.decide(a, b), { outcome: 'dead' }, 'with the votes of both others');
    await stage.say(a, 'dead', c);
    expectLike(await stage.decide(a, c, { maxDeadFraction: 1 }), { outcome: 'dead' }, 'of the last one');
  }),
];
