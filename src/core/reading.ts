/** What an observer reads from the registry in a round, and what the registry answers to a question of death. Plain data. */
import type { NodeRecord } from './node.ts';
import type { Verdict } from './verdict.ts';

/** How many open verdicts a reading has at most. */
export const openVerdictLimit = 32;

/** How many accusers a reading has at most: one is enough to answer, and a node that no observer reaches has ever more of them. */
export const accuserLimit = 32;

/** The answer to `readRound`: all that an observer needs in a round. May be stale. */
export interface RoundReading {
  /** How far the registry had come when it was read. */
  readonly progress: ReadProgress;
  /** The node's own row; null when it has none (then it watches no node). */
  readonly self: NodeRecord | null;
  /** The newest heartbeat of this very epoch; null when the row is of another one, or there is none. */
  readonly ownBeat: Beat | null;
  /** Whether a verdict stands against this very epoch. */
  readonly isSelfDead: boolean;
  /** Observers with a valid `suspect` or `dead` of this very epoch, in byte order; the first `accuserLimit` of them. */
  readonly accuserIds: readonly string[];
  /** The next nodes clockwise that are on the ring and not in maintenance, nearest first, without self; fewer than asked for means that these are all. */
  readonly successors: readonly NodeRecord[];
  /** Where they are asked for: the next of them that beat, nearest first. */
  readonly beating: readonly NodeRecord[];
  /** Rows of the asked-for nodes that exist and are not among the successors. A row that is missing proves nothing. */
  readonly watched: readonly NodeRecord[];
  /** What this observer has said and not taken back, in this epoch or an earlier one. */
  readonly statements: readonly OwnStatement[];
  /** Verdicts whose recovery is open, at most `openVerdictLimit`: the claimable ones first, oldest first, then the others in the same order. */
  readonly openVerdicts: readonly OpenVerdict[];
}

/** How far a registry has come: numbers that only grow, unless a backup is restored. */
export interface Progress {
  /** The cluster's newest fence, which names the generation too; see fence.ts. */
  readonly fence: number;
  /** The id of the log's newest line; 0 for none. */
  readonly newestEvent: number;
}

/** The same as a reading shows it. */
export interface ReadProgress extends Progress {
  /** Every epoch that begins is above this one. */
  readonly epochFloor: number;
}

/** The highest of what one node has read, or was answered. */
export interface KnownProgress extends Progress {
  /** The place of its own newest heartbeat of this epoch that it has read; 0 for none. */
  readonly newestBeat: number;
}

/** A heartbeat as the registry has it. */
export interface Beat {
  /** Its place in the order in which the registry took all heartbeats and joins: higher than that of each before it. */
  readonly order: number;
  /** Registry clock, milliseconds since 1970. Compared with the instants of other heartbeats, and with no node's clock. */
  readonly at: number;
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
  /** Whether it may be claimed now: no lease, no backoff and no maintenance of the node runs by the registry's clock. */
  readonly isClaimable: boolean;
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
  /** The registry lacks what the asker knows of, or is of a later generation: the asker has to read it first. */
  | { readonly outcome: 'pending'; readonly reason: 'went-back' }
  /** The question is void. `unknown`: no row for this node. `away`: of an obituary alone. */
  | {
      readonly outcome: 'alive';
      readonly reason: 'left' | 'maintenance' | 'away' | 'newer-epoch' | 'unknown';
    };

/** The rows of targets by id; of two of one node, which no registry gives, the one of the held targets. */
export function rowsOf({ successors, beating, watched }: RoundReading): Map<string, NodeRecord> {
  const rows = new Map<string, NodeRecord>();
  for (const node of [...successors, ...beating]) rows.set(node.id, node);
  for (const node of watched) rows.set(node.id, node);
  return rows;
}
