/** The whole cluster as people look at it: what `readCluster` and `readNode` give. Not for rounds. */
import type { Evidence } from '../core/evidence.ts';
import type { NodeRecord } from '../core/node.ts';
import type { StandingStatement } from '../core/reading.ts';
import type { Verdict } from '../core/verdict.ts';

/** A node with what people want to see of it. */
export interface NodeDetail extends NodeRecord {
  readonly region: string | null;
  /** `dns_nodes.status` as it stands. */
  readonly status: string;
  /** Milliseconds since its newest heartbeat by the registry's clock; null when it has none. */
  readonly heartbeatAgeMs: number | null;
  readonly hasHandler: boolean;
  /** How many deaths it has had in a row, each soon after its return; more than one is flapping. */
  readonly flapCount: number;
  readonly instanceId: string | null;
  /** The digest of its settings as it joined with it; null when it gave none. */
  readonly settings: string | null;
  /** Milliseconds until its maintenance ends; null outside maintenance. */
  readonly maintenanceLeftMs: number | null;
}

/** What one observer says of one target now. */
export interface ObserverStatement extends StandingStatement {
  readonly observerId: string;
  readonly evidence: Evidence | null;
  /** Milliseconds since it was said first, by the registry's clock. */
  readonly ageMs: number;
  /** Whether it would count now. */
  readonly isValid: boolean;
}

/** What to take into account in a reading of the whole cluster. */
export interface ClusterRequest {
  /** As the agents have it; when it is not given, a death weighs on the brake until its node is back. */
  readonly brakeWindowMs?: number;
  /** As the agents have it; when it is not given, a node that is back weighs for the brake window. */
  readonly brakeReturnMs?: number;
  /**
   * How many nodes that have left, and how many dead ones, are read at most: the newest, and each with an open verdict.
   * Default: all.
   */
  readonly departedLimit?: number;
}

/** A death that weighs on the brake, and for how long. */
export interface BrakeWeight {
  readonly nodeId: string;
  /** Whether the node is back, but not for long enough. */
  readonly isBack: boolean;
  /** Whether its recovery is open, not given up, and some node could run it: then it weighs until that ends, at least. */
  readonly isRecoveryRunning: boolean;
  /** Milliseconds until it weighs no more by the registry's clock; null when no time says so. */
  readonly leftMs: number | null;
}

/** An operator's release of the brake that runs. */
export interface BrakeRelease {
  /** Milliseconds until it ends. */
  readonly leftMs: number;
  /** For how many verdicts more; null for all. */
  readonly count: number | null;
}

/** A verdict with what people want to know of its recovery. */
export interface VerdictDetail extends Verdict {
  /** Whether it was tried too often, and waits for an operator. */
  readonly isGivenUp: boolean;
  /** Milliseconds until the newest lease ends; null when none runs. */
  readonly leaseLeftMs: number | null;
  /** Milliseconds until a node may try, 0 when one may now; null unless the newest attempt has failed, or the first one waits. */
  readonly retryInMs: number | null;
}

/** How many verdicts a reading has at most. */
export const verdictLimit = 200;

/** The whole cluster at one moment, for people. */
export interface ClusterReading {
  readonly clusterName: string;
  /** In byte order of their ids. */
  readonly nodes: readonly NodeDetail[];
  /** How many nodes are not among them, by `departedLimit`. */
  readonly omitted: { readonly left: number; readonly dead: number };
  readonly statements: readonly ObserverStatement[];
  /** Open ones first, then resolved ones, newest first; at most 200. */
  readonly verdicts: readonly VerdictDetail[];
  /** What `maxDeadFraction` is a fraction of: the nodes on the ring that are not in maintenance, and the dead that weigh. */
  readonly memberCount: number;
  /** How many deaths weigh on the brake. */
  readonly unresolvedCount: number;
  /** These deaths, by the registry's clock, in the order of their nodes' ids. */
  readonly weighing: readonly BrakeWeight[];
  /** Null while the brake is not released. */
  readonly release: BrakeRelease | null;
}
