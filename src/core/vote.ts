/**
 * Whether an observer may vote: proof of its own network, patience with the target, and the accused's right to answer.
 * All times are on the observer's own monotonic clock.
 */

import { answerWindowOf, canRefute } from './answer-window.ts';
import { sparedUntil } from './grace.ts';
import { patienceMs } from './misses.ts';
import { hasLastingProof, hasProofSince } from './network-proof.ts';
import { type AskedQuestion, isConfirmedDead, isDeclaredOver, type Peer } from './peer.ts';
import type { Settings } from './settings/settings.ts';
import type { OwnVote } from './statement.ts';
import type { StepContext } from './step-context.ts';

/**
 * Whether a miss of this target may be declared `dead` now, the count apart. `sentAt`: when the look was sent whose miss it is.
 * The target must have been silent for the patience by then: what ends sooner lets it answer that look.
 */
export function mayDeclare(context: StepContext, peer: Peer, sentAt: number): boolean {
  const { now, settings } = context;
  const { node, misses } = peer;
  if (misses === null || misses.silentSince === null || now < sparedUntil(context, peer)) return false;
  if (sentAt - misses.silentSince < patienceMs(settings, misses)) return false;
  return hasProofSince(context, node.id, misses.firstAt);
}

/** What to ask the registry about a target, and since when that is due. */
export interface Question {
  readonly refutationCount: number | null;
  readonly isEarly: boolean;
  readonly dueAt: number;
}

/** Of a question that waits for no answer of the accused. */
export const unanswerable = { refutationCount: null, isEarly: false } as const;

/** The question of an own vote to ask now: null while the vote is not there or the accused may still answer. */
export function questionAbout(context: StepContext, peer: Peer): Question | null {
  const { settings, state, now } = context;
  const { statement: vote, question: last } = peer;
  // What its own agent has said needs no votes.
  if (vote.kind !== 'dead' || isDeclaredOver(peer) || isConfirmedDead(peer)) return null;
  const { accusedAt, recordedAt } = vote;
  if (recordedAt === null || accusedAt === null) return null;
  const isFirst = !isOfVote(last, vote);
  if (!isFirst && !last.isAnswered) return null;
  if (!canRefute(settings, peer) || isUnreachableTooLong(settings, vote, now))
    return { ...unanswerable, dueAt: accusedAt };
  const { endsAt, earlyAt, isShort } = answerWindowOf(context, peer, vote);
  // What is under way may be what the accused waits for as well.
  const isWaiting = state.own.pace.slowCount > 0 || (isShort && isFirst && state.ring.isReading);
  if (isWaiting || now < Math.min(endsAt, earlyAt)) return null;
  const isEarly = now < endsAt;
  return { refutationCount: peer.node.refutationCount, isEarly, dueAt: isEarly ? earlyAt : endsAt };
}

/** Whether a question was asked about this vote. One from before the accusation was of a former vote: its answer is not waited for. */
export function isOfVote(question: AskedQuestion | null, { accusedAt }: OwnVote): question is AskedQuestion {
  return question !== null && accusedAt !== null && question.askedAt >= accusedAt;
}

/** When the next question about the target falls due; Infinity for none. */
export function nextQuestionAt(context: StepContext, peer: Peer, vote: OwnVote): number {
  const { now } = context;
  const { endsAt, earlyAt } = answerWindowOf(context, peer, vote);
  const next = earlyAt > now ? Math.min(earlyAt, endsAt) : endsAt;
  return next > now ? next : Number.POSITIVE_INFINITY;
}

function isUnreachableTooLong(settings: Settings, { refuted }: OwnVote, now: number): boolean {
  const limit = settings.unreachableIsDeadAfterMs;
  return limit !== null && refuted !== null && now - refuted.since >= limit;
}

/**
 * Whether a vote must be affirmed now so that the quorum window does not end it. Like the first one it needs proof of the
 * observer's own network. Without proof the vote lapses, and is said anew when there is proof again.
 */
export function needsAffirmation(context: StepContext, peer: Peer, vote: OwnVote): boolean {
  return (
    vote.recordedAt !== null &&
    !isConfirmedDead(peer) &&
    !isDeclaredOver(peer) &&
    context.now - vote.recordedAt >= context.settings.quorumWindowMs / 2 &&
    hasLastingProof(context, peer.node.id)
  );
}
