/**
 * While the short window of an accused target runs, the observer reads the registry: a window in which it made no call would
 * not show that the registry is slow. Not for: the readings of the accused (own-suspicion.ts).
 */
import { isShortWindowRunning } from './answer-window.ts';
import { requestReading } from './rounds.ts';
import type { StepContext } from './step-context.ts';

/** The newest reading is no older while such a window runs. One under way is waited for. */
const paceMs = 500;

/** Asks for the reading that is due. */
export function readInWindow(context: StepContext): void {
  if (windowReadingAt(context) <= context.now) requestReading(context);
}

/** When the next one is due; Infinity while no such window runs, and while a reading is under way. */
export function windowReadingAt(context: StepContext): number {
  const { isReading, askedAt } = context.state.ring;
  return isReading || !isShortWindowRunning(context) ? Number.POSITIVE_INFINITY : askedAt + paceMs;
}
