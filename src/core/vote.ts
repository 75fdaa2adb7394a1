/**
 * Whether an observer may vote: proof of its own network, patience with the target, and the accused's right to answer.
 * All times are on the observer's own monotonic clock.
 */
import type { NodeRecord } from './node.ts';
import { isSilent, watchedSince } from './own-beats.ts';
import { isConfirmedDead, isRefusedOnly, type Peer } from './peer.ts';
import type { Settings } from './settings.ts';
import type { OwnVote } from './statement.ts';
import type { StepContext } from './step-context.ts';

/** Whether a miss of this target may be declared `dead` now, the count apart. */
export function mayDeclare(context: StepContext, peer: Peer): boolean {
  const { now, settings, state } = context;
  if (now < state.own.startedAt + settings.startupGracePeriodMs) return false;
  const patienceMs = isRefusedOnly(peer) ? settings.minSilenceRefusedMs : settings.minSilenceMs;
  if (now - (peer.misses?.firstAt ?? now) < patienceMs) return false;
  return hasNetworkProof(context, peer.node.id);
}

/**
 * Whether this observer's own network works: another node has answered it recently; or, where every other node is
 * silent, dead or in maintenance (or there is none), the registry has.
 */
function hasNetworkProof({ now, settings, state }: StepContext, targetId: string): boolean {
  const { peers, ring, own } = state;
  const since = now - settings.proofWindowMs;
  for (const { node, lastAnswerAt } of peers.values()) {
    if (node.id !== targetId && lastAnswerAt !== null && lastAnswerAt >= since) return true;
  }
  if (!ring.isWhole || ring.readAt === null || ring.readAt < since) return false;
  const from = watchedSince(own.beats, ring.readAt, settings);
  const cannotAnswer = (node: NodeRecord): boolean =>
    node.id === targetId || node.lifecycle !== 'alive' || isSilent(node, from);
  return ring.successors.every(cannotAnswer) && [...peers.values()].every(({ node }) => cannotAnswer(node));
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
    hasNetworkProof(context, peer.node.id)
  );
}
