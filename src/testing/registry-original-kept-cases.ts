/** Cases: the rows that nodes of ours have in `dns_nodes`: those that they keep themselves, and those that another program keeps. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed } from './registry-mixed-scene.ts';
import { windowMs } from './registry-requests.ts';
import { five, type Life, type Scene, scene } from './registry-scene.ts';

/** A case with a node a of ours whose row another program keeps, and a node b that reads it. */
function kept(title: string, run: (stage: Scene, a: Life, b: Life) => Promise<void>): RegistryContractCase {
  return scene(
    title,
    async (stage) => {
      await put(stage, { status: 'active' });
      const a = await stage.join('a', { address: null });
      const b = await stage.join('b');
      await stage.imported(b);
      await run(stage, a, b);
    },
    ['original'],
  );
}

async function put(stage: Scene, row: object): Promise<void> {
  await stage.original.putNode({ id: 'a', ipAddress: '192.0.2.1', internalIp: '10.0.0.9', ...row });
}

export const originalKeptCases: readonly RegistryContractCase[] = [
  mixed(
    'on a row that a node keeps itself active, inactive and maintenance mean nothing, and any other status takes it off until it beats',
    async (stage, a, b) => {
      const { original, registry } = stage;
      for (const [status, lifecycle] of [
        ['inactive', 'alive'],
        ['maintenance', 'alive'],
        ['active', 'alive'],
        ['offline', 'away'],
        ['draining', 'away'],
        ['joining', 'away'],
        ['strange', 'away'],
      ] as const) {
        const row = await original.readNode('b');
        await original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status });
        await stage.imported(a);
        expectSame(await stage.lifecycleFor(a, 'b'), lifecycle, status);
        expectSame((await stage.ring(a)).includes('b'), lifecycle === 'alive', `${status} on the ring`);
        await stage.beat(b);
        expectLike(
          await registry.readNode('b'),
          { lifecycle: 'alive', status: 'active' },
          `${status}, then a heartbeat`,
        );
        await stage.imported(a);
        expectSame((await stage.ring(a)).includes('b'), true, `${status}, then a heartbeat, on the ring`);
      }
    },
  ),
  mixed('a last_seen that another program writes to such a row is no heartbeat of it', async (stage, a) => {
    const before = await stage.registry.readNode('b');
    const row = await stage.original.readNode('b');
    const lastSeen = stage.original.timeAgo(3_600_000);
    await stage.original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, lastSeen });
    await stage.imported(a);
    expectLike(
      await stage.registry.readNode('b'),
      { beatOrder: before?.beatOrder, lifecycle: 'alive' },
      'the node',
    );
  }),
  five(
    'a row that a node keeps itself and that was deleted is put back with its next heartbeat, which says so',
    async (stage, a, b) => {
      const { original, registry } = stage;
      const f = await stage.join('f', { address: '192.0.2.3', internalAddress: '10.0.0.3', region: 'eu' });
      for (const life of [b, f, b]) {
        await stage.beat(life);
        const before = await original.readNode(life.nodeId);
        await original.removeNode(life.nodeId);
        await stage.imported(a);
        expectSame(await stage.ring(a), ['b', 'c', 'd', 'e', 'f'], 'the ring meanwhile');
        expectSame(await registry.heartbeat(life), 'beating', 'the heartbeat');
        const { lastSeen: _, ...row } = (await original.readNode(life.nodeId)) ?? { lastSeen: '' };
        expectLike(before, row, `the row of ${life.nodeId}`);
        expectLike(row, { id: life.nodeId, status: 'active' }, `the row of ${life.nodeId}`);
      }
      for (let count = 0; count < 2; count++) await stage.beat(b, f);
      const told = (await stage.events()).filter(({ kind }) => kind === 'listed-again');
      expectSame(
        told.map(({ observerId, targetId, targetEpoch }) => [observerId, targetId, targetEpoch]),
        [
          ['b', 'b', b.epoch],
          ['f', 'f', f.epoch],
          ['b', 'b', b.epoch],
        ],
        'the log',
      );
    },
    ['original'],
  ),
  five(
    'a row that was deleted is put back by the process that joined and by any other, in maintenance too',
    async (stage, _, b, c) => {
      const other = await stage.another();
      for (const life of [b, c]) await stage.original.removeNode(life.nodeId);
      await other.heartbeat(b);
      expectLike(await stage.original.readNode('b'), { status: 'active' }, 'the row');
      await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 600_000 });
      await stage.registry.heartbeat(c);
      expectLike(await stage.original.readNode('c'), { status: 'maintenance' }, 'the row in maintenance');
    },
    ['original'],
  ),
  five(
    'a node whose row was deleted is judged, and no epoch that is over puts the row back',
    async (stage, a, b, c, d, e) => {
      const { original, registry } = stage;
      await stage.beat(b, d, e);
      for (const { nodeId } of [b, d, e]) await original.removeNode(nodeId);
      await stage.kill(b, a, c);
      expectSame(await stage.ring(a), ['c', 'd', 'e'], 'the ring after a verdict');
      await registry.leave(d);
      const next = await stage.join('e', { address: null });
      for (const life of [b, d, e, next]) await registry.heartbeat(life);
      for (const { nodeId } of [b, d, e])
        expectSame(await original.readNode(nodeId), null, `the row of ${nodeId}`);
      expectSame((await stage.eventKinds()).includes('listed-again'), false, 'a line in the log');
    },
    ['original'],
  ),
  mixed(
    'a row that a status had taken off the ring is not put back when it is deleted: the node is away until there is one',
    async (stage, a, b) => {
      const { original, registry } = stage;
      const row = await original.readNode('b');
      await original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status: 'offline' });
      await stage.imported(a);
      await original.removeNode('b');
      for (let count = 0; count < 3; count++) {
        await stage.imported(a);
        expectSame(await registry.heartbeat(b), 'beating', 'the heartbeat');
        expectSame(await stage.lifecycleFor(a, 'b'), 'away', 'the node');
        expectSame(await original.readNode('b'), null, 'the row');
      }
      await original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status: 'active' });
      await stage.imported(a);
      for (let count = 0; count < 2; count++) await stage.beat(b);
      expectLike(await registry.readNode('b'), { lifecycle: 'alive', status: 'active' }, 'with a row again');
      await original.removeNode('b');
      await stage.beat(b);
      expectLike(await original.readNode('b'), { status: 'active' }, 'the row that was deleted once more');
    },
  ),
  kept('a join without an address leaves the row of the node to its owner', async (stage, a, b) => {
    const before = await stage.original.readNode('a');
    await stage.beat(a);
    expectSame(await stage.original.readNode('a'), before, 'the row');
    expectLike(
      await stage.registry.readNode('a'),
      { address: '10.0.0.9', epoch: 1, lifecycle: 'alive' },
      'the node',
    );
    await put(stage, { internalIp: '10.0.0.10' });
    await stage.imported(b);
    expectLike((await stage.round(b)).successors[0], { id: 'a', address: '10.0.0.10' }, 'as b reads it');
  }),
  kept(
    'on a row that another program keeps its status says whether the node is on the ring',
    async (stage, a, b) => {
      for (const [status, lifecycle] of [
        ['inactive', 'alive'],
        ['active', 'alive'],
        ['draining', 'away'],
        ['maintenance', 'maintenance'],
        ['strange', 'away'],
        ['active', 'alive'],
      ] as const) {
        await put(stage, { status });
        await stage.imported(b);
        await stage.beat(a);
        await stage.imported(b);
        expectSame(await stage.lifecycleFor(b, 'a'), lifecycle, `${status}, and heartbeats`);
        expectSame(await stage.ring(b), lifecycle === 'alive' ? ['a'] : [], `the ring with ${status}`);
      }
    },
  ),
  kept('a node of ours on such a row is on the ring however old its last_seen is', async (stage, _a, b) => {
    await put(stage, { lastSeen: stage.original.timeAgo(10 * windowMs) });
    await stage.imported(b);
    expectSame(await stage.ring(b), ['a'], 'the ring');
  }),
  kept(
    'a row that its program has deleted takes the node off the ring until it is back',
    async (stage, a, b) => {
      await stage.original.removeNode('a');
      await stage.imported(b);
      await stage.beat(a);
      expectSame(await stage.ring(b), [], 'the ring');
      expectSame(await stage.lifecycleFor(b, 'a'), 'away', 'the node');
      await put(stage, {});
      await stage.imported(b);
      expectSame(await stage.ring(b), ['a'], 'the ring with a new row');
    },
  ),
  scene(
    'a node that joins without an address and without any row is known, and not on the ring',
    async (stage) => {
      const b = await stage.join('b');
      await stage.join('a', { address: null });
      expectLike(
        await stage.registry.readNode('a'),
        { epoch: 1, lifecycle: 'away', address: '' },
        'the node',
      );
      expectSame(await stage.ring(b), [], 'the ring');
    },
  ),
  mixed('the original reads our joins, heartbeats and leaves in its own table', async (stage, a, b) => {
    const { original } = stage;
    await original.putNode({
      id: 'a',
      ipAddress: '10.0.0.1',
      status: 'inactive',
      lastSeen: '2020-01-01 00:00:00',
    });
    await stage.beat(a);
    const beaten = await original.readNode('a');
    expectLike(beaten, { id: 'a', ipAddress: '10.0.0.1', status: 'active' }, 'the row after a heartbeat');
    expectSame((beaten?.lastSeen ?? '') >= original.timeAgo(60_000), true, `the time ${beaten?.lastSeen}`);
    await stage.registry.leave(b);
    expectLike(await original.readNode('b'), { status: 'inactive' }, 'the row after a leave');
    await stage.join('b');
    expectLike(await original.readNode('b'), { status: 'active' }, 'the row after a join');
  }),
];
