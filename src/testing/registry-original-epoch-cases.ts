/** Cases: the death, the return and the removal of a node that runs the original and has no epochs of its own. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, saysDead, x } from './registry-mixed-scene.ts';
import type { Life, Scene } from './registry-scene.ts';

/** Lets a and the original's y find x dead. */
async function killX(stage: Scene, a: Life): Promise<void> {
  await stage.say(a, 'dead', x);
  await saysDead(stage, 'y', 'x');
  expectLike(await stage.decide(a, x), { outcome: 'dead', isNew: true }, 'the verdict');
}

export const originalEpochCases: readonly RegistryContractCase[] = [
  mixed('a dead node that runs the original stays dead when it beats, until an answer', async (stage, a) => {
    await killX(stage, a);
    await stage.original.putNode({
      id: 'x',
      ipAddress: '192.0.2.1',
      lastSeen: stage.original.timeAgo(5_000),
    });
    await stage.imported(a);
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'dead', epoch: 0 }, 'the node that beats');
    expectSame(await stage.ring(a), ['b', 'y'], 'the ring');
    await stage.say(a, 'recovered', x);
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'alive' }, 'the node that answers');
    expectSame(await stage.ring(a), ['b', 'x', 'y'], 'the ring after it');
  }),
  mixed('the return of a node that runs the original begins its next epoch', async (stage, a, b) => {
    await killX(stage, a);
    await stage.finish(x, await stage.mustClaim(a, x));
    await stage.say(a, 'recovered', x);
    await stage.say(b, 'recovered', x);
    expectLike(
      await stage.registry.readNode('x'),
      { epoch: 1, lifecycle: 'alive', isNamed: false, decisionCount: 0 },
      'the node',
    );
    expectSame(await stage.ring(a), ['b', 'x', 'y'], 'the ring');
    const next = { nodeId: 'x', epoch: 1 };
    expectLike(await stage.decide(a, next), { reason: 'votes', voteCount: 0 }, 'its next epoch');
    await stage.say(a, 'dead', next);
    await saysDead(stage, 'y', 'x');
    expectLike(await stage.decide(a, next), { outcome: 'dead', isNew: true }, 'its next death');
  }),
  mixed('a return from before the verdict begins no epoch, however late it comes', async (stage, a, b) => {
    await killX(stage, a);
    await stage.finish(x, await stage.mustClaim(a, x));
    await stage.say(b, 'suspect', x);
    await stage.say(b, 'recovered', x, 0);
    expectLike(
      await stage.registry.readNode('x'),
      { epoch: 0, lifecycle: 'dead', decisionCount: 1 },
      'the node',
    );
    expectLike(await stage.decide(a, x), { outcome: 'dead', isNew: false }, 'its death');
    await stage.say(b, 'recovered', x, 1);
    expectLike(
      await stage.registry.readNode('x'),
      { epoch: 1, lifecycle: 'alive', decisionCount: 0 },
      'the node that answers',
    );
  }),
  mixed('a return without a verdict begins no epoch', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await stage.say(a, 'recovered', x);
    expectLike(await stage.registry.readNode('x'), { epoch: 0, lifecycle: 'alive' }, 'the node');
  }),
  mixed('a node that runs the original can become one of ours', async (stage, a) => {
    await killX(stage, a);
    expectLike(await stage.join('x', { afterEpoch: 0 }), { epoch: 1 }, 'its first epoch');
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'alive', isNamed: true }, 'the node');
    expectSame(await stage.ring(a), ['b', 'x', 'y'], 'the ring');
    expectLike(await stage.claim(a, x), { reason: 'resolved' }, 'the verdict of before');
    expectSame(await stage.decide(a, x), { outcome: 'alive', reason: 'newer-epoch' }, 'the answer about it');
  }),
  mixed(
    'a node that runs the original can be taken off the ring, until its own heartbeat',
    async (stage, a) => {
      const { registry } = stage;
      await stage.say(a, 'dead', x);
      await saysDead(stage, 'y', 'x');
      await registry.leave(x);
      await registry.leave(x);
      await stage.imported(a);
      expectLike(await registry.readNode('x'), { lifecycle: 'left' }, 'the node');
      expectSame(await stage.ring(a), ['b', 'y'], 'the ring');
      expectLike(await stage.decide(a, x), { outcome: 'alive' }, 'the answer about it');
      expectSame(
        await stage.decide(a, await present()),
        { outcome: 'alive', reason: 'left' },
        'as it is now',
      );
      expectSame((await stage.eventKinds()).filter((kind) => kind === 'left').length, 1, 'the events');
      await stage.original.putNode({
        id: 'x',
        ipAddress: '192.0.2.1',
        lastSeen: stage.original.timeAgo(5_000),
      });
      expectLike(await registry.readNode('x'), { lifecycle: 'alive' }, 'after a heartbeat');
      expectLike(await stage.decide(a, await present()), { voteCount: 0 }, 'the votes on it');

      async function present(): Promise<Life> {
        return { nodeId: 'x', epoch: (await registry.readNode('x'))?.epoch ?? -1 };
      }
    },
  ),
  mixed(
    'a verdict on a node that runs the original is claimed and ended as any other',
    async (stage, a, b) => {
      await killX(stage, a);
      const lease = await stage.mustClaim(a, x);
      expectLike(await stage.claim(b, x), { reason: 'held' }, 'the claim of another');
      const renewal = { ...x, ...lease, leaseMs: 30_000 };
      expectSame(
        await stage.registry.renew(renewal),
        { outcome: 'renewed', hasReturned: false },
        'the renewal',
      );
      await stage.say(b, 'recovered', x);
      expectLike(await stage.registry.renew(renewal), { hasReturned: true }, 'the renewal after a return');
      expectSame(await stage.finish(x, lease), 'recorded', 'the end');
      expectThat((await stage.round(a)).openVerdicts.length === 0, 'no open verdict');
    },
  ),
];
