/** Cases: what an observer reads in a round, and what it and others have said. */

import type { OwnStatement } from '../ports/registry.ts';
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import type { Life, Scene } from './registry-scene.ts';
import { evidence, five, lifeOf, scene, windowMs } from './registry-scene.ts';

/** What stands of an observer, without the instants. */
async function saidBy(stage: Scene, life: Life): Promise<Omit<OwnStatement, 'affirmedAt'>[]> {
  const { statements } = await stage.round(life);
  return statements.map(({ affirmedAt: _, ...statement }) => statement);
}

export const roundCases: readonly RegistryContractCase[] = [
  scene(
    'the successors are the next listed nodes clockwise, as many as asked for, without oneself',
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
    const cluster = await stage.registry.readCluster({ membershipWindowMs: windowMs });
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
    expectSame(
      (await stage.registry.readCluster({ membershipWindowMs: windowMs })).nodes.length,
      ids.length,
      'the nodes',
    );
  }),
  five('watched nodes are told of when they exist and are not ahead anyway', async (stage, a, _b, _c, d) => {
    await stage.registry.leave(d);
    const reading = await stage.round(a, { lookAhead: 2, watched: ['b', 'd', 'e', 'e', 'nobody'] });
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
        reading.watched.map(({ id, isConfirmedDead, isListed }) => [id, isConfirmedDead, isListed]),
        [['b', true, true]],
        'the watched',
      );
      expectSame((await stage.round(b)).isSelfDead, true, 'what the dead one reads');
      expectSame((await stage.round(c)).isSelfDead, false, 'what another one reads');
    },
  ),
  five('the accused reads who accuses it now, in id order', async (stage, a, b, c, d) => {
    await stage.say(c, 'dead', a);
    await stage.say(b, 'suspect', a);
    await stage.say(d, 'suspect', a);
    await stage.say(d, 'recovered', a);
    expectSame((await stage.round(a)).accuserIds, ['b', 'c'], 'the accusers');
    await stage.join('c');
    expectSame((await stage.round(a)).accuserIds, ['b'], 'the accusers after a restart of one');
    const again = await stage.join('a');
    expectSame((await stage.round(again)).accuserIds, [], 'the accusers of the next life');
  }),
  five(
    'an observer reads what it has said, in this life or an earlier one, until it takes it back',
    async (stage, a, b, c) => {
      await stage.say(a, 'suspect', b);
      await stage.say(a, 'dead', b);
      await stage.say(a, 'suspect', c);
      const again = await stage.join('a');
      expectSame(
        await saidBy(stage, again),
        [
          { targetId: 'b', targetEpoch: 1, status: 'dead', observerEpoch: 1 },
          { targetId: 'c', targetEpoch: 1, status: 'suspect', observerEpoch: 1 },
        ],
        'its statements',
      );
      await stage.say(again, 'recovered', b);
      await stage.join('c');
      expectSame(
        await saidBy(stage, again),
        [{ targetId: 'c', targetEpoch: 1, status: 'suspect', observerEpoch: 1 }],
        'its statements after a recovery, and a restart of the other',
      );
    },
  ),
  scene(
    'an observer reads when each of its statements was affirmed, by the clock that its heartbeats have',
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      await stage.say(a, 'dead', b);
      await stage.advance(60_000);
      await stage.registry.heartbeat(a);
      const before = await stage.round(a);
      const ageMs = (before.ownBeat?.at ?? 0) - (before.statements[0]?.affirmedAt ?? 0);
      expectThat(ageMs >= 60_000 && ageMs < 120_000, 'a statement a minute older than the heartbeat', ageMs);
      await stage.say(a, 'dead', b);
      const after = await stage.round(a);
      expectThat(
        (after.statements[0]?.affirmedAt ?? 0) >= (after.ownBeat?.at ?? 0),
        'the affirmation after the heartbeat',
        after.statements,
      );
    },
    ['clock'],
  ),
  five(
    'what waited in the queue of an earlier life does not cover what the present one says',
    async (stage, old, b) => {
      const a = await stage.join('a');
      await stage.say(a, 'suspect', b);
      await stage.say(old, 'dead', b);
      await stage.say(old, 'recovered', b);
      expectSame(
        await saidBy(stage, a),
        [{ targetId: 'b', targetEpoch: 1, status: 'suspect', observerEpoch: 2 }],
        'its statements',
      );
    },
  ),
  five('an entry is written once, however often it is repeated', async (stage, a, b) => {
    const entry = {
      operationId: 'once',
      observerId: 'a',
      observerEpoch: a.epoch,
      kind: 'dead',
      targetId: 'b',
      targetEpoch: b.epoch,
      evidence,
    } as const;
    await stage.registry.record([entry, entry]);
    await stage.say(a, 'recovered', b);
    await stage.registry.record([entry]);
    expectSame((await stage.round(a)).statements, [], 'its statements');
    expectSame(
      (await stage.eventKinds()).filter((kind) => kind === 'dead').length,
      1,
      'the votes in the log',
    );
  }),
  five('entries are written in order, and none leaves nothing behind', async (stage, a, b, c) => {
    const base = { observerId: 'a', observerEpoch: a.epoch, evidence: null } as const;
    await stage.registry.record([]);
    await stage.registry.record([
      { ...base, operationId: '1', kind: 'suspect', targetId: 'b', targetEpoch: b.epoch },
      { ...base, operationId: '2', kind: 'dead', targetId: 'b', targetEpoch: b.epoch },
      { ...base, operationId: '3', kind: 'recovered', targetId: 'b', targetEpoch: b.epoch },
      { ...base, operationId: '4', kind: 'suspect', targetId: 'c', targetEpoch: c.epoch },
    ]);
    expectSame((await stage.eventKinds()).slice(-4), ['suspect', 'dead', 'recovered', 'suspect'], 'the log');
    expectSame(
      (await stage.round(a)).statements.map(({ targetId }) => targetId),
      ['c'],
      'its statements',
    );
  }),
  five('a statement keeps its evidence', async (stage, a, b) => {
    await stage.say(a, 'dead', b);
    const { statements } = await stage.registry.readCluster({ membershipWindowMs: windowMs });
    expectLike(
      statements[0],
      { observerId: 'a', targetId: 'b', status: 'dead', isValid: true, evidence },
      'the statement',
    );
    expectSame((await stage.events()).at(-1)?.detail, evidence, 'the event');
  }),
  five('notes are in the log and nothing follows from them', async (stage, a, b) => {
    const detail = { text: `it's "so"`, count: 3, list: [1, null, 'ä🦊'] };
    const base = { observerId: 'a', observerEpoch: a.epoch };
    await stage.registry.record([
      { ...base, operationId: '1', kind: 'unreachable', targetId: 'b', targetEpoch: b.epoch, detail },
      { ...base, operationId: '2', kind: 'outage', targetId: null, targetEpoch: null, detail: {} },
    ]);
    const events = (await stage.events()).slice(-2);
    expectLike(
      events[0],
      { kind: 'unreachable', observerId: 'a', targetId: 'b', targetEpoch: 1, detail },
      'the first',
    );
    expectLike(
      events[1],
      { kind: 'outage', observerId: 'a', targetId: null, targetEpoch: null },
      'the second',
    );
    expectSame((await stage.round(b)).accuserIds, [], 'who accuses b');
  }),
  scene('a refutation counts for the present epoch only', async (stage) => {
    const old = await stage.join('a');
    await stage.registry.refute(old);
    await stage.registry.refute(old);
    expectLike(await stage.registry.readNode('a'), { refutationCount: 2 }, 'after two');
    await stage.join('a');
    await stage.registry.refute(old);
    expectLike(await stage.registry.readNode('a'), { refutationCount: 0 }, 'in the next life');
  }),
  scene('the registry of one node is a ring of one', async (stage) => {
    const a = await stage.join('a');
    const reading = await stage.round(a);
    expectLike(reading.self, { id: 'a', isListed: true, epoch: 1 }, 'itself');
    expectSame(
      [reading.successors, reading.watched, reading.statements, reading.openVerdicts, reading.accuserIds],
      [[], [], [], [], []],
      'everything else',
    );
  }),
  scene('a stranger reads a round in which it does not occur', async (stage) => {
    await stage.join('b');
    const reading = await stage.round({ nodeId: 'a', epoch: 1 });
    expectSame(reading.self, null, 'itself');
    expectThat(reading.successors.length === 1, 'one successor', reading.successors);
  }),
  scene('a node that many accuse is told of 32 of them, in byte order', async (stage) => {
    const target = await stage.join('target');
    const ids = Array.from({ length: 40 }, (_, index) => `observer-${String(index).padStart(2, '0')}`);
    for (const observer of await stage.joinAll(...ids)) await stage.say(observer, 'suspect', target);
    expectSame((await stage.round(target)).accuserIds, ids.slice(0, 32), 'the accusers');
  }),
];
