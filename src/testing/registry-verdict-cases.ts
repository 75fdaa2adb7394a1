/** Cases: which votes count, and when they are a verdict. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import {
  decideRequest,
  evidence,
  five,
  type Life,
  quorumWindowMs,
  type Scene,
  scene,
  windowMs,
} from './registry-scene.ts';

/** Expects the votes to be too few. */
async function expectVotes(
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
  five('a vote does not outlive the life of its observer', async (stage, a, b, c) => {
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
  five('a vote of an observer that is confirmed dead does not count', async (stage, a, b, c, d) => {
    await stage.say(a, 'dead', c);
    await stage.kill(a, b, d);
    await stage.say(b, 'dead', c);
    expectSame(
      await stage.decide(b, c, { maxDeadFraction: 1 }),
      { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 },
      'the answer',
    );
  }),
  five('nobody votes about itself', async (stage, a, b) => {
    await stage.say(a, 'dead', a);
    await stage.say(b, 'dead', a);
    await expectVotes(stage, b, a, 1);
  }),
  five('a vote of somebody who is not in the registry does not count', async (stage, a, _b, c) => {
    await stage.say({ nodeId: 'stranger', epoch: 1 }, 'dead', c);
    await stage.say(a, 'dead', c);
    await expectVotes(stage, a, c, 1);
  }),
  five('a vote about an earlier life does not count in the next one', async (stage, a, b, old) => {
    await stage.say(a, 'dead', old);
    await stage.say(b, 'dead', old);
    const c = await stage.join('c');
    expectSame(
      await stage.decide(a, old),
      { outcome: 'alive', reason: 'newer-epoch' },
      'asking about the old life',
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
  five('a node that has left, and one that nobody knows, cannot be found dead', async (stage, a, b, c) => {
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
  five('refutations are nothing to one that ignores them', async (stage, a, b, c) => {
    await stage.say(a, 'dead', c);
    await stage.say(b, 'dead', c);
    await stage.registry.refute(c);
    expectLike(await stage.decide(a, c, { refutationCount: null }), { outcome: 'dead' }, 'the answer');
  }),
  scene('with two nodes one voice is enough', async (stage) => {
    const [a, b] = [await stage.join('a'), await stage.join('b')];
    await stage.say(a, 'dead', b);
    expectLike(await stage.decide(a, b), { outcome: 'dead', isNew: true }, 'the answer');
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
  scene(
    'nodes that were watched to be silent, that left or are confirmed dead, are no voters',
    async (stage) => {
      const [a, b, c] = [await stage.join('a'), await stage.join('b'), await stage.join('c')];
      await stage.say(a, 'dead', b);
      await expectVotes(stage, a, b, 1);
      const heartbeat = (await stage.registry.readNode('c'))?.heartbeat ?? '';
      const silent = { silentNodes: [{ nodeId: 'c', heartbeat }], maxDeadFraction: 1 };
      expectLike(await stage.decide(a, b, silent), { outcome: 'dead' }, 'with one that is silent');
      await stage.say(a, 'dead', c);
      expectLike(
        await stage.decide(a, c, { maxDeadFraction: 1 }),
        { outcome: 'dead' },
        'with one that is dead',
      );
    },
  ),
  scene(
    'a voter that has not been seen for the membership window is none',
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      await stage.join('c');
      await stage.advance(901_000);
      await stage.registry.heartbeat(a);
      await stage.registry.heartbeat(b);
      await stage.say(a, 'dead', b);
      const { order = 0, at = 0 } = (await stage.round(a)).ownBeat ?? {};
      const presence = { sinceOrder: order, since: at - windowMs };
      expectLike(await stage.decide(a, b, { presence }), { outcome: 'dead' }, 'the answer');
    },
    ['clock'],
  ),
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
  five("past the brake's limit there is no verdict, until a recovery ends", async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.say(a, 'dead', d);
    await stage.say(b, 'dead', d);
    expectSame(
      await stage.decide(a, d),
      { outcome: 'pending', reason: 'brake', unresolvedCount: 1, limit: 1 },
      'the answer while one death is unresolved',
    );
    expectSame(await stage.finish(c, await stage.mustClaim(a, c)), 'recorded', 'the end of the recovery');
    expectLike(await stage.decide(a, d), { outcome: 'dead', isNew: true }, 'the answer after it');
  }),
  scene('the brake counts listed nodes and unresolved deaths together', async (stage) => {
    const lives = await stage.joinAll('a', 'b', 'c', 'd', 'e', 'f');
    const [a, b, ...rest] = lives as [Life, Life, ...Life[]];
    for (const target of rest) {
      await stage.say(a, 'dead', target);
      await stage.say(b, 'dead', target);
    }
    const outcomes: unknown[] = [];
    for (const target of rest) {
      const answer = await stage.decide(a, target);
      outcomes.push(
        answer.outcome === 'pending' && answer.reason === 'brake' ? answer.limit : answer.outcome,
      );
    }
    expectSame(outcomes, ['dead', 'dead', 2, 2], 'the answers of a cluster of six');
  }),
  scene(
    'without any handler a death holds the brake for the brake window only',
    async (stage) => {
      const lives: Life[] = [];
      for (const id of ['a', 'b', 'c', 'd']) lives.push(await stage.join(id, { hasHandler: false }));
      const [a, b, c, d] = lives as [Life, Life, Life, Life];
      await stage.kill(c, a, b);
      await stage.say(a, 'dead', d);
      await stage.say(b, 'dead', d);
      const request = { brakeWindowMs: 60_000 };
      expectLike(await stage.decide(a, d, request), { reason: 'brake' }, 'at once');
      await stage.advance(61_000);
      await stage.registry.setHandler({ ...a, hasHandler: true });
      expectLike(
        await stage.decide(a, d, request),
        { reason: 'brake' },
        'later, when somebody could recover it',
      );
      await stage.registry.setHandler({ ...a, hasHandler: false });
      expectLike(await stage.decide(a, d, request), { outcome: 'dead' }, 'later, when nobody can');
    },
    ['clock'],
  ),
  five('a death is found once in each life', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const next = await stage.join('c');
    await stage.say(a, 'dead', next);
    await stage.say(b, 'dead', next);
    expectLike(await stage.decide(a, next), { outcome: 'dead', isNew: true }, 'the second death');
  }),
  five(
    'a verdict that was closed by a return is made again only by votes that came after it',
    async (stage, a, b, c, d) => {
      await stage.kill(d, a, b);
      await stage.say(a, 'recovered', d);
      expectLike(await stage.registry.readNode('d'), { isConfirmedDead: false }, 'the node that answers');
      await stage.say(c, 'dead', d);
      await expectVotes(stage, c, d, 1);
      await stage.say(a, 'dead', d);
      expectLike(await stage.decide(c, d), { outcome: 'dead', isNew: true }, 'its death after that');
      expectThat((await stage.registry.readNode('d'))?.isConfirmedDead === true, 'a confirmed death');
      expectSame(
        (await stage.eventKinds()).filter((kind) => kind === 'verdict').length,
        2,
        'the verdicts in the log',
      );
    },
  ),
];
