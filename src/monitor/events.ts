/** What a monitor tells its program: typed events, and the shapes that callbacks get. */
import type { Evidence, FailureKind } from '../core/evidence.ts';
import type { Verdict, Vote } from '../core/verdict.ts';
import type { Signal } from '../ports/abort.ts';

/** Every event of a monitor by name. All times in milliseconds. */
export interface MonitorEvents {
  /** A probe has ended. The most frequent event: K a round. */
  probe: {
    readonly targetId: string;
    readonly targetEpoch: number;
    readonly result: 'hit' | 'miss' | 'inconclusive';
    /** Set on a miss. */
    readonly failure: FailureKind | null;
    readonly detail: string | null;
    readonly durationMs: number;
    /** Consecutive misses after this probe. */
    readonly missCount: number;
  };
  suspect: Statement;
  /** This observer votes for the target's death; no verdict yet. */
  dead: Statement;
  /** The target answers again; this observer takes back what it had said. */
  recovered: { readonly targetId: string; readonly targetEpoch: number; readonly was: 'suspect' | 'dead' };
  /** The target answers as a new epoch. */
  restarted: { readonly targetId: string; readonly epoch: number; readonly previousEpoch: number };
  /** Observers cannot reach the target, but it refutes through the registry. */
  unreachable: { readonly targetId: string; readonly targetEpoch: number };
  /** A quorum has found the node dead; told once a monitor, whoever decided it. */
  verdict: { readonly verdict: Verdict };
  /** This monitor owns the recovery and runs the handler. */
  recoveryStarted: RecoveryRef & { readonly attempt: number };
  /** `lost`: the lease went to somebody else, or its renewal stayed unknown until its end. */
  recoveryEnded: RecoveryRef & {
    readonly outcome: 'completed' | 'failed' | 'lost';
    readonly error: string | null;
    readonly durationMs: number;
  };
  /** This node is accused and has answered in the registry. */
  refuted: { readonly accuserIds: readonly string[] };
  /** This epoch is over: a verdict stands against it, or a newer epoch has begun. The node must stop serving. */
  selfDead: { readonly epoch: number; readonly reason: 'verdict' | 'superseded' };
  /** Whether the limit on unresolved deaths holds back a verdict. */
  brake: {
    readonly isOn: boolean;
    readonly targetId: string;
    readonly unresolvedCount: number;
    readonly limit: number;
  };
  /** Whether the registry is out of reach. */
  outage: { readonly isOn: boolean; readonly message: string };
  /** The watch list has changed. */
  watching: { readonly targetIds: readonly string[] };
  /** Something a person may want to mend: a callback that threw, a row without an address, an entry that was dropped. */
  warning: { readonly code: WarningCode; readonly message: string; readonly nodeId: string | null };
}

export type WarningCode =
  | 'callback-failed'
  | 'handler-slow'
  | 'bad-row'
  | 'outbox-full'
  | 'registry-error'
  | 'metadata-reader-failed'
  | 'not-registered'
  | 'stalled';

export interface Statement {
  readonly targetId: string;
  readonly targetEpoch: number;
  readonly evidence: Evidence;
}

export interface RecoveryRef {
  readonly nodeId: string;
  readonly epoch: number;
  readonly fence: number;
}

/** What a recovery handler gets with the node's id. */
export interface Death {
  readonly nodeId: string;
  /** Which life of the node has ended. */
  readonly epoch: number;
  /**
   * Grows with every lease in the whole registry. Hand it to whatever the handler changes, and let that
   * refuse a smaller number than it has seen for this node: then the recovery takes effect exactly once.
   */
  readonly fence: number;
  /** Attempts so far, this one included; from 1. */
  readonly attempt: number;
  /** Who voted, in id order. */
  readonly voters: readonly string[];
  /** What each voter had seen. */
  readonly evidence: readonly Vote[];
  /** Aborts when the lease is lost, `handlerTimeoutMs` has passed, or the monitor stops: stop changing things. */
  readonly signal: Signal;
  /** Aborts when the node has answered again since the verdict; the lease is still valid. */
  readonly returned: Signal;
}

/** Runs the recovery of one death. Resolving completes it; throwing or rejecting makes it tried again. */
export type DeathHandler = (nodeId: string, death: Death) => void | Promise<void>;
export type SuspectHandler = (nodeId: string, statement: Statement) => void | Promise<void>;
export type RecoveredHandler = (nodeId: string) => void | Promise<void>;
