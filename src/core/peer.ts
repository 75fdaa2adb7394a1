/**
 * What one observer knows and says of one target: the state machine of docs/design.md.
 *
 * Legal transitions: healthy → suspect → dead, healthy → dead (when both thresholds are equal),
 * and back to healthy from either by a hit or by the beginning of maintenance.
 *
 * Not for: whether the observer may speak at all (vote.ts), or what the registry decides (verdict.ts).
 */
import type { Evidence, FailureKind, ObserverHealth } from './evidence.ts';
import type { NodeRecord } from './node.ts';
import { startOf } from './text.ts';

/** What one observer thinks of a target. */
export type PeerStatus = 'healthy' | 'suspect' | 'dead';

export interface Peer {
  /** The target's row as last read. */
  readonly node: NodeRecord;
  /** The life that the counts below are about: the row's epoch, or a newer one that the target itself named. */
  readonly epoch: number;
  readonly status: PeerStatus;
  /** Consecutive conclusive misses. */
  readonly missCount: number;
  readonly firstMissAt: number | null;
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
  readonly lastFailure: string;
  /** When it last answered this observer itself. */
  readonly lastAnswerAt: number | null;
  readonly inconclusiveCount: number;
  /** What has been written of it and not taken back, perhaps by an earlier life of this observer. */
  readonly said: Said | null;
  /** What was taken back last, while a verdict may stand that was not known then. */
  readonly takenBack: TakenBack | null;
  /** The registry does not have the newest word of it: to be said again at the next probe that bears it out. */
  readonly isUnheard: boolean;
  /** The probe in flight. */
  readonly probe: { readonly startedAt: number; readonly hasStalled: boolean } | null;
  /** Earliest time of the next probe; null leaves it to the next round. */
  readonly nextProbeAt: number | null;
  /** Since when the registry holds an accusation of the present life by this observer. */
  readonly accusedAt: number | null;
  /** When the registry took the newest vote, affirmations included. */
  readonly votedAt: number | null;
  /** The decision count that was known then: a vote from before a return does not count after it. */
  readonly votedDecision: number;
  readonly isDeciding: boolean;
  /** When the refutation count was last seen to grow. */
  readonly refutedAt: number | null;
  /** Since when it refutes what this observer says. */
  readonly unreachableSince: number | null;
}

/** A statement that stands in the registry. */
export interface Said {
  readonly status: 'suspect' | 'dead';
  readonly epoch: number;
}

/** A word that was taken back. */
export interface TakenBack extends Said {
  /** Up to which decision on that epoch verdicts were known: a later one is not answered by it. */
  readonly knownDecision: number;
  /** Readings since the registry has the `recovered`; null before that. */
  readonly readingCount: number | null;
}

/** What a probe changed. `repeated` is a word that the registry needs again; it is no news to anybody else. */
export type Transition =
  | { readonly kind: 'suspect' | 'dead' }
  | ({ readonly kind: 'recovered'; readonly was: 'suspect' | 'dead' } & TakenBackRef)
  | { readonly kind: 'repeated'; readonly status: 'suspect' | 'dead' }
  | ({ readonly kind: 'repeated'; readonly status: 'recovered' } & TakenBackRef)
  | { readonly kind: 'restarted'; readonly previousEpoch: number };

type TakenBackRef = Pick<TakenBack, 'epoch' | 'knownDecision'>;

export interface PeerChange {
  readonly peer: Peer;
  readonly transitions: readonly Transition[];
}

/** A target that nothing is known of yet: healthy until it misses. */
export function newPeer(node: NodeRecord, nextProbeAt: number | null): Peer {
  return {
    node,
    epoch: node.epoch,
    status: 'healthy',
    ...noMisses,
    lastAnswerAt: null,
    inconclusiveCount: 0,
    said: null,
    takenBack: null,
    isUnheard: false,
    probe: null,
    nextProbeAt,
    votedDecision: 0,
    isDeciding: false,
  };
}

const noMisses = {
  missCount: 0,
  firstMissAt: null,
  failures: {},
  lastFailure: '',
  accusedAt: null,
  votedAt: null,
  refutedAt: null,
  unreachableSince: null,
} as const satisfies Partial<Peer>;

/** A copy of the peer to write changes into. Each probe makes a few, and field by field one costs a tenth of a spread. */
export function draftOfPeer(peer: Peer): { -readonly [Key in keyof Peer]: Peer[Key] } {
  return {
    node: peer.node,
    epoch: peer.epoch,
    status: peer.status,
    missCount: peer.missCount,
    firstMissAt: peer.firstMissAt,
    failures: peer.failures,
    lastFailure: peer.lastFailure,
    lastAnswerAt: peer.lastAnswerAt,
    inconclusiveCount: peer.inconclusiveCount,
    said: peer.said,
    takenBack: peer.takenBack,
    isUnheard: peer.isUnheard,
    probe: peer.probe,
    nextProbeAt: peer.nextProbeAt,
    accusedAt: peer.accusedAt,
    votedAt: peer.votedAt,
    votedDecision: peer.votedDecision,
    isDeciding: peer.isDeciding,
    refutedAt: peer.refutedAt,
    unreachableSince: peer.unreachableSince,
  };
}

export interface MissRules {
  readonly suspectAfter: number;
  readonly deadAfter: number;
  /** False during the startup grace, without proof of the observer's own network, or while patience lasts. */
  readonly mayDeclare: boolean;
}

/** Counts a conclusive miss. */
export function countMiss(
  peer: Peer,
  now: number,
  miss: { readonly failure: FailureKind; readonly detail: string },
): Peer {
  return {
    ...peer,
    missCount: peer.missCount + 1,
    firstMissAt: peer.firstMissAt ?? now,
    failures: { ...peer.failures, [miss.failure]: (peer.failures[miss.failure] ?? 0) + 1 },
    lastFailure: startOf(miss.detail, 200),
  };
}

/** After a counted miss: says `suspect` or `dead`, each once, when the count is reached; again where the registry needs it. */
export function declareMissed(peer: Peer, { suspectAfter, deadAfter, mayDeclare }: MissRules): PeerChange {
  if (peer.missCount >= deadAfter && peer.status !== 'dead' && mayDeclare) return say(peer, 'dead');
  if (peer.missCount >= suspectAfter && peer.status === 'healthy') return say(peer, 'suspect');
  const isDue = peer.status === 'dead' ? mayDeclare && (peer.isUnheard || isVoteSpent(peer)) : peer.isUnheard;
  if (!isDue || peer.status === 'healthy') return { peer, transitions: [] };
  return {
    peer: { ...peer, isUnheard: false, votedDecision: decisionOf(peer, peer.epoch) },
    transitions: [{ kind: 'repeated', status: peer.status }],
  };
}

function say(peer: Peer, status: 'suspect' | 'dead'): PeerChange {
  const said = { status, epoch: peer.epoch };
  const votedDecision = decisionOf(peer, peer.epoch);
  return {
    peer: { ...peer, status, said, takenBack: null, isUnheard: false, votedDecision },
    transitions: [{ kind: status }],
  };
}

/** How many decisions on that epoch of the target this observer knows of. */
export function decisionOf({ node }: Peer, epoch: number): number {
  return node.epoch === epoch ? node.decisionCount : 0;
}

/** Whether the target has returned from a verdict since this observer voted: only a new vote counts after that. */
function isVoteSpent(peer: Peer): boolean {
  return peer.votedAt !== null && !isConfirmedDead(peer) && decisionOf(peer, peer.epoch) > peer.votedDecision;
}

/** A hit: resets the count and takes back whatever was said. `epoch` is the one that the answer named. */
export function afterHit(
  peer: Peer,
  now: number,
  hit: { readonly isAnswer: boolean; readonly epoch: number | null },
): PeerChange {
  const transitions: Transition[] = [];
  const epoch = Math.max(peer.epoch, hit.epoch ?? 0);
  if (epoch > peer.epoch) transitions.push({ kind: 'restarted', previousEpoch: peer.epoch });
  const answered = draftOfPeer(peer);
  const takenBack = peer.said ?? (owesRecovered(peer) ? peer.takenBack : null);
  if (takenBack !== null) {
    const { status, epoch: saidEpoch } = takenBack;
    const ref = { epoch: saidEpoch, knownDecision: decisionOf(peer, saidEpoch) };
    if (peer.said !== null) transitions.push({ kind: 'recovered', was: status, ...ref });
    else transitions.push({ kind: 'repeated', status: 'recovered', ...ref });
    answered.takenBack = { status, ...ref, readingCount: null };
    answered.isUnheard = false;
  }
  answered.epoch = epoch;
  answered.status = 'healthy';
  Object.assign(answered, noMisses);
  if (hit.isAnswer) answered.lastAnswerAt = now;
  answered.said = null;
  return { peer: answered, transitions };
}

/** The target's row, read again. A newer epoch begins with no misses; what was said of the old one stands until the target answers. */
export function afterReading(peer: Peer, node: NodeRecord, now: number): Peer | null {
  const isGone = node.lifecycle === 'left' || node.lifecycle === 'away';
  if (isGone && node.epoch >= peer.epoch) return afterDeparture(peer, node);
  const takenBack = peer.takenBack === null ? null : afterReadingOf(peer.takenBack, node, peer.isUnheard);
  if (node.epoch > peer.epoch) {
    return { ...peer, node, epoch: node.epoch, status: 'healthy', ...noMisses, takenBack };
  }
  // A row of an older epoch than the target itself has named is a stale read.
  if (node.epoch < peer.epoch) return { ...peer, takenBack };
  // Where a registry gives the same row again, nothing has changed.
  if (node === peer.node && takenBack === peer.takenBack) return peer;
  const hasRefuted = peer.node.epoch === peer.epoch && node.refutationCount > peer.node.refutationCount;
  const isAccused = peer.status !== 'healthy';
  const read = draftOfPeer(peer);
  read.node = node;
  read.takenBack = takenBack;
  if (hasRefuted && isAccused) {
    read.refutedAt = now;
    read.unreachableSince = peer.unreachableSince ?? now;
  }
  return read;
}

/**
 * The first reading after the registry has the `recovered` may have been asked for before; the second one would show a
 * verdict from before it.
 */
function afterReadingOf(takenBack: TakenBack, node: NodeRecord, isUnheard: boolean): TakenBack | null {
  const { readingCount } = takenBack;
  if (readingCount === null || isUnheard || isUnanswered(takenBack, node)) return takenBack;
  return readingCount >= 1 ? null : { ...takenBack, readingCount: readingCount + 1 };
}

/** Whether a verdict stands that was not known when the word was taken back. */
function isUnanswered({ epoch, knownDecision }: TakenBack, node: NodeRecord): boolean {
  return node.lifecycle === 'dead' && node.epoch === epoch && node.decisionCount > knownDecision;
}

/** Whether a `recovered` has to be said again: the registry has not got it, or it does not answer the verdict that stands. */
function owesRecovered({ takenBack, isUnheard, node }: Peer): boolean {
  return takenBack !== null && (isUnheard || isUnanswered(takenBack, node));
}

/**
 * The target is gone by its own or an operator's word, and nothing is counted any more. Leaving makes void what was
 * said; what an operator does not, so it is remembered until the target answers again.
 */
function afterDeparture(peer: Peer, node: NodeRecord): Peer | null {
  const { said, takenBack, isUnheard, probe, lastAnswerAt } = peer;
  if (node.lifecycle === 'left' || (said === null && takenBack === null)) return afterRemoval(peer);
  return { ...newPeer(node, null), said, takenBack, isUnheard, probe, lastAnswerAt };
}

/**
 * A reading has no row of the target. That proves nothing of one that is missed: the registry's leader is asked about it
 * in the end, and then its answer settles it. Any other whose row was asked for by name has been deleted.
 */
export function afterAbsence(peer: Peer, isAsked: boolean): Peer | null {
  const isInDispute = peer.missCount > 0 && !isConfirmedDead(peer);
  return isAsked && !isInDispute ? afterRemoval(peer) : peer;
}

/** The target is forgotten with what was said of it; only a probe in flight stays known until its end. */
export function afterRemoval({ node, probe, lastAnswerAt }: Peer): Peer | null {
  return probe === null ? null : { ...newPeer(node, null), probe, lastAnswerAt };
}

/** Whether the target counts as one that answers: nothing bad is known of it. */
export function isAnswering(peer: Peer): boolean {
  return peer.missCount === 0 && peer.status === 'healthy' && isProbed(peer.node) && !isConfirmedDead(peer);
}

/** Whether probing the node makes sense: it is on the ring and not in maintenance, or it is dead and may come back. */
export function isProbed({ lifecycle }: NodeRecord): boolean {
  return lifecycle === 'alive' || lifecycle === 'dead';
}

/** Whether a verdict stands against the life that this observer knows. */
export function isConfirmedDead(peer: Peer): boolean {
  return peer.node.lifecycle === 'dead' && peer.node.epoch === peer.epoch;
}

/** Whether the target must stay on the watch list wherever it stands on the ring. */
export function isHeld(peer: Peer): boolean {
  return peer.missCount > 0 || peer.status !== 'healthy' || peer.said !== null || owesRecovered(peer);
}

/** Whether the target's row must still be read, watched or not. */
export function isFollowed(peer: Peer): boolean {
  return peer.takenBack !== null || isHeld(peer);
}

/** Whether every miss was a refused connection. */
export function isRefusedOnly(peer: Peer): boolean {
  return peer.missCount > 0 && (peer.failures.refused ?? 0) >= peer.missCount;
}

/** The evidence for a statement made now. */
export function evidenceOf(peer: Peer, now: number, observer: ObserverHealth): Evidence {
  return {
    missCount: peer.missCount,
    silentMs: Math.round(now - (peer.firstMissAt ?? now)),
    sinceAnswerMs: peer.lastAnswerAt === null ? null : Math.round(now - peer.lastAnswerAt),
    failures: peer.failures,
    lastFailure: peer.lastFailure,
    observer,
  };
}
