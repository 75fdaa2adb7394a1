/** Notices that this observer itself was held up, and keeps that time out of all evidence. */
import type { Misses } from './misses.ts';
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
  const { wakeAt, last, stalledUntil } = state.timers;
  // Until the timer fires, each step finds it late once more: what was counted before is not counted again.
  const lateMs = now - Math.max(wakeAt, stalledUntil);
  const suspendedMs = wallNow - last.wallNow - (now - last.now);
  const wasLate = lateMs > settings.stallThresholdMs;
  const wasSuspended = suspendedMs > Math.max(suspensionMs, settings.stallThresholdMs);
  if (!wasLate && !wasSuspended) return;

  const stallMs = wasLate ? lateMs : 0;
  // What began within the stall has not waited for the whole of it: nothing began in the future.
  const shift = (at: number): number => Math.min(at + stallMs, now);
  const peers = new Map<string, Peer>();
  for (const [id, peer] of state.peers) peers.set(id, shiftDeadlines(peer, shift, wasSuspended));
  putPeers(context, peers);
  if (wasLate) state.timers = { ...state.timers, stalledUntil: now };
  const { suspicion } = state.own;
  if (suspicion !== null)
    state.own = { ...state.own, suspicion: { ...suspicion, endsAt: suspicion.endsAt + stallMs } };
  if (wasSuspended) {
    state.own = { ...state.own, beats: [] };
    state.ring = { ...state.ring, readAt: null, provenAt: null };
  }
  const message = wasSuspended
    ? `this machine was suspended for ${Math.round(suspendedMs)} ms; probes of that time that failed prove nothing`
    : `this process stood still for ${Math.round(lateMs)} ms; probes of that time that failed prove nothing`;
  effects.push({ kind: 'announce', name: 'warning', payload: { code: 'stalled', message, targetId: null } });
}

type Shift = (at: number) => number;

function shiftDeadlines(peer: Peer, shift: Shift, wasSuspended: boolean): Peer {
  const { misses, answers, probe, statement, question } = peer;
  return {
    ...peer,
    misses: misses === null ? null : shiftMisses(misses, shift),
    answers: wasSuspended && answers !== null ? { ...answers, cameAt: null } : answers,
    probe: probe.kind === 'in-flight' ? { ...probe, hasStalled: true } : probe,
    statement: shiftAnswer(statement, shift),
    // It stays one about the present vote.
    question: question === null ? null : { ...question, askedAt: shift(question.askedAt) },
  };
}

function shiftMisses(misses: Misses, shift: Shift): Misses {
  const { silentSince, firstAt } = misses;
  return {
    ...misses,
    silentSince: silentSince === null ? null : shift(silentSince),
    firstAt: shift(firstAt),
  };
}

/** The accused has that much longer to answer. */
function shiftAnswer(statement: StatementState, shift: Shift): StatementState {
  if (!isAccusation(statement)) return statement;
  const { accusedAt, refuted } = statement;
  return {
    ...statement,
    accusedAt: accusedAt === null ? null : shift(accusedAt),
    refuted: refuted === null ? null : { since: shift(refuted.since), lastAt: shift(refuted.lastAt) },
  };
}
