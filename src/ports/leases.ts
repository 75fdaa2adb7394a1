/** The right to run a recovery: how it is asked for, kept and given back. */
import type { KnownProgress } from '../core/reading.ts';
import type { Verdict } from '../core/verdict.ts';

/** A try to become the owner of a recovery. */
export interface ClaimRequest {
  readonly nodeId: string;
  readonly epoch: number;
  readonly ownerId: string;
  readonly ownerEpoch: number;
  /** Random and unique to this attempt. */
  readonly claimId: string;
  readonly leaseMs: number;
  /**
   * For how long at most this owner runs its handler without a renewal. Once it is found dead, its lease ends so long after
   * its newest renewal. Default: as long as the lease.
   */
  readonly holdMs?: number;
  /**
   * Wait after an owner whose lease ran out before it said how its attempt ended. None after the first such attempt; then it
   * doubles with each, as after a failure.
   */
  readonly retryBackoffMs: number;
  /** After so many attempts the recovery is given up; null for no limit. */
  readonly maxAttempts: number | null;
  /** What the owner knows of the registry: the fence is above all that it knows of. Default: nothing. */
  readonly known?: KnownProgress;
}

/** The lease, with its fence and the verdict that it is for, or why there is none. */
export type ClaimResult =
  | {
      readonly outcome: 'claimed';
      readonly fence: number;
      readonly verdict: Verdict;
      /** How many of the verdict's attempts were aborted: those are no failures. Default: 0. */
      readonly abortedCount?: number;
    }
  | { readonly outcome: 'refused'; readonly reason: ClaimRefusal };

/**
 * `held`: another node has a lease or a backoff runs. `resolved`: nothing is open. `maintenance`: the node is
 * in maintenance now. `owner-over`: the claiming epoch itself is over, dead or has left. `given-up`: it was tried too often
 * and waits for an operator. `went-back`: the registry lacks what the owner knows of, or is of a later generation.
 */
export type ClaimRefusal = 'held' | 'resolved' | 'maintenance' | 'owner-over' | 'given-up' | 'went-back';

/** One lease of one recovery. */
export interface LeaseRef {
  readonly nodeId: string;
  readonly epoch: number;
  readonly claimId: string;
  readonly fence: number;
}

/** `hasReturned`: the node has answered again, or has begun a new epoch, since the verdict. */
export type RenewResult =
  | { readonly outcome: 'renewed'; readonly hasReturned: boolean }
  | { readonly outcome: 'lost' };

/** How the owner of a lease ended its recovery. */
export interface FinishRequest extends LeaseRef {
  /**
   * `completed` resolves the verdict. `failed` lets a node claim it again after `retryAfterMs`. So does `aborted`: the lease
   * could not be renewed in time. That is no failed attempt, also where the word of it comes after the next claim.
   */
  readonly outcome: 'completed' | 'failed' | 'aborted';
  /** In words, at most 1,000 characters; null when completed. */
  readonly error: string | null;
  readonly retryAfterMs: number;
  /** A failure of this attempt or a later one gives the recovery up; null for no limit. */
  readonly maxAttempts: number | null;
}

/** `lost`: the lease was not ours any more and nothing was changed. So it is once the owner is over: found dead, gone, or in a newer epoch. */
export type FinishResult = 'recorded' | 'lost';
