/** One health check of one target. */

import type { ProbeOutcome } from '../core/probe.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';
import type { Signal } from './abort.ts';

/** Asks targets whether they are healthy. Safe to use for many at once. */
export interface Prober {
  /**
   * Asks the target once. Settles within `timeoutMs` (a stalled event loop excepted) and never
   * rejects: whatever goes wrong is a failure. When `signal` aborts, settles soon with `aborted`.
   */
  probe(target: ProbeTarget, options: ProbeOptions): Promise<ProbeOutcome>;
  /**
   * Tells of each kept connection that its target has closed while it was idle, and without having said so before: a hint
   * that the process may have ended. Returns what ends it. Without it there are no such hints.
   */
  onClosed?(listener: (targetId: string) => void): () => void;
  /** Frees connections; no probe may be started after it. May be called twice. */
  close(): Promise<void>;
}

/** Whom a probe asks, and where. */
export interface ProbeTarget {
  readonly id: string;
  /** Host name or IP literal, unvalidated: the prober refuses what is not an address (`bad-address`). */
  readonly address: string;
  readonly port: number;
  /** The epoch that the asker knows, of a node that can sign. Default: its answer need not be signed. */
  readonly epoch?: number | null;
}

/** What bounds one probe. */
export interface ProbeOptions {
  readonly timeoutMs: number;
  readonly signal: Signal;
  /** Who asks, for the target to know its observers by. Default: the probe names no sender. */
  readonly sender?: PingSender | undefined;
  /** Whether it is asked on a new connection: one that was kept for the target is closed after the answer. Default false. */
  readonly isFresh?: boolean;
  /** In how many milliseconds this observer asks again at the latest, for the target to know. Default: it is not told. */
  readonly nextDueMs?: number;
}

export type { ProbeAborted, ProbeAnswer, ProbeFailure, ProbeOutcome } from '../core/probe.ts';
