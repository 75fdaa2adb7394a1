/** Cases: which nodes count as possible voters, by the order of all nodes' heartbeats and by no clock. */
import { unknownMarks } from '../core/marks.ts';
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, type Life, lifeOf, type Scene, scene } from './registry-scene.ts';

const dayMs = 86_400_000;

const oneOfTwo = { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 };
const wentBack = { outcome: 'pending', reason: 'went-back' };

/** A case with the nodes a, b and c, of which a calls b dead. */
function three(
  title: string,
  run: (stage: Scene, a: Life, b: Life, c: Life) => Promise<void>,
  needs: RegistryContractCase['needs'] = [],
): RegistryContractCase {
  return scene(
    title,
    async (stage) => {
      const lives = await stage.joinAll('a', 'b', 'c');
      const [a, b, c] = [lifeOf(lives, 0), lifeOf(lives, 1), lifeOf(lives, 2)];
      await stage.say(a, 'dead', b);
      await run(stage, a, b, c);
    },
    needs,
  );
}

export const silenceCases: readonly RegistryContractCase[] = [
  three('a node that has not beaten since the watch of the asker began is no voter', async (stage, a, b) => {
    const watch = await stage.watchFrom(a);
    expectSame(await stage.decide(a, b), oneOfTwo, 'without a watch');
    expectLike(await stage.decide(a, b, watch), { outcome: 'dead', isNew: true }, 'with one');
  }),
  three(
    'a silent node that beats between the reading and the decision is a voter',
    async (stage, a, b, c) => {
      const watch = await stage.watchFrom(a);
      const { successors } = await stage.round(a);
      const read = successors.find(({ id }) => id === 'c')?.beatOrder ?? watch.watchedSince;
      expectThat(read < watch.watchedSince, 'a silent node in the reading', { read, watch });
      await (await stage.another()).heartbeat(c);
      expectSame(await stage.decide(a, b, watch), oneOfTwo, 'the answer');
    },
  ),
  three(
    'an asker without a full watch finds no node silent, however long ago it beat',
    async (stage, a, b) => {
      await stage.advance(30 * dayMs);
      await stage.beat(a);
      await stage.say(a, 'dead', b);
      expectSame(await stage.decide(a, b), oneOfTwo, 'the answer');
    },
    ['clock'],
  ),
  three(
    'where the registry has a lower heartbeat of the asker than it sent, nothing is decided',
    async (stage, a, b) => {
      const watch = await stage.watchFrom(a);
      const { newestBeat: newest } = watch;
      const restored = { watchedSince: newest + 1_000, newestBeat: newest + 1_001 };
      expectSame(await stage.decide(a, b, restored), wentBack, 'when all its heartbeats are missing');
      const late = { ...watch, newestBeat: newest + 1 };
      expectSame(await stage.decide(a, b, late), wentBack, 'when its newest one is missing');
      await stage.beat(a);
      expectLike(await stage.decide(a, b, watch), { outcome: 'dead' }, 'when the registry has a later one');
    },
  ),
  three(
    'in a registry that may have gone back, no count of refutations is believed',
    async (stage, a, b, c) => {
      await stage.say(c, 'dead', b);
      const { newestBeat } = await stage.watchFrom(a);
      const asked = { refutationCount: 0, newestBeat: newestBeat + 1 };
      expectSame(await stage.decide(a, b, asked), wentBack, 'when it is lower');
      await stage.beat(a);
      expectLike(await stage.decide(a, b, asked), { outcome: 'dead' }, 'when it is not');
    },
  ),
  three(
    'by a watch of an epoch that is over, or of a stranger, nothing is decided',
    async (stage, old, b) => {
      const watch = await stage.watchFrom(old);
      const a = await stage.join('a');
      await stage.say(a, 'dead', b);
      expectSame(await stage.decide(old, b, watch), wentBack, 'the answer to the old epoch');
      const stranger = { nodeId: 'stranger', epoch: 1 };
      expectSame(
        await stage.decide(stranger, b, { ...watch, newestBeat: 0 }),
        wentBack,
        'the answer to a stranger',
      );
    },
  ),
  three(
    'a valid vote counts although its node is silent, and makes that node a voter',
    async (stage, a, b, c) => {
      await stage.say(a, 'recovered', b);
      await stage.say(c, 'dead', b);
      const watch = await stage.watchFrom(a);
      expectSame(await stage.decide(a, b, watch), oneOfTwo, 'by the silent one alone');
      await stage.say(a, 'dead', b);
      const decided = await stage.decide(a, b, watch);
      expectLike(decided, { outcome: 'dead', isNew: true }, 'with both');
      if (decided.outcome === 'dead')
        expectSame([decided.verdict.quorum, decided.verdict.votes.length], [2, 2], 'quorum and votes');
    },
  ),
  three('a strict quorum stays although all others are silent', async (stage, a, b) => {
    const watch = await stage.watchFrom(a);
    expectSame(await stage.decide(a, b, { ...watch, isQuorumStrict: true }), oneOfTwo, 'the answer');
  }),
  three(
    'a node in maintenance is a voter while it beats, and none when it is silent',
    async (stage, a, b, c) => {
      await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 });
      const watch = await stage.watchFrom(a);
      await stage.beat(c);
      expectSame(await stage.decide(a, b, watch), oneOfTwo, 'while it beats');
      const later = await stage.watchFrom(a);
      expectLike(await stage.decide(a, b, later), { outcome: 'dead' }, 'when it is silent');
    },
  ),
  five('the quorum is as many as are not silent, and no more than asked for', async (stage, a, b, c, d) => {
    const watch = await stage.watchFrom(a);
    await stage.say(a, 'dead', b);
    const request = { ...watch, minQuorum: 3 };
    await stage.beat(c);
    expectLike(await stage.decide(a, b, request), { voteCount: 1, quorum: 2 }, 'with one that beats');
    await stage.beat(b);
    expectLike(await stage.decide(a, b, request), { voteCount: 1, quorum: 2 }, 'with the target');
    await stage.beat(d);
    expectLike(await stage.decide(a, b, request), { voteCount: 1, quorum: 3 }, 'with two that beat');
    expectLike(await stage.decide(a, b, { ...request, minQuorum: 1 }), { outcome: 'dead' }, 'for one vote');
  }),
  scene('with two nodes in all one vote is enough at once', async (stage) => {
    const [a, b] = [await stage.join('a'), await stage.join('b')];
    await stage.registry.leave(await stage.join('left'));
    await stage.say(a, 'dead', b);
    expectLike(await stage.decide(a, b), { outcome: 'dead' }, 'the answer');
  }),
  five(
    'a step of the clock, forwards or back, never makes one vote enough',
    async (stage, a, b, _c, d) => {
      // All others have joined after it.
      const order = (await stage.round(a)).ownBeat?.order ?? 0;
      const before = { watchedSince: order, newestBeat: order };
      await stage.advance(dayMs);
      await stage.say(a, 'dead', d);
      expectSame(await stage.decide(a, d, before), oneOfTwo, 'before any heartbeat');
      await stage.beat(a);
      expectSame(await stage.decide(a, d, before), oneOfTwo, 'after its own heartbeat');
      await stage.advance(-2 * dayMs);
      await stage.beat(a);
      await stage.say(a, 'dead', d);
      expectSame(await stage.decide(a, d, before), oneOfTwo, 'after a step back');
      await stage.say(b, 'dead', d);
      expectLike(await stage.decide(a, d, before), { outcome: 'dead' }, 'with two votes');
    },
    ['clock'],
  ),
  scene(
    'a node with a handler holds the brake while it is not silent, whatever the clock does',
    async (stage) => {
      const lives: Life[] = [];
      for (const id of ['a', 'b', 'c', 'd', 'e'])
        lives.push(await stage.join(id, { hasHandler: id === 'e' }));
      const [a, b, c, d] = [0, 1, 2, 3].map((index) => lifeOf(lives, index)) as [Life, Life, Life, Life];
      await stage.kill(c, a, b);
      await stage.advance(dayMs);
      for (const life of [a, b]) await stage.say(life, 'dead', d);
      const braked = { outcome: 'pending', reason: 'brake', unresolvedCount: 1, limit: 1 };
      const marks = { ...unknownMarks, deathMark: await stage.markNow(a) };
      const brake = { maxDeadFraction: 1 / 4, marks };
      expectSame(await stage.decide(a, d, brake), braked, 'by one without a watch');
      const watch = { ...(await stage.watchFrom(a)), ...brake };
      await stage.beat(lifeOf(lives, 4));
      expectSame(await stage.decide(a, d, watch), braked, 'when it has beaten');
      const later = { ...(await stage.watchFrom(a)), ...brake };
      const restored = { ...later, newestBeat: later.newestBeat + 1 };
      expectSame(await stage.decide(a, d, restored), wentBack, 'in a registry that was restored');
      expectLike(await stage.decide(a, d, later), { outcome: 'dead' }, 'when it is silent');
    },
    ['clock'],
  ),
];
