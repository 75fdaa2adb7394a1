/**
 * Whether an observer may speak: proof of its own network, patience with the target, the accused's right to
 * answer, and which silent nodes do not count as voters. All times are on the observer's own monotonic clock.
 */
import type { Settings } from './config.ts';
import type { NodeRecord } from './node.ts';
import { isConfirmedDead, isRefusedOnly, type Peer } from './peer.ts';
import type { SilentNode } from './reading.ts';

/** When a node's heartbeat was last seen to change. */
export interface Sighting {
  readonly heartbeat: string;
  readonly changedAt: number;
}

/** What the rules below look at. */
export interface VotingFacts {
  readonly now: number;
  readonly settings: Settings;
  readonly startedAt: number;
  readonly peers: ReadonlyMap<string, Peer>;
  /** The listed nodes ahead, as last read. */
  readonly successors: readonly NodeRecord[];
  /** Whether `successors` are all the other listed nodes. */
  readonly isWholeRing: boolean;
  readonly sightings: ReadonlyMap<string, Sighting>;
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
 * Whether this observer's own network works: another node has answered it recently; or, where every other
 * node is known to be silent by its heartbeat too (or there is none), the registry has.
 */
function hasNetworkProof(facts: VotingFacts, targetId: string): boolean {
  const since = facts.now - facts.settings.proofWindowMs;
  for (const peer of facts.peers.values()) {
    if (peer.node.id !== targetId && peer.lastAnswerAt !== null && peer.lastAnswerAt >= since) return true;
  }
  if (!facts.isWholeRing || facts.lastReadAt === null || facts.lastReadAt < since) return false;
  const silent = new Set(silentNodes(facts).map(({ nodeId }) => nodeId));
  return knownOthers(facts).every(
    (node) =>
      node.id === targetId || silent.has(node.id) || node.isConfirmedDead || node.lifecycle !== 'alive',
  );
}

/** The nodes ahead, and targets that are off the ring. */
function knownOthers({ successors, peers }: VotingFacts): NodeRecord[] {
  const others = [...successors];
  for (const { node } of peers.values()) if (!node.isListed) others.push(node);
  return others;
}

/**
 * Nodes whose heartbeat this observer has itself watched standing still for a full heartbeat window, up to its newest
 * reading. None while its own heartbeat stands still there too: then what it reads is stale, or nobody's gets through.
 */
export function silentNodes(facts: VotingFacts): SilentNode[] {
  const { settings } = facts;
  if (stillHeartbeat(facts, settings.nodeId) !== null) return [];
  const silent: SilentNode[] = [];
  for (const { id: nodeId } of knownOthers(facts)) {
    const heartbeat = stillHeartbeat(facts, nodeId);
    if (heartbeat !== null) silent.push({ nodeId, heartbeat });
  }
  return silent;
}

/** The heartbeat that stands still; null when it does not. */
function stillHeartbeat({ settings, sightings, lastReadAt }: VotingFacts, nodeId: string): string | null {
  const sighting = sightings.get(nodeId);
  if (sighting === undefined || lastReadAt === null) return null;
  return lastReadAt - sighting.changedAt >= settings.heartbeatWindowMs ? sighting.heartbeat : null;
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
