/** How many deaths are open, against how many may be. Counted where a verdict is made; no counter is kept. */
import type { FullWatch } from '../core/reading.ts';
import type { Guard, Query } from '../ports/store.ts';
import { count, counted } from './rule.ts';

const openCount = count('verdicts', [['resolution', 'null']]);
const recentCount = count('verdicts', [
  ['resolution', 'null'],
  ['decidedAt', '>'],
]);
const aliveCount = count('nodes', [['lifecycle', '=']]);
/** Open verdicts on nodes that are not back: one that is both alive and unresolved counts once. */
const goneCount = count('recoveries', [
  ['resolution', 'null'],
  ['nodeLifecycle', '<>'],
]);
const handlerCount = count(
  'nodes',
  [
    ['lifecycle', '='],
    ['hasHandler', '='],
    ['beatOrder', '>='],
  ],
  true,
);

type Deaths = readonly [Query<number>, Query<number>, Query<number>, Query<number>, Query<number>];

/** What `weigh` counts by. A silent node's handler runs nothing. */
export function openDeaths(watch: Pick<FullWatch, 'since'> | null, since: number): Deaths {
  return [
    openCount(),
    recentCount(since),
    aliveCount('alive'),
    goneCount('alive'),
    handlerCount('alive', true, watch?.since ?? 0, 1),
  ];
}

/** Since when a death is recent: in a cluster without any handler only such ones are unresolved. */
export function decidedSince(brakeWindowMs: number, now: number): number {
  return Math.max(-1, now - brakeWindowMs);
}

/** The brake's two numbers, and the guard that keeps them exact. */
export interface Weight {
  readonly unresolvedCount: number;
  readonly memberCount: number;
  /** That no more deaths have become open than the limit has room for. */
  readonly guard: (limit: number) => Guard;
}

/** Open verdicts hold the brake: all of them while a node could run their recovery, else the recent ones. */
export function weigh([open, recent, alive, gone, handlers]: readonly [number, number, number, number, number]): Weight {
  const unresolvedCount = handlers > 0 ? open : recent;
  const resolvedEnough = open - unresolvedCount;
  return {
    unresolvedCount,
    memberCount: alive + gone,
    guard: (limit) => counted(openCount(), { atMost: limit - 1 + resolvedEnough }),
  };
}
