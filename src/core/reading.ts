/** What an observer reads from the registry in a round, and what the registry answers to a question of death. Plain data. */
import type { NodeRecord } from './node.ts';
import type { Verdict } from './verdict.ts';

/** How many open verdicts a reading has at most. */
export const openVerdictLimit = 32;

/** How many accusers a reading has at most: one is enough to answer, and a node that nobody reaches has ever more of them. */
export const accuserLimit = 32;

/** The answer to `readRound`: all that an observer needs in a round. May be stale. */
export interface RoundReading {
  /** The node's own row; null when it has none (then it monitors nobody). */
  readonly self: NodeRecord | null;
  /** The newest heartbeat of this very epoch; null when the row is of another one, or there is none. */
  readonly ownBeat: Beat | null;
  /** Whether a verdict stands against this very epoch. */
  readonly isSelfDead: boolean;
  /** Observers with a valid `suspect` or `dead` of this very epoch, in byte order; the first `accuserLimit` of them. */
  readonly accuserIds: readonly string[];
  /** The next nodes clockwise that are listed and not confirmed dead, nearest first, without self; fewer than asked for means that this is the whole ring. */
  readonly successors: readonly NodeRecord[];
  /** Rows of the held targets that exist and are not among the successors. */
  readonly watched: readonly NodeRecord[];
  /** What this observer has said and not taken back, in this life or an earlier one. */
  readonly statements: readonly OwnStatement[];
  /** Verdicts whose recovery is open, at most `openVerdictLimit`: the claimable ones first, oldest first, then the others in the same order. */
  readonly openVerdicts: readonly OpenVerdict[];
}

/** A heartbeat as the registry has it. */
export interface Beat {
  /** Its place in the order in which the registry took everybody's heartbeats and joins: higher than that of each before it. */
  readonly order: number;
  /** Registry clock, milliseconds since 1970. Compared with the instants of other heartbeats, and with no node's clock. */
  readonly at: number;
}

/**
 * Since when whoever is there has been heard of, as an observer knows by its own heartbeats, however the registry's
 * clock has stepped.
 */
export interface Presence {
  /** Each has a heartbeat of a later place in the registry's order. */
  readonly sinceOrder: number;
  /** None was heard of last before this instant of the registry's clock; for nodes whose heartbeats have no place in the order. */
  readonly since: number;
}

/** A `suspect` or `dead` of an observer that it has not taken back. */
export interface StandingStatement {
  readonly targetId: string;
  readonly targetEpoch: number;
  readonly status: 'suspect' | 'dead';
  /** The observer's epoch when it said so. */
  readonly observerEpoch: number;
}

/** One of the reader's own, with when it was said last. */
export interface OwnStatement extends StandingStatement {
  /** Registry clock, milliseconds since 1970: when it was affirmed last. Compared with the instants of heartbeats only. */
  readonly affirmedAt: number;
}

/** A verdict whose recovery has not ended. */
export interface OpenVerdict {
  readonly verdict: Verdict;
  /** Nobody holds a lease, no backoff is running and the node is not in maintenance, by the registry's clock. */
  readonly isClaimable: boolean;
}

/**
 * A node whose heartbeat an observer has watched standing still for a full heartbeat window. The registry takes it for
 * silent only while its heartbeat is still this one: what the observer read may be stale, or the node back since.
 */
export interface SilentNode {
  readonly nodeId: string;
  /** `NodeRecord.heartbeat` as it was read all the while. */
  readonly heartbeat: string;
}

/** The three values of a verdict, and why it is still pending. */
export type DecideResult =
  | { readonly outcome: 'dead'; readonly verdict: Verdict; readonly isNew: boolean }
  | {
      readonly outcome: 'pending';
      readonly reason: 'votes';
      readonly voteCount: number;
      readonly quorum: number;
    }
  | {
      readonly outcome: 'pending';
      readonly reason: 'brake';
      readonly unresolvedCount: number;
      readonly limit: number;
    }
  | { readonly outcome: 'pending'; readonly reason: 'refuted' }
  /** The question is void. `unknown`: no row for this node. */
  | { readonly outcome: 'alive'; readonly reason: 'left' | 'maintenance' | 'newer-epoch' | 'unknown' };
