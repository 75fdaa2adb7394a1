/**
 * How many deaths weigh on the brake, against how many may. Counted where a verdict is made, over the rows of nodes, so
 * that a node weighs once; no counter is kept. Not for: what people are shown of it (brake-view.ts).
 *
 * A death weighs from its verdict until the first of these: its node has been back and alive for `brakeReturnMs`; an
 * operator dismissed it, or took the node out; `brakeWindowMs` has passed and no recovery of it runs. What is that old, the
 * asker knows by its marks.
 */
import type { AgeMarks } from '../core/marks.ts';
import { brakeLimit } from '../core/verdict.ts';
import type { Guard, Query } from '../ports/store.ts';
import { actingLifecycles } from './node-row.ts';
import { onRing } from './round.ts';
import { atLeast, atMost, count } from './rule.ts';

const onRingCount = count('nodes', onRing);
const handlerCount = count(
  'nodes',
  [
    ['lifecycle', 'in'],
    ['hasHandler', '='],
    ['beatOrder', '>='],
  ],
  true,
);

/** Not dead for a brake window. */
const isRecent = [['deathOrder', '>=']] as const;
/** Dead for longer, with a recovery that is open and not given up. */
const isRunning = [
  ['deathOrder', '>='],
  ['deathOrder', '<'],
  ['openRecoveries', '>'],
] as const;
const isGone = ['lifecycle', '='] as const;
/** Not back for `brakeReturnMs`. The target itself is left out: with its next death it weighs once all the same. */
const isBack = [
  ['lifecycle', 'in'],
  ['aliveSince', '>='],
  ['nodeId', '<>'],
] as const;
const goneRecentCount = count('nodes', [isGone, ...isRecent]);
const goneRunningCount = count('nodes', [isGone, ...isRunning]);
const backRecentCount = count('nodes', [...isBack, ...isRecent]);
const backRunningCount = count('nodes', [...isBack, ...isRunning]);

/** Below every place in the order of heartbeats, and the first one. */
const never = 0;
const first = 1;

type Six<T> = readonly [T, T, T, T, T, T];

/** What the counts depend on. */
export interface WeighingFacts {
  /** Whose death is asked for. */
  readonly targetId: string;
  /** From when on nodes are not silent; 0 when the asker cannot tell. */
  readonly since: number;
  readonly marks: AgeMarks;
  readonly now: number;
}

/** What `weigh` counts by. */
export function openDeaths({ targetId, since, marks, now }: WeighingFacts): Six<Query<number>> {
  const backSince = marks.returnMark ?? never;
  const recent = Math.max(first, marks.deathMark ?? first);
  const back = [actingLifecycles, backSince, targetId] as const;
  const running = [first, recent, 0] as const;
  return [
    onRingCount('alive', now),
    handlerCount(actingLifecycles, true, since, 1),
    goneRecentCount('dead', recent),
    goneRunningCount('dead', ...running),
    backRecentCount(...back, recent),
    backRunningCount(...back, ...running),
  ];
}

/** The brake at a moment: its two numbers, and the guards that keep them exact. */
export interface Brake {
  readonly unresolvedCount: number;
  readonly memberCount: number;
  /** How many deaths may weigh at a time. */
  readonly limit: number;
  readonly guards: readonly Guard[];
}

/** Counts the deaths that weigh, the target's own apart. One whose recovery no present node can run does so for its window only. */
export function weigh(counts: Six<number>, facts: WeighingFacts, maxDeadFraction: number): Brake {
  const [ringCount, handlers, goneRecent, goneRunning, backRecent, backRunning] = counts;
  const isHandled = handlers > 0;
  const goneNow = goneRecent + (isHandled ? goneRunning : 0);
  const otherThanRecent = goneNow - goneRecent + backRecent + (isHandled ? backRunning : 0);
  const unresolvedCount = goneRecent + otherThanRecent;
  const memberCount = ringCount + goneNow;
  const limit = brakeLimit(maxDeadFraction, memberCount);
  // As many verdicts may be made meanwhile as there is room for, each of which takes one of the living.
  const leastOnRing = fewestMembers(maxDeadFraction, limit) - goneNow - (limit - 1 - unresolvedCount);
  const queries = openDeaths(facts);
  const guards = [
    atLeast(queries[0], leastOnRing),
    ...(isHandled ? [] : [atMost(queries[1], 0)]),
    atMost(queries[2], limit - 1 - otherThanRecent),
    atMost(queries[3], goneRunning),
    atMost(queries[4], backRecent),
    atMost(queries[5], backRunning),
  ];
  return { unresolvedCount, memberCount, limit, guards };
}

/** The fewest members that give this limit. */
function fewestMembers(maxDeadFraction: number, limit: number): number {
  return limit <= 1 || maxDeadFraction <= 0 ? 0 : Math.ceil((limit - 0.5) / maxDeadFraction - 1e-9);
}
