/**
 * The registry's tables as plain rows: what a store keeps. A JSON column holds plain JSON values.
 * Not for: what the rows mean (src/registry), or which columns a table has (columns.ts).
 */

/**
 * A node, once for each id. Whatever changes about it, the votes on it and its verdicts included, raises `rev`. These do
 * not, and each is safe for a reason of its own:
 * - A heartbeat: a rule that counts silent nodes guards the number of those that are not.
 * - A renewed lease, a lease whose owner is over, and a claim that is put off until a maintenance ends: they move
 *   `heldUntil` of the verdict. A rule that closes or claims a verdict guards that value (`isStillHeldSo`).
 * - A node that leaves or is pruned takes its votes on others along. A verdict guards that each of its voters is still in
 *   the epoch of its vote (`isStillInEpoch`).
 * - Pruning besides: it deletes verdicts that are resolved, and nodes that have no open one and are gone.
 */
export interface NodeRow {
  readonly nodeId: string;
  readonly epoch: number;
  /** `alive`, `dead`, `left` or `away`; see `Lifecycle`. */
  readonly lifecycle: string;
  /** Null for a node that runs the original. */
  readonly instanceId: string | null;
  readonly address: string;
  readonly port: number | null;
  readonly region: string | null;
  readonly isNamed: boolean;
  readonly hasHandler: boolean;
  /** Whether the node itself keeps its row of `dns_nodes`; another program does where not. */
  readonly keepsShared: boolean;
  /** Registry clock, milliseconds since 1970; 0 for no maintenance. */
  readonly maintenanceUntil: number;
  /** Whether the maintenance was declared in `dns_nodes` by another program. */
  readonly isMaintenanceTheirs: boolean;
  readonly beatOrder: number;
  /** Registry clock, milliseconds since 1970. For people, for pruning and for nodes of the original. */
  readonly lastBeatAt: number;
  readonly refutationCount: number;
  /** How often a quorum has found it dead in this epoch. */
  readonly decisionCount: number;
  readonly rev: number;
  /** The status in `dns_nodes` as it was written or imported last. */
  readonly status: string;
  /** `last_seen` as it was imported last; null for a node that keeps its row itself. */
  readonly seen: string | null;
  /** The newest row of the shared log when the epoch began, or the node returned: earlier ones are not about it. */
  readonly joinedAfter: number;
  /** Where its epoch began, or its newest return, in the order of heartbeats. */
  readonly aliveSince: number;
  /** Where its newest verdict stands in the order of heartbeats; 0 for none that weighs on the brake. */
  readonly deathOrder: number;
  /** How many verdicts on it are open and not given up. */
  readonly openRecoveries: number;
  /** How many deaths it has had in a row, each soon after it was back. */
  readonly flapCount: number;
  /** Why its own agent has declared this epoch over; null where it has not. A join ends it. */
  readonly obituary: string | null;
  /** The digest of its settings as its newest join gave it; null where none was given. */
  readonly settings: string | null;
}

/** What one observer says of one target. */
export interface VoteRow {
  readonly targetId: string;
  readonly observerId: string;
  readonly targetEpoch: number;
  readonly observerEpoch: number;
  /** `suspect` or `dead`. */
  readonly status: string;
  /** JSON. */
  readonly evidence: unknown;
  readonly saidAt: number;
  readonly affirmedAt: number;
}

/** A vote with what its observer's row says now; null where there is none. */
export interface AccusationRow extends VoteRow {
  readonly currentEpoch: number | null;
  readonly observerLifecycle: string | null;
  /** Its newest heartbeat: the instant, by the clock that its statements are told by too, and the place in the order. */
  readonly observerBeatAt: number | null;
  readonly observerBeatOrder: number | null;
}

/** A verdict and the state of its recovery. */
export interface VerdictRow {
  readonly nodeId: string;
  readonly epoch: number;
  readonly decidedAt: number;
  readonly decisionCount: number;
  readonly quorum: number;
  /** JSON: an array of `Vote`. */
  readonly votes: unknown;
  /** Null while the recovery is open. */
  readonly resolution: string | null;
  /** 0 while it is open. */
  readonly resolvedAt: number;
  readonly ownerId: string | null;
  /** Set while a lease is given and not ended. */
  readonly claimId: string | null;
  readonly fence: number;
  /** When the lease, the backoff or the node's maintenance ends: no claim before that. */
  readonly heldUntil: number;
  /** When that was set. */
  readonly heldSince: number;
  /** For how long the newest owner runs on without a renewal; 0 where its claim did not say. */
  readonly holdMs: number;
  /** Whether the owner of the newest lease is dead, has left or begun a newer epoch: the lease is renewed no more. */
  readonly isOwnerOver: boolean;
  readonly attemptCount: number;
  /** How many of the attempts ended since the lease could not be renewed: they are no failures. */
  readonly abortedCount: number;
  readonly hasReturned: boolean;
  readonly lastError: string | null;
  /** What the node's own agent gave as the reason of its death; null for a verdict by votes. */
  readonly reason: string | null;
  /** Whether its recovery has failed too often: it waits for an operator. */
  readonly isGivenUp: boolean;
}

/** A verdict with what the row of its node says now; null where there is none. */
export interface RecoveryRow extends VerdictRow {
  readonly nodeEpoch: number | null;
  readonly nodeLifecycle: string | null;
}

/** One line of the log. */
export interface EventRow {
  readonly id: number;
  readonly kind: string;
  readonly at: number;
  readonly observerId: string;
  readonly targetId: string | null;
  readonly targetEpoch: number | null;
  /** JSON: an object. */
  readonly detail: unknown;
  /** Of a recovery's steps. */
  readonly fence: number | null;
}

/** A write that was done: it is not done again. */
export interface OperationRow {
  readonly operationId: string;
  readonly at: number;
}

/** The one row of what belongs to the whole cluster; `id` is 1. */
export interface ClusterRow {
  readonly id: number;
  /** The newest fence. */
  readonly fence: number;
  /** The highest epoch of a node that was pruned: one that comes back begins above it. */
  readonly epochFloor: number;
  readonly prunedAt: number;
  /** When rows of the original were looked through last, and up to which row of their log. */
  readonly importedAt: number;
  readonly importedId: number;
  /** Until when an operator has released the brake, by the registry's clock; 0 for not. */
  readonly releasedUntil: number;
  /** For how many deaths more it is released until then; 0 for all of them. */
  readonly releasedCount: number;
  /** The name of the cluster; null for `defaultClusterName`. */
  readonly name: string | null;
}

/** A row of `dns_nodes`, which the original keeps too. */
export interface SharedNodeRow {
  readonly id: string;
  readonly ipAddress: string | null;
  readonly internalIp: string | null;
  readonly region: string | null;
  readonly status: string;
  /** Text, UTC. */
  readonly lastSeen: string;
  /** Text, UTC; null also where an installation has no such column, as in `updatedAt`. */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

/** A row of `dns_nodes` with what ours say of that node; `nodeId` is null where there is none of ours. */
export interface ListedRow extends Omit<SharedNodeRow, 'createdAt' | 'updatedAt'> {
  readonly nodeId: string | null;
  readonly instanceId: string | null;
  readonly keepsShared: boolean | null;
}

/** A row of `node_health_events`, which the original writes too. */
export interface SharedEventRow {
  readonly id: number;
  readonly observerId: string;
  readonly targetId: string;
  readonly status: string;
  /** Text, UTC. */
  readonly createdAt: string;
}

/** A row of `node_health_events` with its observer's instance; null for an observer that runs the original. */
export interface ForeignEventRow extends SharedEventRow {
  readonly observerInstanceId: string | null;
}

/** Every table, and the joins that are read. */
export interface Rows {
  readonly nodes: NodeRow;
  readonly votes: VoteRow;
  readonly verdicts: VerdictRow;
  readonly events: EventRow;
  readonly operations: OperationRow;
  readonly cluster: ClusterRow;
  readonly sharedNodes: SharedNodeRow;
  readonly sharedEvents: SharedEventRow;
  /** Votes joined with the row of their observer. */
  readonly accusations: AccusationRow;
  /** Verdicts joined with the row of their node. */
  readonly recoveries: RecoveryRow;
  /** `dns_nodes` joined with our row of the node. */
  readonly listed: ListedRow;
  /** The shared log joined with the row of its observer. */
  readonly foreignEvents: ForeignEventRow;
}

/** What can be written. */
export type TableName =
  | 'nodes'
  | 'votes'
  | 'verdicts'
  | 'events'
  | 'operations'
  | 'cluster'
  | 'sharedNodes'
  | 'sharedEvents';
