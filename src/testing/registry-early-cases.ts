/** Cases: an early question counts only votes whose observers saw the process go. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { refusedEvidence } from './registry-requests.ts';
import { five } from './registry-scene.ts';

const early = { isEarly: true, maxDeadFraction: 1 };

export const earlyCases: readonly RegistryContractCase[] = [
  five('an early question is answered by votes after a closed connection', async (stage, a, b, c) => {
    for (const observer of [a, b]) await stage.say(observer, 'dead', c, 0, refusedEvidence);
    expectLike(await stage.decide(a, c, early), { outcome: 'dead', isNew: true }, 'the verdict');
  }),
  five('an early question does not count what is not a refusal', async (stage, a, b, c) => {
    const others = [
      { ...refusedEvidence, closedConnection: false },
      { ...refusedEvidence, failures: { refused: 11, 'no-answer': 1 } },
      { ...refusedEvidence, lastKind: 'reset' as const },
      { ...refusedEvidence, failures: {} },
    ];
    await stage.say(a, 'dead', c, 0, refusedEvidence);
    for (const seen of others) {
      await stage.say(b, 'dead', c, 0, seen);
      expectSame(
        await stage.decide(a, c, early),
        { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 },
        `with ${JSON.stringify(seen)}`,
      );
    }
    const answered = await stage.decide(a, c, { maxDeadFraction: 1 });
    expectLike(answered, { outcome: 'dead', isNew: true }, 'the ordinary question');
    if (answered.outcome !== 'dead') return;
    expectSame(
      answered.verdict.votes.map(({ observerId }) => observerId),
      ['a', 'b'],
      'its voters',
    );
  }),
  five('the votes of an early verdict are those that it counts', async (stage, a, b, c, d) => {
    for (const observer of [a, b]) await stage.say(observer, 'dead', c, 0, refusedEvidence);
    await stage.say(d, 'dead', c);
    const answered = await stage.decide(a, c, early);
    if (answered.outcome !== 'dead') throw new Error('expected a verdict');
    expectSame(
      answered.verdict.votes.map(({ observerId }) => observerId),
      ['a', 'b'],
      'its voters',
    );
  }),
  five(
    'a vote that an early question does not count makes no quorum smaller',
    async (stage, a, b, c, d, e) => {
      // Silent observers are no voters unless their vote stands.
      for (const life of [d, e]) await stage.registry.leave(life);
      await stage.say(a, 'dead', c, 0, refusedEvidence);
      await stage.say(b, 'dead', c);
      const watch = await stage.watchFrom(a);
      expectSame(
        await stage.decide(a, c, { ...early, ...watch }),
        { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 },
        'the early question',
      );
      expectLike(
        await stage.decide(a, c, { ...watch, maxDeadFraction: 1 }),
        { outcome: 'dead' },
        'the ordinary question',
      );
    },
  ),
];
