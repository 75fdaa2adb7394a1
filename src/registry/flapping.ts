/** Repeated deaths of one node: how they are counted, and how long its recovery waits. */
import type { BrakeFacts } from '../ports/registry.ts';
import type { NodeRow } from '../ports/rows.ts';

/** The pause before the recovery of a second death. */
const firstPauseMs = 30_000;

/** A death in a row of deaths, by what the asker knows. */
export interface Flap {
  /** How many deaths there were in a row with this one; 1 where the node had been alive for long, or has not died before. */
  readonly deathCount: number;
  /** How long its recovery waits: nothing for the first death, then 30 s, doubling with each up to `flapWindowMs`. */
  readonly pauseMs: number;
}

/** The node's next death. One that the asker has not known alive for `flapWindowMs` dies again too soon. */
export function nextDeath({ flapCount, aliveSince }: NodeRow, { marks, flapWindowMs }: BrakeFacts): Flap {
  const { flapMark } = marks;
  const isSteady = flapMark !== null && aliveSince < flapMark;
  const deathCount = isSteady ? 1 : flapCount + 1;
  const pauseMs = deathCount > 1 ? Math.min(flapWindowMs, firstPauseMs * 2 ** (deathCount - 2)) : 0;
  return { deathCount, pauseMs };
}
