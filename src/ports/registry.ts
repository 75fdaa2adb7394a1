/**
 * The shared registry: who is in the cluster, what observers say, verdicts and their recoveries.
 *
 * The rules that every implementation keeps, and that the contract suite in `ringwatch/testing` checks:
 *
 * - Every call settles within a bound of the adapter's own, and rejects with a `RegistryError` only.
 * - Every writing call is idempotent: it may be repeated after an unknown result (`ambiguous`) with the
 *   same arguments, and has its effect once. `operationId`, `instanceId` and `claimId` exist for that.
 * - A call that decides reads first, and begins again when what it has read is no longer so at its write.
 * - Times come from the registry's clock, bound as parameters; no writing statement contains a clock.
 * - Reads may be stale unless they say otherwise. No node's safety depends on a read.
 */

/// <reference lib="esnext.disposable" preserve="true" />
import type { AgeMarks } from '../core/marks.ts';
import type { EpochRef } from '../core/node.ts';
import type { DecideResult, Progress, RoundReading } from '../core/reading.ts';
import type { ClusterReading, ClusterRequest, NodeDetail } from './cluster-reading.ts';
import type { Entry } from './entry.ts';
import type { EventPage, EventQuery } from './event-log.ts';
import type {
  ClaimRequest,
  ClaimResult,
  FinishRequest,
  FinishResult,
  LeaseRef,
  RenewResult,
} from './leases.ts';
import type { Neighbors, NeighborsRequest } from './neighbors.ts';
import type { PruneRequest, PruneResult, RaiseRequest, RaiseResult } from './upkeep.ts';

export type { Entry, NoteEntry, StatementEntry } from './entry.ts';
export type { EventKind, EventPage, EventQuery, NoteKind, RegistryEvent } from './event-log.ts';

/** The port to the shared database. `MemoryRegistry` is the simplest complete one. */
export interface Registry {
  /** Creates what is missing. Several nodes may do so at the same moment; harmless when repeated. */
  migrate(): Promise<void>;

  // Membership ---------------------------------------------------------------------------------

  /** Begins the node's next epoch, which counts as a heartbeat. See `JoinRequest` for what it is conditional on. */
  join(request: JoinRequest): Promise<JoinResult>;
  /** Says that this epoch still lives, and takes a place above those of all heartbeats and joins before it; two of the same moment may share one. The only write of the steady state. */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatResult>;
  /** The node leaves the ring. What it said and what is said of it is void, and it is never called dead. Harmless when repeated or when the epoch is over. */
  leave(request: EpochRef): Promise<void>;
  /** Says whether this node has a recovery handler now. */
  setHandler(request: EpochRef & { readonly hasHandler: boolean }): Promise<void>;
  /** Puts a node into maintenance for `durationMs` from the registry's now; 0 ends it. Afterwards it is judged as any other. False when no such node is known. */
  setMaintenance(request: { readonly nodeId: string; readonly durationMs: number }): Promise<boolean>;

  // The round ----------------------------------------------------------------------------------

  /** All that an observer needs in a round, as one request. Rows read depend on the request, not on the cluster's size. */
  readRound(request: RoundRequest): Promise<RoundReading>;
  /** Who stands around a node on the ring, as one request; at most `count` rows each way. */
  readNeighbors(request: NeighborsRequest): Promise<Neighbors>;
  /** Writes statements and notes in order, as one transaction. Entries whose `operationId` is known already are passed over. */
  record(entries: readonly Entry[]): Promise<void>;
  /** Answers an accusation: raises the node's refutation count, unless its epoch is over. */
  refute(request: EpochRef): Promise<void>;

  // Verdict and recovery -----------------------------------------------------------------------

  /**
   * Counts the valid votes and inserts the verdict if they are a quorum, at most one per node and epoch. One that was
   * closed because the node returned is opened again by a quorum of votes that came after the return.
   */
  decide(request: DecideRequest): Promise<DecideResult>;
  /**
   * The word of a node's own agent that this epoch is over, since its application has died. Only the holder of the epoch's
   * instance id can give it. It makes the verdict without votes. Where the brake has no room it stands (`pending`), the
   * node stays on the ring, and `decide` needs no votes for it. `alive` for a node that left, is in maintenance, or was
   * taken off the ring by another program: then nothing is written. May be given again, and asks the brake again.
   */
  obituary(request: ObituaryRequest): Promise<DecideResult>;
  /** Tries to get the right to run the recovery of an open verdict. */
  claim(request: ClaimRequest): Promise<ClaimResult>;
  /** Extends a lease that is still ours. It is not any more once its owner is over: found dead, gone, or in a newer epoch. */
  renew(request: LeaseRef & { readonly leaseMs: number }): Promise<RenewResult>;
  /** Records how a recovery ended. */
  finish(request: FinishRequest): Promise<FinishResult>;
  /**
   * Raises the generation if the committed state lacks what the caller knows of: then the registry went back. Every fence of
   * the new generation is above all that the caller knows of, and what observers had said is void. `current` where nothing is
   * missing, or where another node has raised it already.
   */
  raise(request: RaiseRequest): Promise<RaiseResult>;
  /** An operator's word that a death needs no recovery: resolves it as `dismissed`. False when nothing was open. */
  dismiss(request: DismissRequest): Promise<boolean>;
  /** An operator's word that the open recoveries of a node be tried now, given up or not; not those under a lease. False when none waited. */
  retry(request: RetryRequest): Promise<boolean>;
  /**
   * An operator's word that verdicts may be made past the brake's limit for a while, by the registry's clock. The newest word
   * counts; one of 0 ms ends a release. Rejects with `invalid` for a time or a number that is none.
   */
  releaseBrake(request: ReleaseRequest): Promise<void>;

  // For people and for housekeeping ------------------------------------------------------------

  /** One node, as the registry has it now; null when unknown. Never stale by more than the registry's own commit delay. */
  readNode(nodeId: string): Promise<NodeDetail | null>;
  /** Every node, every standing statement and every open or recent verdict: reads the whole tables. For `status`, not for rounds. */
  readCluster(request?: ClusterRequest): Promise<ClusterReading>;
  /** How many nodes, statements and verdicts there are together, of each counted up to `limit`: for how long `readCluster` may take. */
  countRows(limit: number): Promise<number>;
  /** Events after the cursor (`null` for the start) in order: the newest `limit` of them, or the oldest. Rows of the original's observers are among them. */
  readEvents(request: EventQuery): Promise<EventPage>;
  /** Writes a row and takes it back, in one transaction: rejects while the registry takes no writes. */
  tryWrite(): Promise<void>;
  /** Deletes old events, resolved verdicts and departed nodes, never what is open. One node at a time does it; the others get `isMine: false`. */
  prune(request: PruneRequest): Promise<PruneResult>;

  /** As `Store.onChange`. */
  onChange?(listener: () => void): () => void;
  /** Frees connections and handles. Calls in flight may reject. May be called twice. */
  close(): Promise<void>;
}

/** A registry that `await using` closes. Every one of this package is. */
export interface DisposableRegistry extends Registry, AsyncDisposable {}

/** What a node says of itself when it begins an epoch. */
export interface JoinRequest {
  readonly nodeId: string;
  /** As peers reach it; written to `ip_address` when the row is new. Null leaves the columns alone: another program keeps the node's row. */
  readonly address: string | null;
  /** A private address that peers prefer; null for none. */
  readonly internalAddress: string | null;
  /** Port of the ping answer; null when peers' own setting holds. */
  readonly port: number | null;
  readonly region: string | null;
  /** Whether the ping answer names node and epoch. */
  readonly isNamed: boolean;
  readonly hasHandler: boolean;
  /** Random and unique to this start; a repeated join with the same one gets the same epoch. */
  readonly instanceId: string;
  /** The epoch that the caller saw as the newest (0 for none): the join is refused when another one has begun since. */
  readonly afterEpoch: number;
  /** The newest epoch that this process knows of this node; the one that begins is above it. Default 0: none. */
  readonly newestEpoch?: number;
  /** The cluster that the node means. A join to the registry of another one rejects with `invalid`. Default `defaultClusterName`. */
  readonly clusterName?: string;
  /** A short digest of the node's settings, for people and to be compared. Default: none. */
  readonly settings?: string;
}

/** The name of a cluster that was given none, of tables that have none, and of nodes of the original. */
export const defaultClusterName = 'ringwatch';

/** The epoch that was begun, or why none was: a refused join has no `epoch`, so it cannot be used as if it had one. */
export type JoinResult =
  | {
      readonly outcome: 'joined';
      readonly epoch: number;
      /** Some living nodes with other settings than the request's; left out when there are none. */
      readonly differing?: readonly (EpochRef & { readonly settings: string })[];
    }
  /** Another instance has begun an epoch since the caller looked; the newest one is that of the other instance. */
  | { readonly outcome: 'conflict'; readonly newestEpoch: number };

/** A heartbeat, with the windows for nodes that run the original. */
export interface HeartbeatRequest extends EpochRef, OriginalWindows {}

/** For how long what nodes of the original write is good: their rows have nothing but times. */
export interface OriginalWindows {
  /** A node of the original whose `last_seen` has not changed for this long is off the ring. Default 900,000. */
  readonly membershipWindowMs?: number;
  /** Their rows are looked through at most once in this time. Default 30,000. */
  readonly importEveryMs?: number;
}

/**
 * `over`: a newer epoch has begun or the node left; the caller must stop acting as this epoch. `forgotten`: the registry does
 * not know this epoch. It went back to before the join, or the row was deleted: the caller joins again.
 */
export type HeartbeatResult = 'beating' | 'over' | 'forgotten';

/** What an observer asks for in a round. */
export interface RoundRequest extends EpochRef {
  /** How many nodes ahead of this one, clockwise, that are on the ring and not in maintenance. */
  readonly lookAhead: number;
  /** Asks for the next nodes besides whose newest heartbeat has this order or a later one, however far ahead. Default: none. */
  readonly beatingSince?: number | null | undefined;
  /** Further nodes to be told of, on the ring or not: targets that are held. */
  readonly watched: readonly string[];
  /** As `Store.read` has it: what the leader has, for a node that must not miss an accusation. Default: it may be stale. */
  readonly freshness?: 'leader' | undefined;
}

/** What an observer asks for of the brake, with its settings and what it knows of the age of deaths. */
export interface BrakeFacts {
  readonly maxDeadFraction: number;
  /** What it has read long ago. Without any mark every death weighs, and every death of a node that has died before is flapping. */
  readonly marks: AgeMarks;
  /** How long a flapping node's recovery waits at most; 0 for never. */
  readonly flapWindowMs: number;
}

/** An observer's question whether a target is dead, with the rules of the observer's settings. */
export interface DecideRequest extends BrakeFacts {
  readonly targetId: string;
  readonly targetEpoch: number;
  readonly observerId: string;
  readonly observerEpoch: number;
  readonly minQuorum: number;
  readonly isQuorumStrict: boolean;
  /** For how long a vote counts after it was said or affirmed last, by the registry's clock. */
  readonly quorumWindowMs: number;
  /**
   * The observer's own heartbeat of a full watch ago, by its order. Nodes whose newest heartbeat comes before it are silent:
   * they are no voters and hold no brake. Null when it has no full watch: then no node is silent.
   */
  readonly watchedSince: number | null;
  /** Its newest heartbeat of this epoch that it has read; 0 for none. A registry that has a lower one went back: no verdict is made. */
  readonly newestBeat: number;
  /** What else the observer has read of the registry's progress, with the same effect. Default: nothing. */
  readonly known?: Progress;
  /** The refutation count that the observer saw: no verdict when the target has refuted since. Null ignores refutations. */
  readonly refutationCount: number | null;
  /**
   * Whether it is asked before the accused has had its whole time to answer. Then a vote counts only where its observer saw an
   * idle connection closed by the other end, and nothing but refusals after it. Default false.
   */
  readonly isEarly?: boolean;
}

/** A node's word on itself: it is target and observer, and the brake is asked as for any other death. */
export interface ObituaryRequest
  extends Omit<
    DecideRequest,
    'minQuorum' | 'isQuorumStrict' | 'quorumWindowMs' | 'refutationCount' | 'isEarly'
  > {
  /** That of the join with which the epoch began. */
  readonly instanceId: string;
  /** In words; the first 200 characters are kept. */
  readonly reason: string;
}

/** An operator's word. */
export interface OperatorWord {
  /** Who says so, for the log. */
  readonly operatorId: string;
  /** Random and unique to this word; repeated with the same one it answers the same. */
  readonly operationId: string;
}

/** An operator's word on one death. */
export interface DismissRequest extends EpochRef, OperatorWord {}

/** An operator's word on the recoveries of one node. */
export interface RetryRequest extends OperatorWord {
  readonly nodeId: string;
}

/** An operator's word on the brake. */
export interface ReleaseRequest extends OperatorWord {
  /** For how long, from the registry's now; 0 ends the release. */
  readonly durationMs: number;
  /** For how many verdicts past the limit, from 1; all of them when it is not given. */
  readonly count?: number;
}

export type { AgeMarks } from '../core/marks.ts';
export type { EpochRef } from '../core/node.ts';
export type {
  Beat,
  DecideResult,
  KnownProgress,
  OpenVerdict,
  OwnStatement,
  Progress,
  ReadProgress,
  RoundReading,
  StandingStatement,
} from '../core/reading.ts';
export type {
  BrakeRelease,
  BrakeWeight,
  ClusterReading,
  ClusterRequest,
  NodeDetail,
  ObserverStatement,
  VerdictDetail,
} from './cluster-reading.ts';
export type {
  ClaimRefusal,
  ClaimRequest,
  ClaimResult,
  FinishRequest,
  FinishResult,
  LeaseRef,
  RenewResult,
} from './leases.ts';
export type { Neighbors, NeighborsRequest } from './neighbors.ts';
export { RegistryError, type RegistryErrorCode } from './registry-error.ts';
export type { PruneRequest, PruneResult, RaiseRequest, RaiseResult } from './upkeep.ts';
