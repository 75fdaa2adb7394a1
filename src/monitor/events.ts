/** What a monitor tells its program: typed events, and the shapes that callbacks get. */
import type { Announcements, Statement, TargetRef } from '../core/effects.ts';
import type { Vote } from '../core/verdict.ts';
import type { Signal } from '../ports/abort.ts';
import { type LogEvents, logEventNames } from './log-events.ts';

/** Every event of a monitor by name. All times in milliseconds. */
export interface MonitorEvents extends Announcements, LogEvents {
  /** The monitor watches, as this epoch of its node. */
  started: TargetRef;
  /** It does no more. */
  stopped: TargetRef;
  /** This observer has voted for the target's death, and that is not enough yet. Told when the numbers change. */
  'waiting-for-quorum': TargetRef & { readonly voteCount: number; readonly quorum: number };
  /** What this observer says could not be written, and is tried again until it is. Told at the first failure. */
  'write-failed': TargetRef & {
    readonly statement: 'suspect' | 'dead' | 'recovered';
    readonly message: string;
  };
  /** This monitor owns the recovery and runs its handler. */
  'handler-started': RecoveryRef & { readonly attempt: number };
  /** `lost`: the lease went to another node, or its renewal stayed unknown until its end. */
  'handler-ended': RecoveryRef & {
    readonly outcome: 'completed' | 'failed' | 'lost';
    readonly error: string | null;
    readonly durationMs: number;
  };
  /**
   * Whether the registry is out of reach: told once for each of reads and writes that fail, and once when neither does any
   * more (`fails` is null).
   */
  outage: {
    readonly isOn: boolean;
    readonly fails: 'reads' | 'writes' | null;
    readonly message: string;
  };
}

const ownNames = Object.keys({
  probe: true,
  suspect: true,
  dead: true,
  recovered: true,
  restarted: true,
  unreachable: true,
  'verdict-read': true,
  refuted: true,
  'self-dead': true,
  obituary: true,
  brake: true,
  'registry-went-back': true,
  watching: true,
  warning: true,
  started: true,
  stopped: true,
  'waiting-for-quorum': true,
  'write-failed': true,
  'handler-started': true,
  'handler-ended': true,
  outage: true,
} satisfies Record<Exclude<keyof MonitorEvents, keyof LogEvents>, true>) as readonly (keyof MonitorEvents)[];

/** Their names. */
export const monitorEventNames: readonly (keyof MonitorEvents)[] = [...ownNames, ...logEventNames];

/** One lease of the recovery of a node. */
export interface RecoveryRef extends TargetRef {
  readonly fence: number;
}

/** What a recovery handler gets with the node's id. */
export interface Death {
  readonly nodeId: string;
  /** The epoch of the node that has ended. */
  readonly epoch: number;
  /**
   * Grows with every lease in the whole registry. Send it with every change that the handler makes. A store that
   * refuses a smaller number than it has seen for this node makes the recovery take effect exactly once.
   */
  readonly fence: number;
  /** Attempts so far, this one included; from 1. */
  readonly attempt: number;
  /** The observers that voted, in id order. */
  readonly voters: readonly string[];
  /** Why the node's own agent has declared its application dead; null for a verdict by votes. */
  readonly reason: string | null;
  /** What each voter had seen. */
  readonly evidence: readonly Vote[];
  /** Aborts when the lease is lost, `handlerTimeoutMs` has passed, or the monitor stops: stop changing things. */
  readonly signal: Signal;
  /** Aborts when the node has answered again since the verdict; the lease is still valid. */
  readonly returned: Signal;
}

/** Runs the recovery of one death. Resolving completes it; throwing or rejecting makes it tried again. */
export type DeathHandler = (nodeId: string, death: Death) => unknown;
/** Called when a target becomes suspect to this observer. What it throws is reported. */
export type SuspectHandler = (nodeId: string, statement: Statement) => unknown;
/** Called when a target answers again that this observer had called suspect or dead. What it throws is reported. */
export type RecoveredHandler = (nodeId: string) => unknown;

export type { Statement, WarningCode } from '../core/effects.ts';
