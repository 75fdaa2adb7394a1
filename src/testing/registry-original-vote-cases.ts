/** Cases: what nodes that run the original say of others, and what they read of ours. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, saysDead, x } from './registry-mixed-scene.ts';
import { quorumWindowMs } from './registry-scene.ts';

export const originalVoteCases: readonly RegistryContractCase[] = [
  mixed('a dead row of the original is a vote, and a recovered row takes it back', async (stage, a) => {
    await stage.original.putNode({ id: 'z', ipAddress: '192.0.2.9' });
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x');
    await stage.original.appendEvent({ observerId: 'y', targetId: 'x', status: 'recovered' });
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'after it was taken back');
    await saysDead(stage, 'y', 'x');
    await saysDead(stage, 'y', 'x');
    const decided = await stage.decide(a, x);
    expectLike(decided, { outcome: 'dead', isNew: true }, 'after it was said again');
    if (decided.outcome !== 'dead') return;
    expectSame(
      decided.verdict.votes.map(({ observerId, observerEpoch }) => [observerId, observerEpoch]),
      [
        ['a', 1],
        ['y', 0],
      ],
      'the votes',
    );
  }),
  mixed('votes of the original count for the quorum window only', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x', quorumWindowMs + 5_000);
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'an old one');
    await saysDead(stage, 'y', 'x', quorumWindowMs - 5_000);
    expectLike(await stage.decide(a, x), { outcome: 'dead' }, 'a newer one');
  }),
  mixed('votes of the original from before a start of the target do not count', async (stage, a) => {
    await saysDead(stage, 'x', 'b');
    await saysDead(stage, 'y', 'b');
    const b = await stage.join('b');
    expectLike(await stage.decide(a, b), { reason: 'votes', voteCount: 0 }, 'the new life');
    await saysDead(stage, 'x', 'b');
    await saysDead(stage, 'y', 'b');
    expectLike(await stage.decide(a, b), { outcome: 'dead' }, 'after they were said again');
  }),
  mixed('one that has voted counts once among those who could', async (stage, a, b) => {
    await stage.registry.leave(b);
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x');
    const decided = await stage.decide(a, x, { minQuorum: 3 });
    expectLike(decided, { outcome: 'dead', isNew: true }, 'with all voices');
    if (decided.outcome === 'dead') expectSame(decided.verdict.quorum, 2, 'the quorum');
  }),
  mixed('rows of an observer that nobody lists are no votes', async (stage, a) => {
    await saysDead(stage, 'stranger', 'x');
    await saysDead(stage, 'x', 'x');
    await stage.say(a, 'dead', x);
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'the answer');
  }),
  mixed('rows that a node of ours wrote are not counted a second time', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await stage.say(a, 'dead', x);
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'the answer');
    await stage.join('a');
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 0 }, 'after its restart');
  }),
  mixed(
    'the original reads our statements in its own table, and its window begins when they were written',
    async (stage, a, b) => {
      await stage.say(a, 'suspect', b);
      await stage.say(a, 'dead', b);
      await stage.say(a, 'recovered', b);
      const rows = await stage.original.readEvents();
      expectSame(
        rows.map(({ observerId, targetId, status }) => [observerId, targetId, status]),
        [
          ['a', 'b', 'suspect'],
          ['a', 'b', 'dead'],
          ['a', 'b', 'recovered'],
        ],
        'the rows',
      );
      for (const { createdAt } of rows) {
        expectSame(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(createdAt), true, `the form of ${createdAt}`);
        expectSame(
          createdAt >= stage.original.timeAgo(60_000) && createdAt <= stage.original.timeAgo(-60_000),
          true,
          `the zone of ${createdAt}`,
        );
      }
    },
  ),
  mixed('the accused reads accusers that run the original', async (stage, a) => {
    await saysDead(stage, 'x', 'a');
    await stage.original.appendEvent({ observerId: 'y', targetId: 'a', status: 'suspect' });
    expectSame((await stage.round(a)).accuserIds, ['x', 'y'], 'the accusers');
    await stage.original.appendEvent({ observerId: 'x', targetId: 'a', status: 'recovered' });
    expectSame((await stage.round(a)).accuserIds, ['y'], 'the accusers after one took it back');
  }),
];
