/** Cases: what nodes that run the original say of others, and when it counts. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, passes, saysDead, x } from './registry-mixed-scene.ts';
import { quorumWindowMs, windowMs } from './registry-requests.ts';
import type { Life, Scene } from './registry-scene.ts';

async function says(stage: Scene, observerId: string, status: string, targetId = 'x'): Promise<void> {
  await stage.original.appendEvent({ observerId, targetId, status });
}

/** Joins without a reading before it, which would import what was written until then. */
async function joined(stage: Scene, nodeId: string, afterEpoch: number): Promise<Life> {
  return stage.joinUnread(nodeId, { afterEpoch });
}

export const originalVoteCases: readonly RegistryContractCase[] = [
  mixed('a dead row of the original is a vote, and a recovered row takes it back', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x');
    await says(stage, 'y', 'recovered');
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
  mixed(
    'a recovered row that comes between the import and the decision undoes the vote',
    async (stage, a) => {
      await stage.say(a, 'dead', x);
      await saysDead(stage, 'y', 'x');
      await stage.imported(a);
      const { statements } = await stage.registry.readCluster({});
      expectLike(
        statements.find(({ observerId }) => observerId === 'y'),
        { targetId: 'x', status: 'dead', observerEpoch: 0, isValid: true },
        'the vote as it was imported',
      );
      await says(stage, 'y', 'recovered');
      expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'the answer');
    },
  ),
  mixed('a suspect row of the original is no vote', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await says(stage, 'y', 'suspect');
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'the answer');
  }),
  mixed('a node of ours is found dead by votes of the original alone', async (stage, a, b) => {
    await saysDead(stage, 'x', 'b');
    expectLike(await stage.decide(a, b), { reason: 'votes', voteCount: 1, quorum: 2 }, 'with one');
    await saysDead(stage, 'y', 'b');
    expectLike(await stage.decide(a, b), { outcome: 'dead', isNew: true }, 'with two');
    expectLike(await stage.round(b), { isSelfDead: true }, 'what it reads itself');
  }),
  mixed('votes of the original that are older than the quorum window do not count', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x', quorumWindowMs + 5_000);
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'an old one');
    await saysDead(stage, 'y', 'x', quorumWindowMs - 5_000);
    expectLike(await stage.decide(a, x), { outcome: 'dead' }, 'a newer one');
  }),
  mixed(
    'a vote of the original ends with the quorum window, whatever its time says',
    async (stage, a) => {
      await saysDead(stage, 'y', 'x');
      await stage.imported(a);
      await saysDead(stage, 'x', 'y', -86_400_000);
      await stage.imported(a);
      await stage.advance(quorumWindowMs + 5_000);
      await stage.say(a, 'dead', x);
      expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'one with a true time');
      const y = { nodeId: 'y', epoch: 0 };
      expectLike(await stage.decide(a, y), { reason: 'votes', voteCount: 0 }, 'one of tomorrow');
      await saysDead(stage, 'y', 'x');
      expectLike(await stage.decide(a, x), { outcome: 'dead' }, 'one that was said again');
    },
    ['original', 'clock'],
  ),
  mixed('votes of the original from before a start of the target do not count', async (stage, a) => {
    await saysDead(stage, 'x', 'b');
    await stage.imported(a);
    await saysDead(stage, 'y', 'b');
    const b = await joined(stage, 'b', 1);
    await stage.imported(a);
    expectLike(await stage.decide(a, b), { reason: 'votes', voteCount: 0 }, 'the new epoch');
    expectSame((await stage.round(b)).accuserIds, [], 'who accuses it');
    await saysDead(stage, 'x', 'b');
    await saysDead(stage, 'y', 'b');
    expectLike(await stage.decide(a, b), { outcome: 'dead' }, 'after they were said again');
  }),
  mixed('rows about an id from before it joined for the first time do not count', async (stage, a) => {
    await saysDead(stage, 'x', 'n');
    await saysDead(stage, 'y', 'n');
    const n = await joined(stage, 'n', 0);
    expectLike(await stage.decide(a, n), { reason: 'votes', voteCount: 0 }, 'the answer');
  }),
  mixed(
    'a node that runs the original counts once among the voters, with a vote or without',
    async (stage, a, b) => {
      await stage.registry.leave(b);
      await stage.say(a, 'dead', x);
      expectLike(await stage.decide(a, x, { minQuorum: 3 }), { voteCount: 1, quorum: 2 }, 'without its vote');
      await saysDead(stage, 'y', 'x');
      const decided = await stage.decide(a, x, { minQuorum: 3 });
      expectLike(decided, { outcome: 'dead', isNew: true }, 'with it');
      if (decided.outcome === 'dead') expectSame(decided.verdict.quorum, 2, 'the quorum');
    },
  ),
  mixed(
    'a node that runs the original is a voter until its window ends, however long its heartbeats are apart',
    async (stage, a, b) => {
      await stage.registry.leave(b);
      await stage.say(a, 'dead', x);
      const watch = await stage.watchFrom(a);
      expectLike(await stage.decide(a, x, watch), { voteCount: 1, quorum: 2 }, 'while it lasts');
      await passes(stage, a, windowMs + 60_000);
      await stage.say(a, 'dead', x);
      const later = await stage.watchFrom(a);
      expectLike(await stage.decide(a, x, later), { outcome: 'dead' }, 'when it has ended');
    },
    ['original', 'clock'],
  ),
  mixed('a node that a status takes off the ring is a voter until it is silent', async (stage, a, b) => {
    await stage.registry.leave(b);
    await stage.say(a, 'dead', x);
    await stage.original.putNode({ id: 'y', ipAddress: '192.0.2.121', status: 'offline' });
    await stage.imported(a);
    expectLike(await stage.decide(a, x), { voteCount: 1, quorum: 2 }, 'at once');
    const watch = await stage.watchFrom(a);
    expectLike(await stage.decide(a, x, watch), { outcome: 'dead', isNew: true }, 'when it is silent');
  }),
  mixed(
    'rows of an observer without a row in dns_nodes, or of the target itself, are no votes',
    async (stage, a) => {
      await stage.original.removeNode('y');
      for (const observerId of ['stranger', 'y', 'x']) await saysDead(stage, observerId, 'x');
      await stage.say(a, 'dead', x);
      expectLike(await stage.decide(a, x, { minQuorum: 3 }), { reason: 'votes', voteCount: 1 }, 'at once');
      await stage.imported(a);
      expectLike(
        await stage.decide(a, x, { minQuorum: 3 }),
        { reason: 'votes', voteCount: 1 },
        'after an import',
      );
    },
  ),
  mixed('rows that a node of ours has written are not counted a second time', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await stage.say(a, 'dead', x);
    await stage.imported(a);
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'the answer');
    const again = await stage.join('a');
    await stage.imported(again);
    expectLike(await stage.decide(again, x), { reason: 'votes', voteCount: 0 }, 'after its restart');
  }),
  mixed('rows by an id that has joined as ours never count', async (stage, a, b) => {
    await saysDead(stage, 'b', 'x');
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 0 }, 'while it is there');
    await stage.registry.leave(b);
    await saysDead(stage, 'b', 'x');
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 0 }, 'when it has left');
    expectSame((await stage.eventKinds()).includes('dead'), false, 'whether the log has them');
  }),
  mixed('a vote of the original ends when its node becomes one of ours', async (stage, a) => {
    await saysDead(stage, 'y', 'x');
    await stage.imported(a);
    const y = await stage.join('y');
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 0 }, 'after its first join');
    await saysDead(stage, 'y', 'x');
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 0 }, 'after another row by its id');
    await stage.say(y, 'dead', x);
    expectLike(await stage.decide(a, x), { reason: 'votes', voteCount: 1 }, 'after its own vote');
  }),
  mixed('a vote of the original from before a return does not count after it', async (stage, a, b) => {
    const n = await stage.join('n');
    await stage.say(a, 'dead', n);
    await saysDead(stage, 'y', 'n');
    expectLike(await stage.decide(a, n), { outcome: 'dead', isNew: true }, 'the verdict');
    await stage.say(a, 'recovered', n);
    expectLike(await stage.decide(b, n), { reason: 'votes', voteCount: 0 }, 'the answer after a return');
    await saysDead(stage, 'y', 'n');
    expectLike(await stage.decide(b, n), { reason: 'votes', voteCount: 1 }, 'when it was said again');
  }),
  mixed(
    'a vote of the original from before a return does not count after it, though it is imported later',
    async (stage, a, b) => {
      const n = await stage.join('n');
      await stage.kill(n, a, b);
      await saysDead(stage, 'y', 'n');
      await stage.say(a, 'recovered', n, 1);
      expectLike(await stage.decide(b, n), { reason: 'votes', voteCount: 0 }, 'of a node of ours');
      for (const observer of [a, b]) await stage.say(observer, 'dead', x);
      expectLike(await stage.decide(a, x), { outcome: 'dead', isNew: true }, 'the verdict on another one');
      await stage.finish(x, await stage.mustClaim(a, x));
      await saysDead(stage, 'y', 'x');
      await stage.say(a, 'recovered', x, 1);
      const next = { nodeId: 'x', epoch: 1 };
      expectLike(
        await stage.decide(b, next),
        { reason: 'votes', voteCount: 0 },
        'of one that runs the original',
      );
    },
  ),
  mixed('a decision counts the vote of an observer that no heartbeat has looked at', async (stage, a) => {
    await stage.original.putNode({ id: 'z', ipAddress: '192.0.2.9' });
    await saysDead(stage, 'z', 'x');
    await stage.say(a, 'dead', x);
    expectLike(await stage.decide(a, x), { outcome: 'dead', isNew: true }, 'the answer');
  }),
  mixed('the accused reads accusers that run the original', async (stage, a, b) => {
    await saysDead(stage, 'x', 'a');
    await says(stage, 'y', 'suspect', 'a');
    await stage.imported(b);
    expectSame((await stage.round(a)).accuserIds, ['x', 'y'], 'the accusers');
    await says(stage, 'x', 'recovered', 'a');
    await stage.imported(b);
    expectSame((await stage.round(a)).accuserIds, ['y'], 'the accusers after one took it back');
  }),
];
