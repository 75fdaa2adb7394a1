/** Notices that this observer itself was held up, and keeps that time out of all evidence. */
import { withoutDue } from './answers.ts';
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
  const stall = { shift, wasSuspended, isLong: wasSuspended || stallMs > settings.proofWindowMs };
  for (const [id, peer] of state.peers) peers.set(id, afterStall(peer, stall));
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

interface Stall {
  readonly shift: Shift;
  /** The clock of this observer stood still too, so that no time from before says how long ago it was. */
  readonly wasSuspended: boolean;
  /** What was missed before says nothing of a target in it: that may have answered others. */
  readonly isLong: boolean;
}

function afterStall(peer: Peer, stall: Stall): Peer {
  const { misses, answers, probe, statement, question } = peer;
  const { shift, wasSuspended } = stall;
  return {
    ...peer,
    misses: misses === null ? null : missesAfter(misses, stall),
    answers: wasSuspended && answers !== null ? { ...withoutDue(answers), cameAt: null } : answers,
    probe: probe.kind === 'in-flight' ? { ...probe, hasStalled: true } : probe,
    statement: shiftAnswer(statement, shift),
    // It stays one about the present vote.
    question: question === null ? null : { ...question, askedAt: shift(question.askedAt) },
  };
}

/** After a long stall the silence begins anew. When a target noticed is not known after a suspension. */
function missesAfter(misses: Misses, { shift, wasSuspended, isLong }: Stall): Misses {
  const { lookedAt, silentSince, firstAt, noticedAt } = misses;
  return {
    ...misses,
    lookedAt: lookedAt === null || isLong ? null : shift(lookedAt),
    silentSince: silentSince === null || isLong ? null : shift(silentSince),
    firstAt: shift(firstAt),
    noticedAt: wasSuspended ? null : noticedAt,
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
