/** Orders the one timer: the next round, a retry, an answer that falls due, a claim, or the pulse of probes in flight. */
import { hasRoomToClaim } from './claims.ts';
import { proofDueAt } from './network-proof.ts';
import type { Peer } from './peer.ts';
import type { StepContext } from './step-context.ts';
import { nextQuestionAt } from './vote.ts';
import { windowReadingAt } from './window-readings.ts';

/** Orders when the next step is, and keeps when this one was. */
export function orderWake(context: StepContext): void {
  const { now, wallNow, state, effects } = context;
  const { nextRoundAt, stalledUntil, proofSoughtAt } = state.timers;
  let { wakeAt } = state.timers;
  if (state.phase === 'running') {
    wakeAt = nextRoundAt;
    const wakeBy = (at: number): void => {
      wakeAt = Math.min(wakeAt, Math.max(now, at));
    };
    // What is due already waits for the end of a probe in flight.
    const proofAt = proofDueAt(context);
    if (proofAt > now) wakeBy(proofAt);
    for (const id of state.watching) {
      const peer = state.peers.get(id);
      if (peer !== undefined) wakeBy(dueAt(context, peer));
    }
    if (hasRoomToClaim(state.claims))
      for (const claim of state.claims.values())
        if (claim.state === 'waiting' && claim.dueAt !== null) wakeBy(claim.dueAt);
    // One that is under way orders the next by its end.
    if (state.own.suspicion !== null && !state.ring.isReading) wakeBy(state.own.suspicion.dueAt);
    wakeBy(windowReadingAt(context));
    if (wakeAt !== Number.POSITIVE_INFINITY) effects.push({ kind: 'wake', at: wakeAt });
  }
  state.timers = { nextRoundAt, wakeAt, stalledUntil, proofSoughtAt, last: { now, wallNow } };
}

/** When something is to be done about the target; Infinity for the next round. */
function dueAt(context: StepContext, peer: Peer): number {
  const { now, settings } = context;
  const { probe, statement } = peer;
  let at = Number.POSITIVE_INFINITY;
  if (probe.kind === 'in-flight') at = pulseAt(probe.startedAt, now, settings.stallThresholdMs);
  else if (probe.kind === 'due') at = probe.at;
  return statement.kind === 'dead' ? Math.min(at, nextQuestionAt(context, peer, statement)) : at;
}

/** The next beat of a pulse that began with the probe: the same one for probes that began together. */
function pulseAt(startedAt: number, now: number, everyMs: number): number {
  const next = startedAt + everyMs * (Math.floor((now - startedAt) / everyMs) + 1);
  // The quotient may be rounded down at a beat, and that beat would be ordered again and again.
  return next > now ? next : next + everyMs;
}
