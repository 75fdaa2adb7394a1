/** Cases: who counts as a possible voter or handler when the registry's clock steps, after an outage, and after maintenance. */
import type { DecideRequest } from '../ports/registry.ts';
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, saysDead, x } from './registry-mixed-scene.ts';
import { five, type Life, lifeOf, type Scene, scene, windowMs } from './registry-scene.ts';

const hourMs = 3_600_000;

/** What an observer asks that has watched its own heartbeats go on: everybody who is there was heard of since. */
async function watching(stage: Scene, observer: Life): Promise<Pick<DecideRequest, 'presence'>> {
  const { ownBeat } = await stage.round(observer);
  if (ownBeat === null) throw new Error(`expected a heartbeat of ${observer.nodeId}`);
  return { presence: { sinceOrder: ownBeat.order, since: ownBeat.at - windowMs } };
}

const oneOfTwo = { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 };

export const presenceCases: readonly RegistryContractCase[] = [
  scene(
    "a round tells the observer its own life's newest heartbeat, with its place in the order of everybody's",
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      const first = (await stage.round(a)).ownBeat;
      const orders = [first, (await stage.round(b)).ownBeat];
      await stage.advance(5_000);
      await stage.registry.heartbeat(a);
      const beat = (await stage.round(a)).ownBeat;
      orders.push(beat);
      // A registry may have a clock that goes on between two calls.
      const passedMs = (beat?.at ?? 0) - (first?.at ?? 0);
      expectThat(passedMs >= 5_000 && passedMs < 60_000, 'about 5 s between the two', passedMs);
      const next = await stage.join('a');
      expectSame((await stage.round(a)).ownBeat, null, 'what is told a life that is over');
      orders.push((await stage.round(next)).ownBeat);
      await stage.registry.heartbeat(b);
      orders.push((await stage.round(b)).ownBeat);
      const places = orders.map((one) => one?.order ?? 0);
      expectThat(
        places.every((place, index) => place > (places[index - 1] ?? 0)),
        'a higher place for each join and heartbeat',
        places,
      );
      expectSame(
        (await stage.round({ nodeId: 'stranger', epoch: 1 })).ownBeat,
        null,
        'what is told a stranger',
      );
    },
    ['clock'],
  ),
  five(
    'a clock that goes back past the membership window and is right again never makes one voice enough',
    async (stage, a, b, c, d, e) => {
      const before = await watching(stage, a);
      await stage.advance(-hourMs);
      for (const other of [b, c, d, e]) await stage.registry.heartbeat(other);
      await stage.advance(hourMs);
      await stage.say(a, 'dead', d);
      expectSame(await stage.decide(a, d, before), oneOfTwo, 'when they are an hour old by the clock');
    },
    ['clock'],
  ),
  five(
    'a step of the clock past the membership window never makes one voice enough',
    async (stage, a, b, _c, d) => {
      const before = await watching(stage, a);
      await stage.advance(hourMs);
      await stage.say(a, 'dead', d);
      expectSame(await stage.decide(a, d, before), oneOfTwo, 'before any heartbeat');
      await stage.registry.heartbeat(a);
      expectSame(await stage.decide(a, d, before), oneOfTwo, 'after its own heartbeat');
      await stage.advance(-2 * hourMs);
      expectSame(await stage.decide(a, d, before), oneOfTwo, 'after a step back');
      await stage.registry.heartbeat(a);
      expectSame(await stage.decide(a, d, await watching(stage, a)), oneOfTwo, 'as it is after that');
      await stage.say(b, 'dead', d);
      expectLike(await stage.decide(a, d, before), { outcome: 'dead' }, 'with two voices');
    },
    ['clock'],
  ),
  five(
    'after an outage longer than the membership window nobody is taken for missing',
    async (stage, a, _b, _c, d) => {
      await stage.advance(windowMs + 60_000);
      await stage.registry.heartbeat(a);
      await stage.say(a, 'dead', d);
      expectSame(await stage.decide(a, d, { presence: null }), oneOfTwo, 'the answer');
    },
    ['clock'],
  ),
  scene(
    'a node that is long gone is no voter for one that has watched, and is one for all others',
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      await stage.join('gone');
      await stage.advance(windowMs + 1_000);
      await stage.registry.heartbeat(a);
      await stage.registry.heartbeat(b);
      await stage.say(a, 'dead', b);
      expectSame(await stage.decide(a, b, { presence: null }), oneOfTwo, 'the answer to one that has not');
      expectLike(
        await stage.decide(a, b, await watching(stage, a)),
        { outcome: 'dead' },
        'the answer to one that has',
      );
    },
    ['clock'],
  ),
  scene(
    'with two nodes in all one voice is enough at once, whatever the clock does',
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      const left = await stage.join('left');
      await stage.registry.leave(left);
      await stage.advance(hourMs);
      await stage.say(a, 'dead', b);
      expectLike(await stage.decide(a, b, { presence: null }), { outcome: 'dead' }, 'the answer');
    },
    ['clock'],
  ),
  scene(
    'the brake holds while somebody is there who could recover a death, whatever the clock does',
    async (stage) => {
      const lives: Life[] = [];
      for (const id of ['a', 'b', 'c', 'd', 'e'])
        lives.push(await stage.join(id, { hasHandler: id === 'e' }));
      const [a, b, c, d] = [0, 1, 2, 3].map((index) => lifeOf(lives, index)) as [Life, Life, Life, Life];
      await stage.kill(c, a, b);
      const before = await watching(stage, a);
      await stage.advance(hourMs);
      for (const life of [a, b]) {
        await stage.registry.heartbeat(life);
        await stage.say(life, 'dead', d);
      }
      const braked = { outcome: 'pending', reason: 'brake', unresolvedCount: 1, limit: 1 };
      expectSame(await stage.decide(a, d, before), braked, 'by one that watched before the step');
      expectSame(await stage.decide(a, d, { presence: null }), braked, 'by one that has not watched');
      expectLike(
        await stage.decide(a, d, await watching(stage, a)),
        { outcome: 'dead' },
        'when the one with a handler is long gone',
      );
    },
    ['clock'],
  ),
  scene(
    'the vote of a node that has fallen silent does not stand for one that is there and has not voted',
    async (stage) => {
      const lives = await stage.joinAll('a', 'b', 'c');
      const [a, b, c] = [0, 1, 2].map((index) => lifeOf(lives, index)) as [Life, Life, Life];
      await stage.say(b, 'dead', c);
      const heartbeat = (await stage.round(b)).self?.heartbeat ?? '';
      const silentNodes = [{ nodeId: 'b', heartbeat }];
      expectSame(await stage.decide(a, c, { silentNodes }), oneOfTwo, 'by the silent one alone');
      await stage.advance(2 * windowMs);
      await stage.registry.heartbeat(a);
      const asked = { ...(await watching(stage, a)), silentNodes, quorumWindowMs: 4 * windowMs };
      expectSame(await stage.decide(a, c, asked), oneOfTwo, 'when it is not heard of any more');
      await stage.say(a, 'dead', c);
      expectLike(await stage.decide(a, c, asked), { outcome: 'dead' }, 'with both');
    },
    ['clock'],
  ),
  mixed(
    'the same holds for voters that run the original',
    async (stage, a) => {
      const { original, registry } = stage;
      await registry.leave({ nodeId: 'b', epoch: 1 });
      const before = await watching(stage, a);
      await stage.advance(hourMs);
      await registry.heartbeat(a);
      await stage.say(a, 'dead', x);
      expectSame(await stage.decide(a, x, before), oneOfTwo, 'after a step');
      expectSame(await stage.decide(a, x, { presence: null }), oneOfTwo, 'after a gap');
      await original.putNode({ id: 'y', ipAddress: '192.0.2.2', status: 'offline' });
      expectLike(await stage.decide(a, x, before), { outcome: 'dead' }, 'when it is out of the ring');
    },
    ['clock', 'original'],
  ),
  five(
    'a node that has been silent through a maintenance longer than the window is listed after it, and is no voter',
    async (stage, a, b, c) => {
      await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 2 * windowMs });
      await stage.advance(2 * windowMs - 1_000);
      for (const life of [a, b]) await stage.registry.heartbeat(life);
      expectSame(await ring(stage, a), ['b'], 'the ring during it');
      await stage.advance(2_000);
      expectSame(await ring(stage, a), ['b', 'c'], 'the ring after it');
      await stage.say(a, 'dead', b);
      expectLike(
        await stage.decide(a, b, { ...(await watching(stage, a)), minQuorum: 2 }),
        { outcome: 'dead' },
        'the death of another, which c could not have voted for',
      );
      await stage.say(a, 'dead', c);
      expectLike(
        await stage.decide(a, c, { ...(await watching(stage, a)), maxDeadFraction: 1 }),
        { outcome: 'dead' },
        'its death',
      );
    },
    ['clock'],
  ),
  five(
    'a maintenance that an operator ends lists the node, and one that has beaten since is listed by its heartbeats',
    async (stage, a, b, c) => {
      for (const { nodeId } of [b, c])
        await stage.registry.setMaintenance({ nodeId, durationMs: 10 * windowMs });
      await stage.advance(3 * windowMs);
      await stage.registry.heartbeat(a);
      for (const { nodeId } of [b, c]) await stage.registry.setMaintenance({ nodeId, durationMs: 0 });
      expectSame(await ring(stage, a), ['b', 'c'], 'the ring after its end');
      await stage.advance(1_000);
      await stage.registry.heartbeat(c);
      await stage.advance(windowMs - 1_000);
      await stage.registry.heartbeat(b);
      await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 0 });
      await stage.advance(2_000);
      expectSame(await ring(stage, a), ['b'], 'the ring a window later');
    },
    ['clock'],
  ),
  five(
    'a node that a valid vote calls dead is on the ring until it beats or a verdict stands, so that others may agree',
    async (stage, a, b, c, d) => {
      await stage.advance(2 * windowMs);
      for (const life of [a, b]) await stage.registry.heartbeat(life);
      expectSame(await ring(stage, b), ['a'], 'the ring of those that beat');
      await stage.say(a, 'suspect', c);
      expectSame(await ring(stage, b), ['a'], 'the ring with a suspicion');
      for (const target of [c, d]) await stage.say(a, 'dead', target);
      expectSame(await ring(stage, b), ['c', 'd', 'a'], 'the ring with votes');
      await stage.registry.setMaintenance({ nodeId: 'd', durationMs: windowMs / 2 });
      expectSame(await ring(stage, b), ['c', 'a'], 'the ring while one of them is in maintenance');
      await stage.say(b, 'dead', c);
      expectLike(await stage.decide(a, c, { maxDeadFraction: 1 }), { outcome: 'dead' }, 'the verdict');
      expectSame(await ring(stage, b), ['a'], 'the ring after the verdict');
      expectLike((await stage.round(b, { watched: ['c'] })).watched[0], { isListed: false }, 'the dead node');
      await stage.registry.leave(a);
      expectSame(await ring(stage, b), [], 'the ring without the voter');
    },
    ['clock'],
  ),
  five(
    'a vote that nobody has affirmed for a window keeps nobody on the ring',
    async (stage, a, b, c) => {
      await stage.say(a, 'dead', c);
      await stage.advance(2 * windowMs);
      for (const life of [a, b]) await stage.registry.heartbeat(life);
      expectSame(await ring(stage, b), ['a'], 'the ring');
      await stage.say(a, 'dead', c);
      expectSame(await ring(stage, b), ['c', 'a'], 'the ring after an affirmation');
      await stage.say(a, 'recovered', c);
      expectSame(await ring(stage, b), ['a'], 'the ring after it is taken back');
    },
    ['clock'],
  ),
  mixed(
    'a node that runs the original is listed for a window after its own maintenance, and until it is seen after ours',
    async (stage, a) => {
      const { original, registry } = stage;
      for (const [agoMs, isListed] of [
        [905_000, true],
        [900_000 + windowMs - 5_000, true],
        [900_000 + windowMs + 5_000, false],
      ] as const) {
        const lastSeen = original.timeAgo(agoMs);
        await original.putNode({ id: 'x', ipAddress: '192.0.2.1', status: 'maintenance', lastSeen });
        expectSame((await ring(stage, a)).includes('x'), isListed, `seen ${agoMs} ms ago`);
      }
      await registry.setMaintenance({ nodeId: 'y', durationMs: 2 * windowMs });
      await stage.advance(2 * windowMs + 1_000);
      expectSame((await ring(stage, a)).includes('y'), true, 'after one that an operator began');
      await stage.advance(2 * windowMs);
      expectSame((await ring(stage, a)).includes('y'), true, 'two windows later');
      const lastSeen = original.timeAgo(windowMs + 5_000);
      await original.putNode({ id: 'y', ipAddress: '192.0.2.2', status: 'active', lastSeen });
      expectSame((await ring(stage, a)).includes('y'), false, 'seen since, and silent for a window');
      await saysDead(stage, 'y', 'x');
    },
    ['clock', 'original'],
  ),
];

async function ring(stage: Scene, observer: Life): Promise<string[]> {
  return (await stage.round(observer, { lookAhead: 9 })).successors.map(({ id }) => id);
}
