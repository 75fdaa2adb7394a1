/** How many deaths are open, against how many may be. Counted where a verdict is made; no counter is kept. */
import type { FullWatch } from '../core/reading.ts';
import type { Guard, Query } from '../ports/store.ts';
import { count, counted } from './rule.ts';

const openCount = count('verdicts', [
  ['resolution', 'null'],
  ['decidedAt', '>'],
]);
/** Of these, the ones on nodes that are not back: a node that is both alive and unresolved counts once. */
const goneCount = count('recoveries', [
  ['resolution', 'null'],
  ['decidedAt', '>'],
  ['nodeLifecycle', '<>'],
]);
const aliveCount = count('nodes', [['lifecycle', '=']]);
const handlerCount = count(
  'nodes',
  [
    ['lifecycle', '='],
    ['hasHandler', '='],
    ['beatOrder', '>='],
  ],
  true,
);

/** Before every death. */
const always = -1;

type Seven<T> = readonly [T, T, T, T, T, T, T];

/** What `weigh` counts by. Deaths since then are recent: in a cluster without any handler only those are unresolved. */
export function openDeaths(
  watch: Pick<FullWatch, 'since'> | null,
  recentSince: number,
): Seven<Query<number>> {
  return [
    aliveCount('alive'),
    handlerCount('alive', true, 0, 1),
    handlerCount('alive', true, watch?.since ?? 0, 1),
    openCount(always),
    goneCount(always, 'alive'),
    openCount(recentSince),
    goneCount(recentSince, 'alive'),
  ];
}

/** The brake's two numbers, and the guard that keeps them exact. */
export interface Weight {
  readonly unresolvedCount: number;
  readonly memberCount: number;
  /** That no more deaths have become open than the limit has room for. */
  readonly guard: (limit: number) => Guard;
}

/**
 * Open verdicts hold the brake: all of them while a node could run their recovery, else the recent ones. The handler of a
 * silent node runs nothing; `isWatched` says whether the asker can tell which nodes are silent.
 */
export function weigh(counts: Seven<number>, isWatched: boolean): Weight {
  const [alive, handlers, loudHandlers, open, gone, recent, recentGone] = counts;
  const isHandled = (isWatched ? loudHandlers : handlers) > 0;
  const unresolvedCount = isHandled ? open : recent;
  return {
    unresolvedCount,
    memberCount: alive + (isHandled ? gone : recentGone),
    guard: (limit) => counted(openCount(always), { atMost: limit - 1 + open - unresolvedCount }),
  };
}
