/** Cases: a reader that follows the log from line to line, and misses none. */
import { cursorOf, placeOf } from '../core/wire/log-cursor.ts';
import type { EventPage, EventQuery } from '../ports/registry.ts';
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, type Scene } from './registry-scene.ts';

function follow(stage: Scene, after: string | null, more: Partial<EventQuery> = {}): Promise<EventPage> {
  return stage.registry.readEvents({ after, limit: 100, take: 'oldest', freshness: 'cheap', ...more });
}

const kindsOf = ({ events }: EventPage) => events.map(({ kind }) => kind);

export const followCases: readonly RegistryContractCase[] = [
  five('a follower gets the oldest events after its cursor, page after page', async (stage, a, b, c) => {
    const start = await follow(stage, null, { limit: 2 });
    expectSame(
      start.events.map(({ targetId }) => targetId),
      ['a', 'b'],
      'the first page',
    );
    const rest = await follow(stage, start.cursor);
    expectSame(
      rest.events.map(({ targetId }) => targetId),
      ['c', 'd', 'e'],
      'the second page',
    );
    expectLike(await follow(stage, rest.cursor), { events: [], cursor: rest.cursor }, 'the page at the end');
    await stage.kill(c, a, b);
    await stage.finish(c, await stage.mustClaim(a, c));
    const kinds: string[] = [];
    let { cursor } = rest;
    for (let count = 0; count < 5; count++) {
      const page = await follow(stage, cursor, { limit: 1 });
      kinds.push(...kindsOf(page));
      expectSame([page.lostCount, page.wentBack], [0, false], 'what else a page says');
      ({ cursor } = page);
    }
    expectSame(kinds, ['dead', 'dead', 'verdict', 'recovery-started', 'recovery-ended'], 'page by page');
    const { progress } = await stage.registry.readRound({
      ...a,
      ...{ lookAhead: 4, watched: [], beatingSince: null },
    });
    expectSame(placeOf(cursor)?.id, progress.newestEvent, 'the end of the log by a round');
  }),
  five('a follower of one node comes to the end of the log too', async (stage, a, b, c) => {
    const { cursor } = await follow(stage, null, { nodeId: 'b' });
    expectSame(cursor, (await follow(stage, null)).cursor, 'the cursor');
    await stage.say(a, 'suspect', c);
    await stage.say(a, 'suspect', b);
    const page = await follow(stage, cursor, { nodeId: 'b' });
    expectSame(
      page.events.map(({ kind, targetId }) => [kind, targetId]),
      [['suspect', 'b']],
      'the page',
    );
  }),
  five(
    'a follower whose cursor is older than the log is told once how much it has lost',
    async (stage, a, b) => {
      const { cursor } = await follow(stage, null, { limit: 2 });
      await stage.say(a, 'suspect', b);
      await stage.readAges(a);
      await stage.advance(86_400_000);
      await stage.registry.prune({ ...a, maxAgeMs: 1, maxEventCount: 0, departedAfterMs: 1, everyMs: 0 });
      const page = await follow(stage, cursor);
      expectLike(
        { ...page, kinds: kindsOf(page) },
        { lostCount: 3, kinds: ['suspect'] },
        'the page after the pruning',
      );
      expectLike(await follow(stage, page.cursor), { lostCount: 0, events: [] }, 'the next page');
      expectLike(await follow(stage, null), { lostCount: 0 }, 'a page from the start of what is left');
    },
    ['clock'],
  ),
  five(
    'a follower is told of lines that were pruned between those about an open verdict, which stay',
    async (stage, a, b, c, d) => {
      const { cursor } = await follow(stage, null);
      await stage.say(a, 'suspect', c);
      await stage.say(a, 'suspect', d);
      const behind = await follow(stage, cursor, { limit: 1 });
      await stage.kill(c, a, b);
      await stage.say(a, 'recovered', d);
      await stage.say(b, 'suspect', d);
      await stage.readAges(a);
      await stage.advance(86_400_000);
      await stage.registry.prune({ ...a, maxAgeMs: 1, maxEventCount: 0, departedAfterMs: 1, everyMs: 0 });
      const kept = ['dead', 'dead', 'verdict', 'suspect'];
      for (const [after, lostCount, kinds] of [
        [cursor, 2, ['suspect', ...kept]],
        [behind.cursor, 2, kept],
      ] as const) {
        const page = await follow(stage, after);
        expectSame([page.lostCount, kindsOf(page)], [lostCount, kinds], `the page after ${after}`);
        expectLike(await follow(stage, page.cursor), { lostCount: 0, events: [] }, 'the next page');
      }
    },
    ['clock'],
  ),
  five('a follower takes a reading that lags for nothing new', async (stage) => {
    const { cursor } = await follow(stage, null);
    const { generation, id } = placeOf(cursor) ?? { generation: 0, id: 0 };
    for (const ahead of [
      { generation, id: id + 5 },
      { generation: generation + 1, id: 1 },
    ].map(cursorOf)) {
      const page = { events: [], cursor: ahead, lostCount: 0, wentBack: false };
      expectSame(await follow(stage, ahead), page, `the page after ${ahead}`);
    }
  }),
];
