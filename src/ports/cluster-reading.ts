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
  readonly instanceId: string | null;
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
  /** As in `DecideRequest`; when it is not given, every open verdict counts for the brake. */
  readonly brakeWindowMs?: number;
}

/** A verdict with what people want to know of its recovery. */
export interface VerdictDetail extends Verdict {
  /** Milliseconds until the newest lease ends; null when none runs. */
  readonly leaseLeftMs: number | null;
  /** Milliseconds until a node may try again, 0 when one may now; null unless the newest attempt has failed. */
  readonly retryInMs: number | null;
}

/** The whole cluster at one moment, for people. */
export interface ClusterReading {
  /** In byte order of their ids. */
  readonly nodes: readonly NodeDetail[];
  readonly statements: readonly ObserverStatement[];
  /** Open ones first, then resolved ones, newest first; at most 200. */
  readonly verdicts: readonly VerdictDetail[];
  /** What `maxDeadFraction` is a fraction of: listed nodes that are not confirmed dead, and those whose death is unresolved. */
  readonly memberCount: number;
  /** Deaths that count for the brake, by the rule of `decide`. */
  readonly unresolvedCount: number;
}
