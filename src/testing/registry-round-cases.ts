/** Cases: which nodes an observer reads in a round. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, lifeOf, scene } from './registry-scene.ts';

export const roundCases: readonly RegistryContractCase[] = [
  scene(
    'the successors are the next nodes of the ring clockwise, as many as asked for, without oneself',
    async (stage) => {
      const lives = await stage.joinAll('c', 'a', 'e', 'b', 'd');
      const ids = async (index: number, lookAhead: number): Promise<string[]> =>
        (await stage.round(lifeOf(lives, index), { lookAhead })).successors.map(({ id }) => id);
      expectSame(await ids(0, 1), ['d'], 'one after c');
      expectSame(await ids(0, 3), ['d', 'e', 'a'], 'three after c');
      expectSame(await ids(2, 2), ['a', 'b'], 'two after the last');
      expectSame(await ids(1, 9), ['b', 'c', 'd', 'e'], 'the whole ring after a');
    },
  ),
  scene('the next nodes that beat are given where they are asked for, nearest first', async (stage) => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const lives = await stage.joinAll(...ids);
    const c = lifeOf(lives, 2);
    const { ownBeat } = await stage.round(c);
    const beatingFrom = async (beatingSince: number | null): Promise<string[]> =>
      (await stage.round(c, { lookAhead: 1, beatingSince })).beating.map(({ id }) => id);
    expectSame(await beatingFrom(null), [], 'when none are asked for');
    expectSame(await beatingFrom(0), ['d', 'e', 'f'], 'from the first heartbeat on');
    const since = ownBeat?.order ?? 0;
    expectSame(await beatingFrom(since + 4), ['g', 'h'], 'those that joined later');
    for (const index of [7, 0, 1]) await stage.beat(lifeOf(lives, index));
    expectSame(await beatingFrom(since + 6), ['h', 'a', 'b'], 'past the end of the ring');
    await stage.registry.setMaintenance({ nodeId: 'h', durationMs: 60_000 });
    await stage.registry.leave(lifeOf(lives, 0));
    expectSame(await beatingFrom(since + 6), ['b'], 'without maintenance and those that left');
  }),
  scene('ids are in the order of their bytes', async (stage) => {
    // By UTF-16 code units the emoji would come before the last one.
    const ids = ['B', 'a', 'b', 'zebra', 'Ärger', 'ä', '\uff5e', '🦊'];
    for (const id of [...ids].reverse()) await stage.join(id);
    const reading = await stage.round({ nodeId: 'B', epoch: 1 }, { lookAhead: 20 });
    expectSame(
      reading.successors.map(({ id }) => id),
      ids.slice(1),
      'the ring from B',
    );
    const wrapped = await stage.round({ nodeId: '\uff5e', epoch: 1 }, { lookAhead: 2 });
    expectSame(
      wrapped.successors.map(({ id }) => id),
      ['🦊', 'B'],
      'the ring from the last but one',
    );
    const cluster = await stage.registry.readCluster({});
    expectSame(
      cluster.nodes.map(({ id }) => id),
      ids,
      'the cluster',
    );
  }),
  scene('ids are kept as they are, quotes and SQL included', async (stage) => {
    const ids = [
      `o'brien`,
      `"quoted"`,
      `x'); DROP TABLE dns_nodes; --`,
      `?1 :a @b $c`,
      `a%_b`,
      ' ',
      'x'.repeat(255),
    ];
    for (const id of ids) await stage.join(id);
    const self = { nodeId: `o'brien`, epoch: 1 };
    const odd = { nodeId: `x'); DROP TABLE dns_nodes; --`, epoch: 1 };
    await stage.say(self, 'suspect', odd);
    const reading = await stage.round(self, { watched: ids });
    expectSame(
      [...reading.watched, ...reading.successors].map(({ id }) => id).sort(),
      [...ids].sort(),
      'the nodes that were asked for',
    );
    expectSame((await stage.round(odd)).accuserIds, [self.nodeId], 'who accuses');
    expectSame((await stage.registry.readCluster({})).nodes.length, ids.length, 'the nodes');
  }),
  five('watched nodes are told of when they exist and are not ahead anyway', async (stage, a, _b, _c, d) => {
    await stage.registry.leave(d);
    const reading = await stage.round(a, { lookAhead: 2, watched: ['b', 'd', 'e', 'e', 'stranger'] });
    expectSame(
      reading.successors.map(({ id }) => id),
      ['b', 'c'],
      'the successors',
    );
    expectSame(
      reading.watched.map(({ id, lifecycle }) => [id, lifecycle]),
      [
        ['d', 'left'],
        ['e', 'alive'],
      ],
      'the watched',
    );
  }),
  five(
    'a node that is confirmed dead is no successor, and is told of when asked for',
    async (stage, a, b, c) => {
      await stage.kill(b, a, c);
      const reading = await stage.round(a, { lookAhead: 2, watched: ['b'] });
      expectSame(
        reading.successors.map(({ id }) => id),
        ['c', 'd'],
        'the successors',
      );
      expectSame(
        reading.watched.map(({ id, lifecycle }) => [id, lifecycle]),
        [['b', 'dead']],
        'the watched',
      );
      expectSame((await stage.round(b)).isSelfDead, true, 'what the dead one reads');
      expectSame((await stage.round(c)).isSelfDead, false, 'what another one reads');
    },
  ),
  scene('the registry of one node is a ring of one', async (stage) => {
    const a = await stage.join('a');
    const reading = await stage.round(a);
    expectLike(reading.self, { id: 'a', lifecycle: 'alive', epoch: 1 }, 'itself');
    expectSame(
      [reading.successors, reading.watched, reading.statements, reading.openVerdicts, reading.accuserIds],
      [[], [], [], [], []],
      'everything else',
    );
  }),
  scene('a node without a row reads a round in which it does not occur', async (stage) => {
    await stage.join('b');
    const reading = await stage.round({ nodeId: 'a', epoch: 1 });
    expectSame(reading.self, null, 'itself');
    expectThat(reading.successors.length === 1, 'one successor', reading.successors);
  }),
];
