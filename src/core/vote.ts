/**
 * Whether an observer may speak: proof of its own network, patience with the target, and the accused's right to
 * answer. All times are on the observer's own monotonic clock.
 */
import type { Settings } from './config.ts';
import type { NodeRecord } from './node.ts';
import { fullWatch, isSilent, type SeenBeat } from './own-beats.ts';
import { isConfirmedDead, isRefusedOnly, type Peer } from './peer.ts';

/** What the rules below look at. */
export interface VotingFacts {
  readonly now: number;
  readonly settings: Settings;
  readonly startedAt: number;
  readonly peers: ReadonlyMap<string, Peer>;
  /** The nodes ahead that are on the ring and not in maintenance, as last read. */
  readonly successors: readonly NodeRecord[];
  /** Whether `successors` are all of them. */
  readonly isWholeRing: boolean;
  readonly ownBeats: readonly SeenBeat[];
  readonly lastReadAt: number | null;
}

/** Whether a miss of this target may be declared `dead` now, the count apart. */
export function mayDeclare(facts: VotingFacts, peer: Peer): boolean {
  const { now, settings, startedAt } = facts;
  if (now < startedAt + settings.startupGracePeriodMs) return false;
  const patienceMs = isRefusedOnly(peer) ? settings.minSilenceRefusedMs : settings.minSilenceMs;
  if (now - (peer.firstMissAt ?? now) < patienceMs) return false;
  return hasNetworkProof(facts, peer.node.id);
}

/**
 * Whether this observer's own network works: another node has answered it recently; or, where every other node is
 * silent, dead or in maintenance (or there is none), the registry has.
 */
function hasNetworkProof(facts: VotingFacts, targetId: string): boolean {
  const { settings, peers, successors, isWholeRing, ownBeats, lastReadAt } = facts;
  const since = facts.now - settings.proofWindowMs;
  for (const peer of peers.values()) {
    if (peer.node.id !== targetId && peer.lastAnswerAt !== null && peer.lastAnswerAt >= since) return true;
  }
  if (!isWholeRing || lastReadAt === null || lastReadAt < since) return false;
  const watch = fullWatch(ownBeats, lastReadAt, settings);
  const cannotAnswer = (node: NodeRecord): boolean =>
    node.id === targetId || node.lifecycle !== 'alive' || isSilent(node, watch);
  return successors.every(cannotAnswer) && [...peers.values()].every(({ node }) => cannotAnswer(node));
}

/** What to ask the registry about a target now: null while the vote is not there or the accused may still answer. */
export function questionAbout(
  { now, settings }: Pick<VotingFacts, 'now' | 'settings'>,
  peer: Peer,
): { readonly refutationCount: number | null } | null {
  const hasVote =
    peer.status === 'dead' && peer.votedAt !== null && !peer.isDeciding && !isConfirmedDead(peer);
  if (!hasVote) return null;
  if (isUnreachableTooLong(settings, peer, now) || !canRefute(settings, peer))
    return { refutationCount: null };
  if (now < answerDueAt(settings, peer)) return null;
  return { refutationCount: peer.node.refutationCount };
}

/** When the accused has had its time to answer; in the past when it need not be waited for. */
export function answerDueAt(settings: Settings, peer: Peer): number {
  if (!canRefute(settings, peer)) return Number.NEGATIVE_INFINITY;
  const since = Math.max(
    peer.accusedAt ?? Number.NEGATIVE_INFINITY,
    peer.refutedAt ?? Number.NEGATIVE_INFINITY,
  );
  return since + settings.answerWindowMs;
}

function canRefute(settings: Settings, peer: Peer): boolean {
  return settings.refutation && peer.node.epoch > 0;
}

function isUnreachableTooLong(settings: Settings, peer: Peer, now: number): boolean {
  const limit = settings.unreachableIsDeadAfterMs;
  return limit !== null && peer.unreachableSince !== null && now - peer.unreachableSince >= limit;
}

/**
 * Whether a vote must be affirmed now so that the quorum window does not end it. Like the first word it needs proof of
 * the observer's own network: without it the vote lapses, and is said anew when there is proof again.
 */
export function needsAffirmation(facts: VotingFacts, peer: Peer): boolean {
  return (
    peer.status === 'dead' &&
    peer.votedAt !== null &&
    !isConfirmedDead(peer) &&
    facts.now - peer.votedAt >= facts.settings.quorumWindowMs / 2 &&
    hasNetworkProof(facts, peer.node.id)
  );
}
