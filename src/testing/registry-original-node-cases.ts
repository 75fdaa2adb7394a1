/** Cases: a node that runs the original, as its row in `dns_nodes` tells of it: its status, its heartbeats, its address. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, passes, saysDead, x } from './registry-mixed-scene.ts';
import { windowMs } from './registry-requests.ts';
import { type Scene, scene } from './registry-scene.ts';

const yearMs = 31_536_000_000;

export const originalNodeCases: readonly RegistryContractCase[] = [
  mixed('a node that runs the original is on the ring with epoch 0', async (stage, a) => {
    await putSeen(stage, 10_000, { internalIp: '10.0.0.1' });
    await stage.imported(a);
    const found = (await stage.round(a)).successors.find(({ id }) => id === 'x');
    const { beatOrder, ...node } = found ?? { beatOrder: 0 };
    expectSame(
      node,
      {
        id: 'x',
        address: '10.0.0.1',
        port: null,
        epoch: 0,
        lifecycle: 'alive',
        decisionCount: 0,
        refutationCount: 0,
        obituary: null,
        isNamed: false,
      },
      'the node',
    );
    expectThat(beatOrder > 0, 'a place among the heartbeats', beatOrder);
    expectSame(await stage.ring(a), ['b', 'x', 'y'], 'the ring');
  }),
  scene(
    'a row of the original is on the ring when a heartbeat has looked through the rows, which each does after a while',
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      await stage.imported(a);
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1' });
      await stage.beat(a, b);
      expectSame(await stage.ring(a), ['b'], 'the ring at once');
      await stage.advance(31_000);
      await stage.beat(b);
      expectSame(await stage.ring(a), ['b', 'x'], 'the ring after 31 s');
    },
    ['original', 'clock'],
  ),
  mixed('a node is read, and a death decided, by its row as it is now', async (stage, a, b) => {
    await stage.original.putNode({ id: 'z', ipAddress: '192.0.2.9' });
    expectLike(
      await stage.registry.readNode('z'),
      { id: 'z', epoch: 0, lifecycle: 'alive', address: '192.0.2.9', status: 'active' },
      'one that no heartbeat has looked at',
    );
    await stage.original.putNode({ id: 'w', ipAddress: '192.0.2.8' });
    const w = { nodeId: 'w', epoch: 0 };
    for (const observer of [a, b]) await stage.say(observer, 'dead', w);
    expectLike(await stage.decide(a, w), { outcome: 'dead', isNew: true }, 'the death of another one');
    for (const observer of [a, b]) await stage.say(observer, 'dead', x);
    await putSeen(stage, 60_000, { status: 'maintenance' });
    expectSame(
      await stage.decide(a, x, { maxDeadFraction: 1 }),
      { outcome: 'alive', reason: 'maintenance' },
      'the answer about one that has gone into maintenance',
    );
  }),
  mixed('a status of dns_nodes says whether the node is on the ring', async (stage, a) => {
    const statuses = [
      ['maintenance', 'maintenance'],
      ['active', 'alive'],
      ['inactive', 'away'],
      ['active', 'alive'],
      ['offline', 'away'],
      ['draining', 'away'],
      ['joining', 'away'],
      ['strange', 'away'],
      ['', 'away'],
      ['active', 'alive'],
    ] as const;
    for (const [index, [status, lifecycle]] of statuses.entries()) {
      await putSeen(stage, 1_000 * index, { status });
      await stage.imported(a);
      expectSame(await stage.lifecycleFor(a, 'x'), lifecycle, status);
      expectSame((await stage.ring(a)).includes('x'), lifecycle === 'alive', `${status} on the ring`);
    }
  }),
  mixed(
    'a last_seen that has changed is a heartbeat, however it compares with now or the one before',
    async (stage, a) => {
      let before = await beatOrderOf(stage, a);
      for (const agoMs of [5_000, 60_000, -60_000, -yearMs, 10_000, yearMs, 20_000]) {
        await putSeen(stage, agoMs);
        await stage.imported(a);
        const order = await beatOrderOf(stage, a);
        expectThat(order > before, `a higher place when seen ${agoMs} ms ago`, [before, order]);
        expectSame(await stage.lifecycleFor(a, 'x'), 'alive', `seen ${agoMs} ms ago`);
        before = order;
      }
    },
  ),
  mixed('a last_seen that has not changed is no heartbeat, however new it is', async (stage, a) => {
    for (const agoMs of [0, -yearMs]) {
      const lastSeen = stage.original.timeAgo(agoMs);
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', lastSeen });
      await stage.imported(a);
      const before = await beatOrderOf(stage, a);
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.77', lastSeen });
      await stage.imported(a);
      expectSame(await beatOrderOf(stage, a), before, `its place when seen ${agoMs} ms ago`);
    }
  }),
  mixed(
    'a node that runs the original is away when its last_seen stands still for a window, and back when it changes',
    async (stage, a) => {
      await putSeen(stage, -yearMs);
      await stage.imported(a);
      await passes(stage, a, windowMs - 5_000);
      expectSame(await stage.lifecycleFor(a, 'x'), 'alive', 'just before the end of the window');
      await passes(stage, a, 10_000);
      expectSame(await stage.lifecycleFor(a, 'x'), 'away', 'after it');
      expectSame(await stage.ring(a), ['b'], 'the ring');
      await putSeen(stage, 5 * windowMs);
      await stage.imported(a);
      expectSame(await stage.ring(a), ['b', 'x'], 'the ring after a change');
    },
    ['original', 'clock'],
  ),
  mixed(
    'the one who looks through the rows says how long the window is',
    async (stage, a) => {
      await stage.advance(61_000);
      await stage.imported(a, 120_000);
      expectSame(await stage.ring(a), ['b', 'x', 'y'], 'with two minutes');
      await stage.imported(a, 60_000);
      expectSame(await stage.ring(a), ['b'], 'with one');
    },
    ['original', 'clock'],
  ),
  mixed(
    'a row that is old when it is first seen puts no node on the ring, until it changes',
    async (stage, a) => {
      const { original } = stage;
      const old = original.timeAgo(windowMs + 3_600_000);
      for (const lastSeen of [old, `${old.replace(' ', 'T')}Z`, '2020-01-01 00:00:00']) {
        const id = `old at ${lastSeen}`;
        await original.putNode({ id, ipAddress: '192.0.2.9', lastSeen });
        for (let count = 0; count < 2; count++) {
          await stage.imported(a);
          expectSame((await stage.ring(a)).includes(id), false, id);
        }
        await original.putNode({
          id,
          ipAddress: '192.0.2.9',
          lastSeen: original.timeAgo(windowMs + 7_200_000),
        });
        await stage.imported(a);
        expectSame((await stage.ring(a)).includes(id), true, `${id}, after a change`);
      }
    },
  ),
  mixed('times are read with a blank or a T, with a Z or a fraction', async (stage, a) => {
    const now = stage.original.timeAgo(0);
    const forms = [now, now.replace(' ', 'T'), `${now.replace(' ', 'T')}Z`, `${now}.250`];
    for (const lastSeen of [...forms, stage.original.timeAgo(-86_400_000)]) {
      const id = `seen at ${lastSeen}`;
      await stage.original.putNode({ id, ipAddress: '192.0.2.9', lastSeen });
      await stage.imported(a);
      expectSame((await stage.ring(a)).includes(id), true, id);
    }
  }),
  mixed('a row whose time cannot be read is not on the ring and hides no other', async (stage, a) => {
    const texts = ['now', '', 'yesterday', '2024-13-45 99:99:99', '1700000000', '2024-01-01'];
    for (const [index, lastSeen] of texts.entries())
      await stage.original.putNode({ id: `odd ${index}`, ipAddress: '192.0.2.9', lastSeen });
    await stage.original.putNode({ id: 'z', ipAddress: '192.0.2.9' });
    await stage.imported(a);
    expectSame(await stage.ring(a), ['b', 'x', 'y', 'z'], 'the ring');
    expectLike(await stage.registry.readNode('z'), { lifecycle: 'alive' }, 'one that can be read');
  }),
  mixed('a row that its owner has deleted is away, and back when it is there again', async (stage, a) => {
    await stage.original.removeNode('x');
    await stage.imported(a);
    expectSame(await stage.ring(a), ['b', 'y'], 'the ring');
    await putSeen(stage, 5_000);
    await stage.imported(a);
    expectSame(await stage.ring(a), ['b', 'x', 'y'], 'the ring with a new row');
  }),
  mixed('an empty internal address is none, and a change of address is read', async (stage) => {
    const { original, registry } = stage;
    await original.putNode({ id: 'x', ipAddress: '192.0.2.1', internalIp: '' });
    expectLike(await registry.readNode('x'), { address: '192.0.2.1' }, 'the node');
    await original.putNode({ id: 'x', ipAddress: '192.0.2.1', internalIp: '10.0.0.7' });
    expectLike(await registry.readNode('x'), { address: '10.0.0.7' }, 'with another one');
    await original.putNode({ id: 'x', ipAddress: '', internalIp: '' });
    expectLike(await registry.readNode('x'), { address: '', lifecycle: 'alive' }, 'without any');
  }),
  mixed(
    'a maintenance that the original declares ends 15 minutes after its last change',
    async (stage, a, b) => {
      await putSeen(stage, 60_000, { status: 'maintenance' });
      await stage.imported(a, 4 * windowMs);
      for (const observer of [a, b]) await stage.say(observer, 'dead', x);
      expectSame(await stage.decide(a, x), { outcome: 'alive', reason: 'maintenance' }, 'during it');
      await stage.advance(600_000);
      await putSeen(stage, 30_000, { status: 'maintenance' });
      await stage.imported(a, 4 * windowMs);
      await stage.advance(895_000);
      await stage.imported(a, 4 * windowMs);
      expectSame(await stage.lifecycleFor(a, 'x'), 'maintenance', 'just before its end');
      await stage.advance(10_000);
      await stage.imported(a, 4 * windowMs);
      expectSame(await stage.lifecycleFor(a, 'x'), 'alive', 'after it');
      expectThat((await stage.ring(a)).includes('x'), 'the node on the ring');
    },
    ['original', 'clock'],
  ),
  mixed('a node that runs the original can be put into maintenance by an operator', async (stage, a) => {
    const { registry } = stage;
    expectSame(await registry.setMaintenance({ nodeId: 'x', durationMs: 60_000 }), true, 'a known node');
    expectLike(await registry.readNode('x'), { lifecycle: 'maintenance', epoch: 0 }, 'during it');
    expectSame(await stage.ring(a), ['b', 'y'], 'the ring');
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x');
    expectSame(await stage.decide(a, x), { outcome: 'alive', reason: 'maintenance' }, 'the answer during it');
    await registry.setMaintenance({ nodeId: 'x', durationMs: 0 });
    expectLike(await registry.readNode('x'), { lifecycle: 'alive' }, 'after it');
    expectLike(await stage.decide(a, x), { outcome: 'dead', isNew: true }, 'the answer after it');
  }),
];

/** Writes the row of x as its own heartbeat would, `active` unless something else is said. */
async function putSeen(stage: Scene, agoMs: number, row: object = {}): Promise<void> {
  const lastSeen = stage.original.timeAgo(agoMs);
  await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', lastSeen, ...row });
}

async function beatOrderOf(stage: Scene, reader: { readonly nodeId: string; readonly epoch: number }) {
  const { successors } = await stage.round(reader, { lookAhead: 9 });
  return successors.find(({ id }) => id === 'x')?.beatOrder ?? 0;
}
