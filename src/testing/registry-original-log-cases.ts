/** Cases: the one event log of a cluster that is shared with the original, and the rows that the original reads of ours. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, saysDead, x } from './registry-mixed-scene.ts';
import { evidence } from './registry-requests.ts';
import type { Scene } from './registry-scene.ts';

/** The log after the joins of a and b, as `observer kind target`. */
async function told(stage: Scene): Promise<string[]> {
  const events = await stage.events();
  return events.slice(2).map(({ kind, observerId, targetId }) => `${observerId} ${kind} ${targetId}`);
}

export const originalLogCases: readonly RegistryContractCase[] = [
  mixed('the log holds rows of the original in their place, once', async (stage, a, b) => {
    const { registry } = stage;
    await stage.say(a, 'suspect', x);
    await saysDead(stage, 'y', 'x');
    await stage.imported(a);
    await stage.say(b, 'suspect', x);
    await stage.original.appendEvent({ observerId: 'y', targetId: 'x', status: 'recovered' });
    for (const life of [b, a, b]) await stage.imported(life);
    const expected = ['a suspect x', 'y dead x', 'b suspect x', 'y recovered x'];
    expectSame(await told(stage), expected, 'the log');
    const page = await registry.readEvents({ after: null, limit: 100 });
    const rest: number[] = [];
    for (const { cursor } of page.events) {
      expectThat(/^\d+$/.test(cursor), 'a cursor that is one number', cursor);
      rest.push((await registry.readEvents({ after: cursor, limit: 100 })).events.length);
    }
    expectSame(rest, [5, 4, 3, 2, 1, 0], 'how many come after each');
    const cursors = page.events.map(({ cursor }) => Number(cursor));
    expectSame(
      cursors,
      cursors.toSorted((one, other) => one - other),
      'the order of the cursors',
    );
    const newest = await registry.readEvents({ after: null, limit: 3 });
    expectSame(
      newest.events.map(({ observerId }) => observerId),
      ['y', 'b', 'y'],
      'the newest three',
    );
  }),
  mixed('rows of the original are imported in their order, once, by whichever nodes', async (stage, a, b) => {
    const other = await stage.another();
    for (const status of ['suspect', 'dead', 'recovered', 'suspect'])
      await stage.original.appendEvent({ observerId: 'y', targetId: 'x', status });
    await Promise.all([
      stage.registry.heartbeat({ ...a, importEveryMs: 0 }),
      other.heartbeat({ ...b, importEveryMs: 0 }),
      stage.registry.readNode('x'),
      other.readNode('x'),
      stage.decide(a, x),
    ]);
    await stage.imported(a);
    const expected = ['y suspect x', 'y dead x', 'y recovered x', 'y suspect x'];
    expectSame(await told(stage), expected, 'the log');
  }),
  mixed('an imported row tells of the epoch that its target had', async (stage, a) => {
    await stage.join('b');
    await saysDead(stage, 'y', 'b');
    await saysDead(stage, 'y', 'x');
    await stage.imported(a);
    expectSame(
      (await stage.events()).slice(-2).map(({ targetId, targetEpoch }) => [targetId, targetEpoch]),
      [
        ['b', 2],
        ['x', 0],
      ],
      'the epochs',
    );
  }),
  mixed('a row of the original with a status that is not known hides no other', async (stage, a) => {
    await stage.original.appendEvent({ observerId: 'y', targetId: 'x', status: 'strange' });
    await saysDead(stage, 'y', 'x');
    await stage.imported(a);
    expectSame(await told(stage), ['y dead x'], 'the log');
  }),
  mixed('a log can be read for one node that runs the original', async (stage, a, b) => {
    await saysDead(stage, 'y', 'x');
    await saysDead(stage, 'x', 'b');
    await saysDead(stage, 'y', 'b');
    await stage.say(a, 'suspect', b);
    await stage.imported(a);
    const { events } = await stage.registry.readEvents({ after: null, limit: 100, nodeId: 'x' });
    expectSame(
      events.map(({ kind, observerId, targetId }) => `${observerId} ${kind} ${targetId}`),
      ['y dead x', 'x dead b'],
      'the events about or by it',
    );
  }),
  mixed('what we say is not imported back', async (stage, a, b) => {
    await stage.say(a, 'dead', x);
    await stage.say(b, 'suspect', x);
    await stage.say(b, 'recovered', x);
    for (const life of [a, b]) await stage.imported(life);
    expectSame(await told(stage), ['a dead x', 'b suspect x', 'b recovered x'], 'the log');
    expectSame(
      (await stage.registry.readCluster({})).statements.map(({ observerId, status }) => [observerId, status]),
      [['a', 'dead']],
      'what stands',
    );
  }),
  mixed(
    'the original reads our statements in its own table, and its window begins when they were written',
    async (stage, a, b) => {
      for (const kind of ['suspect', 'dead', 'recovered'] as const) await stage.say(a, kind, b);
      const rows = await stage.original.readEvents();
      expectSame(
        rows.map(({ observerId, targetId, status }) => [observerId, targetId, status]),
        [
          ['a', 'b', 'suspect'],
          ['a', 'b', 'dead'],
          ['a', 'b', 'recovered'],
        ],
        'the rows',
      );
      for (const { createdAt } of rows) {
        expectSame(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(createdAt), true, `the form of ${createdAt}`);
        const isNow =
          createdAt >= stage.original.timeAgo(60_000) && createdAt <= stage.original.timeAgo(-60_000);
        expectSame(isNow, true, `the zone of ${createdAt}`);
      }
    },
  ),
  mixed(
    'a statement that is repeated is one row of the original, and a note is none',
    async (stage, a, b) => {
      const by = { observerId: 'a', observerEpoch: a.epoch, targetId: 'b', targetEpoch: b.epoch };
      const entries = [
        { ...by, operationId: '1', kind: 'dead', evidence },
        { ...by, operationId: '2', kind: 'unreachable', detail: {} },
      ] as const;
      const other = await stage.another();
      await Promise.all([stage.registry.record(entries), other.record(entries)]);
      await stage.registry.record(entries);
      const rows = await stage.original.readEvents();
      expectSame(rows.length, 1, 'the number of rows');
      expectLike(rows[0], { observerId: 'a', targetId: 'b', status: 'dead' }, 'the row');
    },
  ),
];
