/** Cases: the rows that nodes of ours have in `dns_nodes`: those that they keep themselves, and those that another program keeps. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed } from './registry-mixed-scene.ts';
import { five, type Life, type Scene, scene, windowMs } from './registry-scene.ts';

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
    'a row that a node keeps itself may be deleted, and the node is on the ring and judged',
    async (stage, a, b, c) => {
      await stage.original.removeNode('b');
      await stage.imported(a);
      expectSame(await stage.ring(a), ['b', 'c', 'd', 'e'], 'the ring');
      expectLike((await stage.round(b)).self, { id: 'b', lifecycle: 'alive' }, 'its own row');
      await stage.beat(b);
      expectLike(
        await stage.registry.readNode('b'),
        { lifecycle: 'alive', address: '10.0.0.1' },
        'after a heartbeat',
      );
      await stage.kill(b, a, c);
      expectSame(await stage.ring(a), ['c', 'd', 'e'], 'the ring after a verdict');
    },
    ['original'],
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
