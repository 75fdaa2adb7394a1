/** Notices that this observer itself was held up, and keeps that time out of all evidence. */
import type { Peer } from './peer.ts';
import { isAccusation, type StatementState } from './statement.ts';
import { putPeers, type StepContext } from './step-context.ts';

/** A difference between the two clocks that no ordinary adjustment makes: the machine was suspended. */
const suspensionMs = 2_000;

/**
 * Notices that this process was held up: its timer is late, or its wall clock ran on while its monotonic clock
 * stood still. A probe in flight that fails then proves nothing; an answer is still a hit. The time of the stall is no
 * silence of a target.
 */
export function detectStall(context: StepContext): void {
  const { state, settings, now, wallNow, effects } = context;
  const { wakeAt, last } = state.timers;
  const lateMs = now - wakeAt;
  const suspendedMs = wallNow - last.wallNow - (now - last.now);
  const wasLate = lateMs > settings.stallThresholdMs;
  const wasSuspended = suspendedMs > Math.max(suspensionMs, settings.stallThresholdMs);
  if (!wasLate && !wasSuspended) return;

  const stallMs = wasLate ? lateMs : 0;
  const peers = new Map<string, Peer>();
  for (const [id, peer] of state.peers) peers.set(id, shiftDeadlines(peer, stallMs, wasSuspended));
  putPeers(context, peers);
  if (wasSuspended) {
    state.own = { ...state.own, beats: [] };
    state.ring = { ...state.ring, readAt: null };
  }
  const message = wasSuspended
    ? `this machine was suspended for ${Math.round(suspendedMs)} ms; probes of that time that failed prove nothing`
    : `this process stood still for ${Math.round(lateMs)} ms; probes of that time that failed prove nothing`;
  effects.push({ kind: 'announce', name: 'warning', payload: { code: 'stalled', message, nodeId: null } });
}

function shiftDeadlines(peer: Peer, byMs: number, wasSuspended: boolean): Peer {
  const { misses, lastAnswerAt, probe, statement } = peer;
  return {
    ...peer,
    misses: misses === null ? null : { ...misses, firstAt: misses.firstAt + byMs },
    lastAnswerAt: wasSuspended ? null : lastAnswerAt,
    probe: probe.kind === 'in-flight' ? { ...probe, hasStalled: true } : probe,
    statement: shiftAnswer(statement, byMs),
  };
}

/** The accused has that much longer to answer. */
function shiftAnswer(statement: StatementState, byMs: number): StatementState {
  if (!isAccusation(statement)) return statement;
  const { accusedAt, refuted } = statement;
  return {
    ...statement,
    accusedAt: accusedAt === null ? null : accusedAt + byMs,
    refuted: refuted === null ? null : { since: refuted.since + byMs, lastAt: refuted.lastAt + byMs },
  };
}
