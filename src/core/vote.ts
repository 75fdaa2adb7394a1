/**
 * Whether an observer may vote: proof of its own network, patience with the target, and the accused's right to answer.
 * All times are on the observer's own monotonic clock.
 */

import { sparedUntil } from './grace.ts';
import { patienceMs } from './misses.ts';
import { hasLastingProof, hasProofSince } from './network-proof.ts';
import { isConfirmedDead, type Peer } from './peer.ts';
import type { Settings } from './settings.ts';
import type { OwnVote } from './statement.ts';
import type { StepContext } from './step-context.ts';

/** Whether a miss of this target may be declared `dead` now, the count apart. */
export function mayDeclare(context: StepContext, peer: Peer): boolean {
  const { now, settings } = context;
  const { node, misses } = peer;
  if (misses === null || now < sparedUntil(context, peer)) return false;
  if (now - misses.firstAt < patienceMs(settings, misses)) return false;
  return hasProofSince(context, node.id, misses.firstAt);
}

/** What to ask the registry about a target now: null while the vote is not there or the accused may still answer. */
export function questionAbout(
  settings: Settings,
  peer: Peer,
  vote: OwnVote,
  now: number,
): { readonly refutationCount: number | null } | null {
  if (vote.recordedAt === null || vote.isAsked || isConfirmedDead(peer)) return null;
  if (!canRefute(settings, peer) || isUnreachableTooLong(settings, vote, now))
    return { refutationCount: null };
  return now < answerDueAt(settings, peer, vote) ? null : { refutationCount: peer.node.refutationCount };
}

/** When the accused has had its time to answer; in the past when it need not be waited for. */
export function answerDueAt(settings: Settings, peer: Peer, vote: OwnVote): number {
  if (!canRefute(settings, peer)) return Number.NEGATIVE_INFINITY;
  const { accusedAt, refuted } = vote;
  const since = Math.max(accusedAt ?? Number.NEGATIVE_INFINITY, refuted?.lastAt ?? Number.NEGATIVE_INFINITY);
  return since + settings.answerWindowMs;
}

function canRefute(settings: Settings, { node }: Peer): boolean {
  return settings.refutation && node.epoch > 0;
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
    context.now - vote.recordedAt >= context.settings.quorumWindowMs / 2 &&
    hasLastingProof(context, peer.node.id)
  );
}
