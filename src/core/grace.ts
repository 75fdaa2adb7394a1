/** The startup grace: for how long an observer that has just started spares a target that it has never heard. */
import type { Peer } from './peer.ts';
import type { Settings } from './settings/settings.ts';
import type { StepContext } from './step-context.ts';

/**
 * For how long after the start a target is spared that has not answered, in milliseconds. `firstAnswerMs`: how long after the
 * start any other node answered for the first time; null while none has. Where that comes late a cluster may just be
 * booting: the grace runs from then, at most to the end of the lone one.
 */
export function graceMs(settings: Settings, firstAnswerMs: number | null): number {
  const { startupGracePeriodMs, loneGraceMs, graceSparesAll } = settings;
  if (graceSparesAll) return startupGracePeriodMs;
  const loneMs = Math.max(startupGracePeriodMs, loneGraceMs);
  return firstAnswerMs === null ? loneMs : Math.min(loneMs, firstAnswerMs + startupGracePeriodMs);
}

/** Up to when the startup grace keeps this observer from voting against the target; in the past when it does not. */
export function sparedUntil({ settings, state }: StepContext, { answers }: Peer): number {
  const { startedAt, firstAnswerAt } = state.own;
  if (!settings.graceSparesAll && answers !== null) return Number.NEGATIVE_INFINITY;
  return startedAt + graceMs(settings, firstAnswerAt === null ? null : firstAnswerAt - startedAt);
}
