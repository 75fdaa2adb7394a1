/** Cases: a registry that is shared with nodes that run the original: its rows, its heartbeats, its lives. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, saysDead, x } from './registry-mixed-scene.ts';
import { five, windowMs } from './registry-scene.ts';

export const originalCases: readonly RegistryContractCase[] = [
  mixed(
    'a node that runs the original is on the ring with epoch 0 and its last_seen as heartbeat',
    async (stage, a) => {
      const lastSeen = stage.original.timeAgo(10_000);
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', internalIp: '10.0.0.1', lastSeen });
      const [, node] = (await stage.round(a)).successors;
      expectSame(
        node,
        {
          id: 'x',
          address: '10.0.0.1',
          port: null,
          epoch: 0,
          lifecycle: 'alive',
          isListed: true,
          isConfirmedDead: false,
          decisionCount: 0,
          heartbeat: lastSeen,
          refutationCount: 0,
          isNamed: false,
        },
        'the node',
      );
    },
  ),
  mixed(
    'of a node that runs the original only active and recently seen counts as listed',
    async (stage, a) => {
      const { original } = stage;
      const states = [
        ['active', 0, true, 'alive'],
        ['active', windowMs + 5_000, false, 'alive'],
        ['inactive', 0, false, 'alive'],
        ['offline', 0, false, 'away'],
        ['draining', 0, false, 'away'],
        ['joining', 0, false, 'away'],
        ['maintenance', 60_000, false, 'maintenance'],
        ['maintenance', 905_000, true, 'alive'],
        ['maintenance', windowMs + 905_000, false, 'alive'],
        ['whatever', 0, false, 'away'],
      ] as const;
      for (const [status, agoMs, isListed, lifecycle] of states) {
        await original.putNode({
          id: 'x',
          ipAddress: '192.0.2.1',
          status,
          lastSeen: original.timeAgo(agoMs),
        });
        const reading = await stage.round(a, { lookAhead: 9, watched: ['x'] });
        const found = [...reading.successors, ...reading.watched].find(({ id }) => id === 'x');
        expectLike(found, { isListed, lifecycle }, `${status}, seen ${agoMs} ms ago`);
        expectSame(
          reading.successors.some(({ id }) => id === 'x'),
          isListed,
          `${status} on the ring`,
        );
      }
    },
  ),
  mixed(
    "the reaper's inactive does not unlist a node of ours, other words do until its next heartbeat",
    async (stage, a, b) => {
      const { original, registry } = stage;
      for (const [status, isListed] of [
        ['inactive', true],
        ['offline', false],
        ['draining', false],
        ['joining', false],
      ] as const) {
        const row = await original.readNode('b');
        await original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status });
        expectSame(
          (await stage.round(a, { lookAhead: 9 })).successors.some(({ id }) => id === 'b'),
          isListed,
          status,
        );
        await registry.heartbeat(b);
        expectLike(
          await registry.readNode('b'),
          { isListed: true, lifecycle: 'alive', status: 'active' },
          `${status}, then a heartbeat`,
        );
      }
    },
  ),
  mixed('an empty internal address is none', async (stage) => {
    await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', internalIp: '' });
    expectLike(await stage.registry.readNode('x'), { address: '192.0.2.1' }, 'the node');
    await stage.original.putNode({ id: 'x', ipAddress: '', internalIp: '' });
    expectLike(await stage.registry.readNode('x'), { address: '', isListed: true }, 'a node without any');
  }),
  mixed(
    'times are read with a blank or a T, with a Z or a fraction, and one from the future counts as now',
    async (stage, a) => {
      const { original } = stage;
      const now = original.timeAgo(0);
      const old = original.timeAgo(windowMs + 3_600_000);
      for (const text of [
        now,
        now.replace(' ', 'T'),
        `${now.replace(' ', 'T')}Z`,
        `${now}.250`,
        original.timeAgo(-86_400_000),
      ]) {
        await original.putNode({ id: 'x', ipAddress: '192.0.2.1', lastSeen: text });
        expectSame(
          (await stage.round(a)).successors.some(({ id }) => id === 'x'),
          true,
          text,
        );
      }
      for (const text of [old, `${old.replace(' ', 'T')}Z`]) {
        await original.putNode({ id: 'x', ipAddress: '192.0.2.1', lastSeen: text });
        expectSame(
          (await stage.round(a)).successors.some(({ id }) => id === 'x'),
          false,
          text,
        );
      }
    },
  ),
  mixed('a row whose time cannot be read counts as not seen and hides nobody else', async (stage, a) => {
    for (const lastSeen of ['now', '', 'yesterday', '2024-13-45 99:99:99', '1700000000', '2024-01-01']) {
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', lastSeen });
      const reading = await stage.round(a, { lookAhead: 9, watched: ['x'] });
      expectSame(
        reading.successors.map(({ id }) => id),
        ['b', 'y'],
        `the ring beside ${JSON.stringify(lastSeen)}`,
      );
      expectLike(reading.watched[0], { id: 'x', isListed: false }, 'the row');
      expectLike(await stage.registry.readNode('x'), { heartbeatAgeMs: null }, 'its age');
      expectSame(
        (await stage.registry.readCluster({ membershipWindowMs: windowMs })).nodes.length,
        4,
        'the cluster',
      );
    }
  }),
  mixed('the original reads our heartbeats in its own table', async (stage, a) => {
    const row = await stage.original.readNode('a');
    await stage.original.putNode({
      id: 'a',
      ipAddress: '10.0.0.1',
      ...row,
      status: 'inactive',
      lastSeen: '2020-01-01 00:00:00',
    });
    await stage.registry.heartbeat(a);
    const seen = await stage.original.readNode('a');
    expectLike(seen, { id: 'a', ipAddress: '10.0.0.1', status: 'active' }, 'the row');
    expectSame((seen?.lastSeen ?? '') >= stage.original.timeAgo(60_000), true, `the time ${seen?.lastSeen}`);
  }),
  mixed(
    'maintenance that the installation declares lasts 15 minutes after the last heartbeat',
    async (stage, a, b) => {
      const { original } = stage;
      await original.putNode({
        id: 'x',
        ipAddress: '192.0.2.1',
        status: 'maintenance',
        lastSeen: original.timeAgo(60_000),
      });
      await stage.say(a, 'dead', x);
      await stage.say(b, 'dead', x);
      expectSame(await stage.decide(a, x), { outcome: 'alive', reason: 'maintenance' }, 'during it');
      await original.putNode({
        id: 'x',
        ipAddress: '192.0.2.1',
        status: 'maintenance',
        lastSeen: original.timeAgo(905_000),
      });
      expectLike(await stage.decide(a, x), { outcome: 'dead' }, 'after it');
    },
  ),
  mixed('a node that runs the original can be put into maintenance', async (stage, a) => {
    expectSame(
      await stage.registry.setMaintenance({ nodeId: 'x', durationMs: 60_000 }),
      true,
      'a known node',
    );
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'maintenance', epoch: 0 }, 'during it');
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x');
    expectSame(await stage.decide(a, x), { outcome: 'alive', reason: 'maintenance' }, 'the answer during it');
    await stage.registry.setMaintenance({ nodeId: 'x', durationMs: 0 });
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'alive', isListed: true }, 'after it');
  }),
  mixed(
    'a node that runs the original and was not seen since our maintenance stays on the ring until a verdict stands',
    async (stage, a) => {
      await stage.registry.setMaintenance({ nodeId: 'x', durationMs: 60_000 });
      await stage.advance(86_400_000);
      await stage.registry.heartbeat(a);
      expectSame(
        (await stage.round(a, { lookAhead: 9 })).successors.map(({ id }) => id),
        ['x'],
        'the ring',
      );
      await stage.say(a, 'dead', x);
      const alone = { minQuorum: 1, maxDeadFraction: 1 };
      expectLike(await stage.decide(a, x, alone), { outcome: 'dead' }, 'the verdict');
      const { successors, watched } = await stage.round(a, { lookAhead: 9, watched: ['x'] });
      expectSame([successors.length, watched.map(({ isListed }) => isListed)], [0, [false]], 'after it');
    },
    ['original', 'clock'],
  ),
  mixed('the return of a node that runs the original begins its next epoch', async (stage, a, b) => {
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x');
    await stage.decide(a, x);
    await stage.finish(x, await stage.mustClaim(a, x));
    await stage.say(a, 'recovered', x);
    await stage.say(b, 'recovered', x);
    expectLike(
      await stage.registry.readNode('x'),
      { epoch: 1, isConfirmedDead: false, isListed: true, isNamed: false },
      'the node',
    );
    const next = { nodeId: 'x', epoch: 1 };
    expectLike(await stage.decide(a, next), { reason: 'votes', voteCount: 0 }, 'its next life');
    await stage.say(a, 'dead', next);
    await saysDead(stage, 'y', 'x');
    expectLike(await stage.decide(a, next), { outcome: 'dead', isNew: true }, 'its next death');
  }),
  mixed('a return from before the verdict begins no epoch, however late it comes', async (stage, a, b) => {
    await stage.say(a, 'dead', x);
    await saysDead(stage, 'y', 'x');
    await stage.decide(a, x);
    await stage.finish(x, await stage.mustClaim(a, x));
    await stage.say(b, 'suspect', x);
    await stage.say(b, 'recovered', x, 0);
    expectLike(
      await stage.registry.readNode('x'),
      { epoch: 0, isConfirmedDead: true, decisionCount: 1 },
      'the node',
    );
    expectLike(await stage.decide(a, x), { outcome: 'dead', isNew: false }, 'its death');
    await stage.say(b, 'recovered', x, 1);
    expectLike(
      await stage.registry.readNode('x'),
      { epoch: 1, isConfirmedDead: false, decisionCount: 0 },
      'the node that answers',
    );
  }),
  mixed('a return without a verdict begins no epoch', async (stage, a) => {
    await stage.say(a, 'dead', x);
    await stage.say(a, 'recovered', x);
    expectLike(await stage.registry.readNode('x'), { epoch: 0 }, 'the node');
  }),
  mixed('a node that runs the original can become one of ours', async (stage, a, b) => {
    await stage.say(a, 'dead', x);
    await stage.say(b, 'dead', x);
    await stage.decide(a, x);
    expectLike(await stage.join('x', { afterEpoch: 0 }), { epoch: 1 }, 'its first epoch');
    expectLike(
      await stage.registry.readNode('x'),
      { isConfirmedDead: false, isNamed: true, isListed: true },
      'the node',
    );
    expectLike(await stage.claim(a, x), { reason: 'resolved' }, 'the verdict of before');
  }),
  mixed(
    'a node that runs the original can be taken off the ring, until its own heartbeat',
    async (stage, a) => {
      await stage.say(a, 'dead', x);
      await stage.registry.leave(x);
      await stage.registry.leave(x);
      expectLike(
        await stage.registry.readNode('x'),
        { lifecycle: 'left', isListed: false, epoch: 1 },
        'the node',
      );
      expectSame(
        await stage.decide(a, x),
        { outcome: 'alive', reason: 'newer-epoch' },
        'the answer about it',
      );
      expectSame(
        await stage.decide(a, { nodeId: 'x', epoch: 1 }),
        { outcome: 'alive', reason: 'left' },
        'the answer about it now',
      );
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', status: 'active' });
      expectLike(
        await stage.registry.readNode('x'),
        { lifecycle: 'alive', isListed: true },
        'after a heartbeat',
      );
    },
  ),
  mixed('the log holds rows of the original in their place, once', async (stage, a, b) => {
    await stage.say(a, 'suspect', x);
    await saysDead(stage, 'y', 'x');
    await stage.say(b, 'suspect', x);
    await stage.original.appendEvent({ observerId: 'y', targetId: 'x', status: 'recovered' });
    const { registry } = stage;
    const page = await registry.readEvents({ after: null, limit: 100 });
    const told = page.events.map(({ kind, observerId }) => `${observerId} ${kind}`);
    expectSame(told, ['a joined', 'b joined', 'a suspect', 'y dead', 'b suspect', 'y recovered'], 'the log');
    const rest: string[] = [];
    for (const { cursor } of page.events) {
      const next = await registry.readEvents({ after: cursor, limit: 100 });
      rest.push(String(next.events.length));
    }
    expectSame(rest, ['5', '4', '3', '2', '1', '0'], 'how many come after each');
    const newest = await registry.readEvents({ after: null, limit: 3 });
    expectSame(
      newest.events.map(({ observerId }) => observerId),
      ['y', 'b', 'y'],
      'the newest three',
    );
  }),
  five(
    'a row that the installation deleted harms nobody',
    async (stage, a, b, c) => {
      await stage.original.removeNode('b');
      const reading = await stage.round(a, { watched: ['b'] });
      expectSame([reading.successors[0]?.id, reading.watched], ['c', []], 'the round');
      expectSame((await stage.round(b)).self, null, 'its own round');
      await stage.say(a, 'dead', b);
      await stage.say(c, 'dead', b);
      expectLike(await stage.decide(a, b), { outcome: 'dead' }, 'its death');
      expectSame(await stage.registry.heartbeat(b), 'beating', 'its heartbeat');
    },
    ['original'],
  ),
];
