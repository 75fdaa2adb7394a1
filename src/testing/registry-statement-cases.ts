/** Cases: what observers say of others, and what they and the accused read of it. */

import type { OwnStatement } from '../ports/registry.ts';
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { evidence } from './registry-requests.ts';
import type { Life, Scene } from './registry-scene.ts';
import { five, scene } from './registry-scene.ts';

/** What stands of an observer, without the instants. */
async function saidBy(stage: Scene, life: Life): Promise<Omit<OwnStatement, 'affirmedAt'>[]> {
  const { statements } = await stage.round(life);
  return statements.map(({ affirmedAt: _, ...statement }) => statement);
}

export const statementCases: readonly RegistryContractCase[] = [
  five('the accused reads who accuses it now, in id order', async (stage, a, b, c, d) => {
    await stage.say(c, 'dead', a);
    await stage.say(b, 'suspect', a);
    await stage.say(d, 'suspect', a);
    await stage.say(d, 'recovered', a);
    expectSame((await stage.round(a)).accuserIds, ['b', 'c'], 'the accusers');
    await stage.join('c');
    expectSame((await stage.round(a)).accuserIds, ['b'], 'the accusers after a restart of one');
    const again = await stage.join('a');
    expectSame((await stage.round(again)).accuserIds, [], 'the accusers of the next epoch');
  }),
  five(
    'an observer reads what it has said, in this epoch or an earlier one, until it takes it back',
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
    'what waited in the queue of an earlier epoch does not cover what the present one says',
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
  five('entries are written in order, and an empty list writes nothing', async (stage, a, b, c) => {
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
    const { statements } = await stage.registry.readCluster({});
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
    expectLike(await stage.registry.readNode('a'), { refutationCount: 0 }, 'in the next epoch');
  }),
  scene('a node that many accuse is told of 32 of them, in byte order', async (stage) => {
    const target = await stage.join('target');
    const ids = Array.from({ length: 40 }, (_, index) => `observer-${String(index).padStart(2, '0')}`);
    for (const observer of await stage.joinAll(...ids)) await stage.say(observer, 'suspect', target);
    expectSame((await stage.round(target)).accuserIds, ids.slice(0, 32), 'the accusers');
  }),
  scene('accusers of an earlier epoch, however many, hide none of the present one', async (stage) => {
    const old = await stage.join('target');
    const ids = Array.from({ length: 80 }, (_, index) => `observer-${index + 10}`);
    for (const observer of await stage.joinAll(...ids)) await stage.say(observer, 'dead', old);
    const target = await stage.join('target');
    await stage.say(await stage.join('z'), 'suspect', target);
    expectSame((await stage.round(target)).accuserIds, ['z'], 'the accusers');
  }),
  five(
    'what an observer says whose row a restore has taken away is no line of the original',
    async (stage, a) => {
      await stage.say({ nodeId: 'undone', epoch: 3 }, 'dead', a);
      await stage.imported(a);
      expectSame((await stage.original.readEvents()).length, 0, 'lines in the log of the original');
      expectSame((await stage.eventKinds()).filter((kind) => kind === 'dead').length, 1, 'lines in ours');
    },
    ['original'],
  ),
];
