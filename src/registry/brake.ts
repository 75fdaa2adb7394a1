/** How many deaths are open, against how many may be. Counted where a verdict is made; no counter is kept. */
import { brakeLimit } from '../core/verdict.ts';
import type { Guard, Query } from '../ports/store.ts';
import { actingLifecycles } from './node-row.ts';
import { atLeast, atMost, count } from './rule.ts';

/** Open verdicts, made after an instant. */
const openCount = count('verdicts', [
  ['resolution', 'null'],
  ['decidedAt', '>'],
]);
/** Of these, the ones whose node is back while its recovery runs: as a member it counts once. */
const returnedCount = count('verdicts', [
  ['resolution', 'null'],
  ['decidedAt', '>'],
  ['hasReturned', '='],
]);
const aliveCount = count('nodes', [['lifecycle', '=']]);
const handlerCount = count(
  'nodes',
  [
    ['lifecycle', 'in'],
    ['hasHandler', '='],
    ['beatOrder', '>='],
  ],
  true,
);

/** Before every death. */
const always = -1;

type Six<T> = readonly [T, T, T, T, T, T];

/** What `weigh` counts by. Deaths since `recentSince` are recent: without any handler only those are unresolved. */
export function openDeaths(since: number, recentSince: number): Six<Query<number>> {
  return [
    aliveCount('alive'),
    handlerCount(actingLifecycles, true, since, 1),
    openCount(always),
    returnedCount(always, true),
    openCount(recentSince),
    returnedCount(recentSince, true),
  ];
}

/** The brake at a moment: its two numbers, and the guards that keep them exact. */
export interface Brake {
  readonly unresolvedCount: number;
  readonly memberCount: number;
  /** How many deaths may be unresolved at a time. */
  readonly limit: number;
  readonly guards: readonly Guard[];
}

export interface BrakeRequest {
  readonly maxDeadFraction: number;
  /** From when on nodes are not silent; 0 when the asker cannot tell. */
  readonly since: number;
  readonly recentSince: number;
}

/** Open verdicts hold the brake: all of them while a node could run their recovery, else the recent ones. */
export function weigh(counts: Six<number>, { maxDeadFraction, since, recentSince }: BrakeRequest): Brake {
  const [alive, handlers, open, returned, recent, recentReturned] = counts;
  const isHandled = handlers > 0;
  const [unresolvedCount, returnedNow] = isHandled ? [open, returned] : [recent, recentReturned];
  const goneNow = unresolvedCount - returnedNow;
  const memberCount = alive + goneNow;
  const limit = brakeLimit(maxDeadFraction, memberCount);
  // As many verdicts may be made meanwhile as there is room for, each of which takes one of the living.
  const leastAlive = fewestMembers(maxDeadFraction, limit) - goneNow - (limit - 1 - unresolvedCount);
  const from = isHandled ? always : recentSince;
  const guards = [
    atMost(openCount(from), limit - 1),
    // A return makes one of the gone one of the living, who may then leave.
    atMost(returnedCount(from, true), returnedNow),
    atLeast(aliveCount('alive'), leastAlive),
    ...(isHandled ? [] : [atMost(handlerCount(actingLifecycles, true, since, 1), 0)]),
  ];
  return { unresolvedCount, memberCount, limit, guards };
}

/** The fewest members that give this limit. */
function fewestMembers(maxDeadFraction: number, limit: number): number {
  return limit <= 1 || maxDeadFraction <= 0 ? 0 : Math.ceil(limit / maxDeadFraction - 1e-9);
}
