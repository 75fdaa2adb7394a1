/**
 * The rules of a verdict: how many votes are enough, and how many deaths may weigh at a time. Also the row that a
 * verdict is. The registries decide by these same rules: they read, and what they write is refused if that has changed.
 * Not for: when an observer votes (vote.ts) or asks for a verdict (deciding.ts).
 */
import type { Evidence } from './evidence.ts';

/** One valid vote for a death. */
export interface Vote {
  readonly observerId: string;
  /** The observer's epoch when it voted; 0 for an observer that runs the original. */
  readonly observerEpoch: number;
  readonly evidence: Evidence | null;
}

/** Why a verdict needs no recovery any more. */
export type Resolution = 'completed' | 'returned' | 'superseded' | 'left' | 'dismissed';

/** The registry's row that a node is dead in an epoch, by a quorum or by its own obituary, and the state of its recovery. */
export interface Verdict {
  readonly nodeId: string;
  readonly epoch: number;
  /** Registry clock, milliseconds since 1970. For display; nothing is decided by it on a node. */
  readonly decidedAt: number;
  /** How many votes were required; 0 for an obituary. */
  readonly quorum: number;
  /** The votes, in id order. */
  readonly votes: readonly Vote[];
  /** null while the recovery is open. */
  readonly resolution: Resolution | null;
  /** Who has or had the newest lease; null before the first claim. */
  readonly ownerId: string | null;
  /** Fence of the newest lease; 0 before the first claim. */
  readonly fence: number;
  /** Leases given so far. */
  readonly attemptCount: number;
  /** What the newest failed attempt said. */
  readonly lastError: string | null;
  /** Why the node's own agent has declared the epoch over; null for a verdict by votes. */
  readonly reason: string | null;
}

/** Facts that decide how many votes are enough. */
export interface QuorumFacts {
  /** Votes that the settings ask for. */
  readonly minQuorum: number;
  /** `true` keeps the plain number whatever the cluster's size. */
  readonly isStrict: boolean;
  /** Observers whose vote counts, and the nodes on the ring other than the target that are not silent for the asking one. */
  readonly voterCount: number;
}

/** How many distinct votes a verdict needs: `min(minQuorum, eligible voters)`, at least 1. */
export function quorumSize({ minQuorum, isStrict, voterCount }: QuorumFacts): number {
  return Math.max(1, isStrict ? minQuorum : Math.min(minQuorum, voterCount));
}

/**
 * How many deaths may weigh on the brake at a time: `max(1, round(maxDeadFraction × memberCount))`, and none at all for
 * a fraction of 0. `memberCount` counts the nodes on the ring that are not in maintenance, and the dead that weigh, so that
 * the limit does not shrink while deaths are confirmed.
 */
export function brakeLimit(maxDeadFraction: number, memberCount: number): number {
  if (maxDeadFraction === 0) return 0;
  return Math.max(1, Math.floor(maxDeadFraction * memberCount + 0.5 + 1e-9));
}
