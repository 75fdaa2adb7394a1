/** Cases: what takes a node off the ring, and what brings it back. A statement does, and no clock. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, type Life, lifeOf, scene } from './registry-scene.ts';

const dayMs = 86_400_000;

export const ringCases: readonly RegistryContractCase[] = [
  five(
    'a node that has not beaten for days is on the ring, and can be found dead',
    async (stage, a, b, c) => {
      await stage.advance(30 * dayMs);
      await stage.beat(a, b);
      expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring');
      expectSame(await stage.lifecycleFor(a, 'c'), 'alive', 'the silent node');
      await stage.kill(c, a, b);
      expectSame(await stage.ring(a), ['b', 'd', 'e'], 'the ring after a verdict');
    },
    ['clock'],
  ),
  five(
    'the clock steps by a year either way, and the ring is as it was',
    async (stage, a) => {
      for (const durationMs of [365 * dayMs, -730 * dayMs]) {
        await stage.advance(durationMs);
        expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], `after ${durationMs} ms`);
        await stage.beat(a);
        expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'after a heartbeat');
      }
    },
    ['clock'],
  ),
  five(
    'a dead node is off the ring, and no heartbeat of its epoch brings it back',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.registry.heartbeat(c);
      expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead', epoch: 1 }, 'the node');
      expectSame(await stage.ring(a), ['b', 'd', 'e'], 'the ring');
      expectLike(await stage.round(c), { isSelfDead: true }, 'what it reads itself');
    },
  ),
  five('a dead node is back on the ring with its next epoch', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const next = await stage.join('c');
    expectLike(
      await stage.registry.readNode('c'),
      { lifecycle: 'alive', epoch: 2, decisionCount: 0 },
      'the node',
    );
    expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring');
    expectLike(await stage.round(next), { isSelfDead: false }, 'what it reads itself');
  }),
  five('an answer that takes the verdict back brings the node back in its epoch', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.say(a, 'recovered', c);
    expectLike(
      await stage.registry.readNode('c'),
      { lifecycle: 'alive', epoch: 1, decisionCount: 1 },
      'the node',
    );
    expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring');
    expectLike(await stage.round(c), { isSelfDead: false }, 'what it reads itself');
  }),
  five(
    'a dead node whose recovery was claimed stays dead whatever is said, until its next epoch',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      const lease = await stage.mustClaim(a, c);
      for (const observer of [a, b]) await stage.say(observer, 'recovered', c);
      expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead' }, 'during the recovery');
      await stage.finish(c, lease);
      await stage.say(b, 'suspect', c);
      await stage.say(b, 'recovered', c);
      expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead', epoch: 1 }, 'after it');
      expectSame(await stage.ring(a), ['b', 'd', 'e'], 'the ring');
      await stage.join('c');
      expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring with its next epoch');
    },
  ),
  five('a dead node stays dead when its death is dismissed', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.registry.dismiss({ ...c, operatorId: 'me', operationId: stage.newId() });
    expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead' }, 'the node');
    expectSame(await stage.ring(a), ['b', 'd', 'e'], 'the ring');
  }),
  five('an operator takes a dead node off for good: it has left', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.registry.leave(c);
    expectLike(await stage.registry.readNode('c'), { lifecycle: 'left' }, 'the node');
    await stage.say(a, 'recovered', c, 1);
    expectLike(await stage.registry.readNode('c'), { lifecycle: 'left' }, 'the node after an answer');
  }),
  five('a node in maintenance is passed over, and told of when asked for', async (stage, a, b) => {
    await stage.registry.setMaintenance({ nodeId: 'b', durationMs: 60_000 });
    const reading = await stage.round(a, { lookAhead: 2, watched: ['b'] });
    expectSame(
      reading.successors.map(({ id }) => id),
      ['c', 'd'],
      'the successors',
    );
    expectSame(
      reading.watched.map(({ id, lifecycle }) => [id, lifecycle]),
      [['b', 'maintenance']],
      'the watched',
    );
    expectLike((await stage.round(b)).self, { lifecycle: 'maintenance' }, 'what it reads itself');
    expectSame(await stage.ring(b), ['c', 'd', 'e', 'a'], 'its own ring');
    await stage.registry.setMaintenance({ nodeId: 'b', durationMs: 0 });
    expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring after it');
  }),
  five(
    'after its maintenance a node is judged as any other, however long ago it beat',
    async (stage, a, b, c) => {
      await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 });
      await stage.advance(59_000);
      expectSame(await stage.ring(a), ['b', 'd', 'e'], 'the ring during it');
      await stage.advance(30 * dayMs);
      await stage.beat(a, b);
      expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring after it');
      await stage.kill(c, a, b);
      expectSame(await stage.ring(a), ['b', 'd', 'e'], 'the ring after a verdict');
    },
    ['clock'],
  ),
  scene('the ring closes over any number of nodes that are off it', async (stage) => {
    const ids = Array.from({ length: 40 }, (_, index) => `n${index + 10}`);
    const lives = await stage.joinAll('a', 'b', ...ids, 'z');
    const [a, b] = [lifeOf(lives, 0), lifeOf(lives, 1)];
    for (const [index, life] of lives.slice(2, -1).entries()) {
      if (index % 3 === 0) await stage.registry.leave(life);
      else if (index % 3 === 1) await stage.kill(life, a, b);
      else await stage.registry.setMaintenance({ nodeId: life.nodeId, durationMs: 60_000 });
    }
    expectSame(await idsAhead(b, 3), ['z', 'a'], 'who comes after b');
    expectSame(await idsAhead(a, 2), ['b', 'z'], 'who comes after a');
    const last = lifeOf(lives, 41);
    await stage.join(last.nodeId);
    expectSame(await idsAhead(b, 2), [last.nodeId, 'z'], 'who comes after b when one is back');

    async function idsAhead(self: Life, lookAhead: number): Promise<string[]> {
      return (await stage.round(self, { lookAhead })).successors.map(({ id }) => id);
    }
  }),
  five(
    'an id that is used again by another machine begins without what was said of, and by, the first one',
    async (stage, a, b, c, d) => {
      await stage.say(c, 'dead', d);
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      await stage.advance(2 * dayMs);
      await stage.beat(a, b, d);
      const pruning = { maxAgeMs: dayMs, maxEventCount: 1_000, departedAfterMs: dayMs, everyMs: 0 };
      await stage.readAges(a);
      expectLike(await stage.registry.prune({ ...a, ...pruning }), { nodeCount: 1 }, 'the pruning');
      expectSame(await stage.decide(a, c), { outcome: 'alive', reason: 'unknown' }, 'a question meanwhile');
      const next = await stage.join('c', { address: '10.0.0.99' });
      expectThat(next.epoch > c.epoch, 'a later epoch', next);
      expectLike(
        await stage.registry.readNode('c'),
        { lifecycle: 'alive', address: '10.0.0.99', decisionCount: 0, refutationCount: 0 },
        'the node',
      );
      expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring');
      expectSame((await stage.round(next)).statements, [], 'what it has said');
      expectSame((await stage.round(next)).accuserIds, [], 'who accuses it');
      expectLike(await stage.decide(a, next), { reason: 'votes', voteCount: 0 }, 'the votes on it');
      expectLike(await stage.decide(a, c), { outcome: 'alive', reason: 'newer-epoch' }, 'of the first one');
      await stage.kill(next, a, b);
    },
    ['clock'],
  ),
];
