/** Cases: joining, leaving, handlers and maintenance. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { joinRequest } from './registry-requests.ts';
import { five, type Scene, scene } from './registry-scene.ts';

async function nodeOf(stage: Scene, nodeId: string): Promise<object | null> {
  return stage.registry.readNode(nodeId);
}

export const membershipCases: readonly RegistryContractCase[] = [
  scene('the first join begins epoch 1, the next one epoch 2', async (stage) => {
    expectSame(
      await stage.registry.join(joinRequest('a', 'i1')),
      { outcome: 'joined', epoch: 1 },
      'the first join',
    );
    expectSame(
      await stage.registry.join(joinRequest('a', 'i2', { afterEpoch: 1 })),
      { outcome: 'joined', epoch: 2 },
      'the second join',
    );
    expectLike(await nodeOf(stage, 'a'), { epoch: 2, instanceId: 'i2' }, 'the node');
  }),
  scene('a repeated join of one instance gets the same epoch, and is one event', async (stage) => {
    await stage.registry.join(joinRequest('a', 'i1'));
    expectSame(
      await stage.registry.join(joinRequest('a', 'i1')),
      { outcome: 'joined', epoch: 1 },
      'the repeated join',
    );
    expectSame(await stage.eventKinds(), ['joined'], 'the events');
  }),
  scene('a join after an epoch that is not the newest is refused and changes nothing', async (stage) => {
    await stage.registry.join(joinRequest('a', 'i1'));
    expectSame(
      await stage.registry.join(joinRequest('a', 'i2')),
      { outcome: 'conflict', newestEpoch: 1 },
      'the join of one that did not look',
    );
    expectSame(
      await stage.registry.join(joinRequest('b', 'i3', { afterEpoch: 7 })),
      { outcome: 'conflict', newestEpoch: 0 },
      'the join after an epoch that never was',
    );
    expectLike(await nodeOf(stage, 'a'), { epoch: 1, instanceId: 'i1' }, 'the node');
    expectSame(await nodeOf(stage, 'b'), null, 'the node that did not join');
  }),
  scene('an instance that was replaced is refused when it repeats its join', async (stage) => {
    await stage.registry.join(joinRequest('a', 'i1'));
    await stage.registry.join(joinRequest('a', 'i2', { afterEpoch: 1 }));
    expectSame(
      await stage.registry.join(joinRequest('a', 'i1')),
      { outcome: 'conflict', newestEpoch: 2 },
      'the old instance',
    );
  }),
  scene('of two connections that join one node at the same moment, one wins', async (stage) => {
    const other = await stage.another();
    const results = await Promise.all([
      stage.registry.join(joinRequest('a', 'i1')),
      other.join(joinRequest('a', 'i2')),
      stage.registry.join(joinRequest('a', 'i3')),
      other.join(joinRequest('a', 'i4')),
    ]);
    expectSame(
      results.map(({ outcome }) => outcome).sort(),
      ['conflict', 'conflict', 'conflict', 'joined'],
      'the outcomes',
    );
    const epochs = results.map((result) => (result.outcome === 'joined' ? result.epoch : result.newestEpoch));
    expectSame(new Set(epochs).size, 1, 'the number of epochs');
    expectSame(await stage.eventKinds(), ['joined'], 'the events');
  }),
  scene('a join writes what peers need to reach the node', async (stage) => {
    await stage.join('a', {
      address: '192.0.2.7',
      internalAddress: '10.1.2.3',
      port: 7001,
      region: 'eu',
      isNamed: false,
    });
    expectLike(
      await nodeOf(stage, 'a'),
      { address: '10.1.2.3', port: 7001, region: 'eu', status: 'active', isNamed: false, lifecycle: 'alive' },
      'the node',
    );
  }),
  scene('a node that comes back with another address is reached at that one', async (stage) => {
    await stage.join('a', { address: '10.0.0.1' });
    await stage.join('a', { address: '10.0.0.2' });
    expectLike(await nodeOf(stage, 'a'), { address: '10.0.0.2', epoch: 2 }, 'after the move');
    await stage.join('a', { address: '10.0.0.1' });
    expectLike(await nodeOf(stage, 'a'), { address: '10.0.0.1', epoch: 3 }, 'after the return');
  }),
  scene('an IPv6 address that stands in brackets is read without them', async (stage) => {
    await stage.join('a', { address: '[fd00::1]' });
    expectLike(await nodeOf(stage, 'a'), { address: 'fd00::1' }, 'the node');
  }),
  five(
    'a node that leaves is off the ring, and its statements and those about it are void',
    async (stage, a, b, c) => {
      await stage.say(a, 'dead', b);
      await stage.say(b, 'suspect', c);
      await stage.registry.leave(b);
      await stage.registry.leave(b);
      expectLike(await nodeOf(stage, 'b'), { lifecycle: 'left', status: 'inactive' }, 'the node');
      expectSame((await stage.round(a)).statements, [], 'what is said of it');
      expectSame((await stage.round(c)).accuserIds, [], 'who accuses the node that it accused');
      expectSame(await stage.ring(a), ['c', 'd', 'e'], 'the ring');
      expectSame((await stage.eventKinds()).filter((kind) => kind === 'left').length, 1, 'the events');
      expectSame((await stage.round(await stage.join('b'))).statements, [], 'what its next epoch has said');
    },
  ),
  scene('a leave of an epoch that is over, or of a stranger, changes nothing', async (stage) => {
    const old = await stage.join('a');
    await stage.join('a');
    await stage.registry.leave(old);
    await stage.registry.leave({ nodeId: 'stranger', epoch: 0 });
    expectLike(await nodeOf(stage, 'a'), { lifecycle: 'alive', epoch: 2 }, 'the node');
    expectSame(await nodeOf(stage, 'stranger'), null, 'the stranger');
  }),
  scene('a node that left comes back as a new epoch', async (stage) => {
    const a = await stage.join('a');
    await stage.registry.leave(a);
    expectLike(await stage.join('a'), { epoch: 2 }, 'the new epoch');
    expectLike(await nodeOf(stage, 'a'), { lifecycle: 'alive', status: 'active' }, 'the node');
  }),
  scene('a node says whether it has a handler', async (stage) => {
    const a = await stage.join('a', { hasHandler: false });
    expectLike(await nodeOf(stage, 'a'), { hasHandler: false }, 'before');
    await stage.registry.setHandler({ ...a, hasHandler: true });
    expectLike(await nodeOf(stage, 'a'), { hasHandler: true }, 'after');
    await stage.join('a', { hasHandler: true });
    await stage.registry.setHandler({ ...a, hasHandler: false });
    expectLike(await nodeOf(stage, 'a'), { hasHandler: true }, 'after an old epoch has said otherwise');
  }),
  scene('maintenance begins when an operator says so, and ends so too', async (stage) => {
    const a = await stage.join('a');
    expectSame(
      await stage.registry.setMaintenance({ nodeId: 'a', durationMs: 600_000 }),
      true,
      'a known node',
    );
    expectLike(await nodeOf(stage, 'a'), { lifecycle: 'maintenance' }, 'during it');
    await stage.registry.heartbeat(a);
    expectLike(await nodeOf(stage, 'a'), { lifecycle: 'maintenance' }, 'after a heartbeat');
    const left = (await stage.registry.readNode('a'))?.maintenanceLeftMs ?? 0;
    expectThat(left > 500_000 && left <= 600_000, 'what is left of ten minutes', left);
    expectSame(await stage.registry.setMaintenance({ nodeId: 'a', durationMs: 0 }), true, 'the end');
    expectLike(
      await nodeOf(stage, 'a'),
      { lifecycle: 'alive', maintenanceLeftMs: null, status: 'active' },
      'after it',
    );
    expectSame(
      await stage.registry.setMaintenance({ nodeId: 'stranger', durationMs: 1_000 }),
      false,
      'a stranger',
    );
    expectSame((await stage.eventKinds()).filter((kind) => kind === 'maintenance').length, 2, 'the events');
  }),
  scene(
    'maintenance ends by itself, whether the node beats or not',
    async (stage) => {
      const a = await stage.join('a');
      await stage.join('b');
      await stage.registry.setMaintenance({ nodeId: 'a', durationMs: 60_000 });
      await stage.registry.setMaintenance({ nodeId: 'b', durationMs: 60_000 });
      await stage.advance(61_000);
      await stage.beat(a);
      expectLike(await nodeOf(stage, 'a'), { lifecycle: 'alive', status: 'active' }, 'one that beats');
      expectLike(await nodeOf(stage, 'b'), { lifecycle: 'alive', maintenanceLeftMs: null }, 'a silent one');
    },
    ['clock'],
  ),
  scene('maintenance does not bring back a node that has left, nor does its end', async (stage) => {
    await stage.registry.leave(await stage.join('a'));
    for (const durationMs of [60_000, 0]) {
      await stage.registry.setMaintenance({ nodeId: 'a', durationMs });
      expectLike(await nodeOf(stage, 'a'), { lifecycle: 'left' }, `with ${durationMs} ms`);
    }
  }),
  scene(
    'maintenance of a silent node ends by itself, though the clock was set back to before its last heartbeat',
    async (stage) => {
      await stage.join('a');
      await stage.advance(-3_600_000);
      await stage.registry.setMaintenance({ nodeId: 'a', durationMs: 60_000 });
      expectLike(await nodeOf(stage, 'a'), { lifecycle: 'maintenance' }, 'during it');
      await stage.advance(61_000);
      expectLike(await nodeOf(stage, 'a'), { lifecycle: 'alive', maintenanceLeftMs: null }, 'after it');
    },
    ['clock'],
  ),
  scene(
    'a row that an operator has made again takes no epoch that was given',
    async (stage) => {
      const a = await stage.join('a');
      const b = await stage.join('b');
      await stage.registry.leave(b);
      await stage.advance(1_000);
      await stage.readAges(a);
      const limits = { maxAgeMs: 1, maxEventCount: 1_000, departedAfterMs: 1, everyMs: 0 };
      expectLike(await stage.registry.prune({ ...a, ...limits }), { nodeCount: 1 }, 'what was pruned');
      await stage.original.putNode({ id: 'b', ipAddress: '192.0.2.1' });
      await stage.registry.setMaintenance({ nodeId: 'b', durationMs: 60_000 });
      expectSame((await stage.join('b')).epoch, 2, 'the epoch after it was pruned');
    },
    ['clock', 'original'],
  ),
  scene('a maintenance of no length that can be told is refused, and ends none', async (stage) => {
    await stage.join('a');
    await stage.registry.setMaintenance({ nodeId: 'a', durationMs: 60_000 });
    for (const durationMs of [Number.NaN, -5, Number.POSITIVE_INFINITY]) {
      const refused = await stage.registry.setMaintenance({ nodeId: 'a', durationMs }).then(
        () => 'done',
        (error: { readonly code?: unknown }) => error.code,
      );
      expectSame(refused, 'invalid', `the answer to ${durationMs} ms`);
    }
    expectLike(await nodeOf(stage, 'a'), { lifecycle: 'maintenance' }, 'the node');
  }),
];
