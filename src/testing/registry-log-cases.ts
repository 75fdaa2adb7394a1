/** Cases: the event log, its pages, and the tables that it needs. */
import { RegistryError } from '../ports/registry.ts';
import { expectLike, expectRejection, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, scene } from './registry-scene.ts';

export const logCases: readonly RegistryContractCase[] = [
  five(
    'the log tells a death from the first suspicion to the end of its recovery',
    async (stage, a, b, c) => {
      await stage.say(a, 'suspect', c);
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      const next = await stage.join('c');
      await stage.say(a, 'recovered', next);
      expectSame(
        (await stage.eventKinds()).slice(5),
        ['suspect', 'dead', 'dead', 'verdict', 'recovery-started', 'recovery-ended', 'joined', 'recovered'],
        'the log',
      );
      const verdict = (await stage.events()).find(({ kind }) => kind === 'verdict');
      expectLike(
        verdict,
        { observerId: 'a', targetId: 'c', targetEpoch: 1, detail: { quorum: 2, voterIds: ['a', 'b'] } },
        'the verdict',
      );
      const claimed = (await stage.events()).find(({ kind }) => kind === 'recovery-started');
      expectLike(claimed, { observerId: 'a', targetId: 'c', detail: { fence: 1, attempt: 1 } }, 'the claim');
    },
  ),
  five(
    'a page holds the newest events after the cursor, oldest first, and the next one goes on',
    async (stage, a, b) => {
      const { registry } = stage;
      const first = await registry.readEvents({ after: null, limit: 2 });
      expectSame(
        first.events.map(({ targetId }) => targetId),
        ['d', 'e'],
        'the first page',
      );
      expectSame(
        (await registry.readEvents({ after: first.cursor, limit: 2 })).events,
        [],
        'the page after the end',
      );
      await stage.say(a, 'suspect', b);
      const next = await registry.readEvents({ after: first.cursor, limit: 10 });
      expectSame(
        next.events.map(({ kind }) => kind),
        ['suspect'],
        'the next page',
      );
      for (const cursor of [first.cursor, next.cursor, ...first.events.map((event) => event.cursor)])
        expectThat(/^\d+$/.test(cursor), 'a cursor that is one number', cursor);
      const resumed = await registry.readEvents({ after: first.events[0]?.cursor ?? '', limit: 10 });
      expectSame(
        resumed.events.map(({ kind, targetId }) => [kind, targetId]),
        [
          ['joined', 'e'],
          ['suspect', 'b'],
        ],
        'from an event on',
      );
    },
  ),
  five('a log can be read for one node', async (stage, a, b, c) => {
    await stage.say(a, 'suspect', b);
    await stage.say(c, 'suspect', a);
    await stage.say(c, 'suspect', b);
    const page = await stage.registry.readEvents({ after: null, limit: 100, nodeId: 'a' });
    expectSame(
      page.events.map(({ kind, observerId, targetId }) => [kind, observerId, targetId]),
      [
        ['joined', 'a', 'a'],
        ['suspect', 'a', 'b'],
        ['suspect', 'c', 'a'],
      ],
      'the events about or by it',
    );
  }),
  scene(
    'a page of an odd size is refused, and so is any cursor that is not one number',
    async ({ registry }) => {
      const cursors = ['nonsense', '', ' ', '1.5', '12.0', '-1', '+1', ' 1', '1e3', '0x10', '1,2'];
      for (const query of [
        { after: null, limit: 0 },
        { after: null, limit: 10_001 },
        { after: null, limit: 1.5 },
        ...cursors.map((after) => ({ after, limit: 1 })),
      ]) {
        const error = await expectRejection(registry.readEvents(query), JSON.stringify(query));
        expectThat(
          error instanceof RegistryError && error.code === 'invalid',
          'an error that says so',
          String(error),
        );
      }
    },
  ),
  scene('several connections create the tables at the same moment', async (_stage, harness) => {
    const [one, two] = await harness.openUnmigrated();
    await Promise.all([one.migrate(), two.migrate(), one.migrate(), two.migrate()]);
    await one.migrate();
    expectSame(await two.readNode('a'), null, 'the node of an empty registry');
  }),
  scene('a registry can be closed twice', async (stage) => {
    const other = await stage.another();
    await other.close();
    await other.close();
  }),
];
