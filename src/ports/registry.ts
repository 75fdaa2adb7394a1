/**
 * The shared registry: who is in the cluster, what observers say, verdicts and their recoveries.
 *
 * The rules that every implementation keeps, and that the contract suite in `ringwatch/testing` checks:
 *
 * - Every call settles within a bound of the adapter's own, and rejects with a `RegistryError` only.
 * - Every writing call is idempotent: it may be repeated after an unknown result (`ambiguous`) with the
 *   same arguments, and has its effect once. `operationId`, `instanceId` and `claimId` exist for that.
 * - A call that decides reads first. Its write is refused when what it has read is no longer so; then the call begins
 *   again.
 * - Times come from the registry's clock, bound as parameters; no writing statement contains a clock.
 * - Reads may be stale unless they say otherwise. No node's safety depends on a read.
 */

import type { Evidence } from '../core/evidence.ts';
import type { DecideResult, KnownProgress, Progress, RoundReading } from '../core/reading.ts';
import type { Verdict } from '../core/verdict.ts';
import type { ClusterReading, ClusterRequest, NodeDetail } from './cluster-reading.ts';
import type { EpochRef } from './epoch-ref.ts';
import type { EventPage, EventQuery, NoteKind } from './event-log.ts';
import type { PruneRequest, PruneResult, RaiseRequest, RaiseResult } from './upkeep.ts';

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
  /** Tries to get the right to run the recovery of an open verdict. */
  claim(request: ClaimRequest): Promise<ClaimResult>;
  /** Extends a lease that is still ours. */
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

  // For people and for housekeeping ------------------------------------------------------------

  /** One node, as the registry has it now; null when unknown. Never stale by more than the registry's own commit delay. */
  readNode(nodeId: string): Promise<NodeDetail | null>;
  /** Every node, every standing statement and every open or recent verdict: reads the whole tables. For `status`, not for rounds. */
  readCluster(request: ClusterRequest): Promise<ClusterReading>;
  /** Events in order, newest `limit` of those after the cursor (`null` for the start), oldest first. Rows of the original's observers are among them. */
  readEvents(request: EventQuery): Promise<EventPage>;
  /** Deletes old events, resolved verdicts and departed nodes, never what is open. One node at a time does it; the others get `isMine: false`. */
  prune(request: PruneRequest): Promise<PruneResult>;

  /** Frees connections and handles. Calls in flight may reject. May be called twice. */
  close(): Promise<void>;
}

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
}

/** The epoch that was begun, or the newest one that is in its way. */
export type JoinResult =
  | { readonly outcome: 'joined'; readonly epoch: number }
  /** Another instance has begun an epoch since the caller looked. */
  | { readonly outcome: 'conflict'; readonly epoch: number };

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
}

/** One row for the logs. */
export type Entry = StatementEntry | NoteEntry;

interface EntryBase {
  /** Random and unique to this entry. */
  readonly operationId: string;
  readonly observerId: string;
  readonly observerEpoch: number;
}

/**
 * What an observer says of a target. `dead` is a vote, `recovered` takes back what the observer had said of any epoch.
 * Where the observer knew of the verdict of `targetEpoch`, `recovered` closes one that no node has claimed, and tells a
 * running recovery. For a node without epochs of its own it then begins the next one.
 * Also a row of `node_health_events`. A repeated `dead` (new `operationId`) affirms the vote.
 */
export interface StatementEntry extends EntryBase {
  readonly kind: 'suspect' | 'dead' | 'recovered';
  readonly targetId: string;
  readonly targetEpoch: number;
  readonly evidence: Evidence | null;
  /**
   * Of `recovered`: `NodeRecord.decisionCount` of that epoch as the observer had read it when it spoke, 0 without. A
   * verdict that was made later is not answered by it, however late it comes.
   */
  readonly knownDecision?: number;
}

/** Anything else worth keeping; nothing is decided by it. */
export interface NoteEntry extends EntryBase {
  readonly kind: NoteKind;
  readonly targetId: string | null;
  readonly targetEpoch: number | null;
  /** Plain JSON, at most 4 kB when written. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An observer's question whether a target is dead, with the rules of the observer's settings. */
export interface DecideRequest {
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
  readonly maxDeadFraction: number;
  readonly brakeWindowMs: number;
}

/** A try to become the owner of a recovery. */
export interface ClaimRequest {
  readonly nodeId: string;
  readonly epoch: number;
  readonly ownerId: string;
  readonly ownerEpoch: number;
  /** Random and unique to this attempt. */
  readonly claimId: string;
  readonly leaseMs: number;
  /** What the owner knows of the registry: the fence is above all that it knows of. Default: nothing. */
  readonly known?: KnownProgress;
}

/** The lease, with its fence and the verdict that it is for, or why there is none. */
export type ClaimResult =
  | { readonly outcome: 'claimed'; readonly fence: number; readonly verdict: Verdict }
  | { readonly outcome: 'refused'; readonly reason: ClaimRefusal };

/**
 * `held`: another node has a lease or a backoff runs. `resolved`: nothing is open. `maintenance`: the node is
 * in maintenance now. `owner-over`: the claiming epoch itself is over, dead or has left. `went-back`: the registry lacks
 * what the owner knows of, or is of a later generation.
 */
export type ClaimRefusal = 'held' | 'resolved' | 'maintenance' | 'owner-over' | 'went-back';

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
  /** `completed` resolves the verdict. `failed` lets a node claim it again after `retryAfterMs`. */
  readonly outcome: 'completed' | 'failed';
  /** In words, at most 1,000 characters; null when completed. */
  readonly error: string | null;
  readonly retryAfterMs: number;
}

/** `lost`: the lease was not ours any more and nothing was changed. */
export type FinishResult = 'recorded' | 'lost';

/** An operator's word on one death. */
export interface DismissRequest extends EpochRef {
  /** Who says so, for the log. */
  readonly operatorId: string;
  /** Random and unique to this word; repeated with the same one it answers the same. */
  readonly operationId: string;
}

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
  ClusterReading,
  ClusterRequest,
  NodeDetail,
  ObserverStatement,
  VerdictDetail,
} from './cluster-reading.ts';
export type { EpochRef } from './epoch-ref.ts';
export { RegistryError, type RegistryErrorCode } from './registry-error.ts';
export type { PruneRequest, PruneResult, RaiseRequest, RaiseResult } from './upkeep.ts';
export type { Verdict };
