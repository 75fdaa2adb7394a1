/** One health check of one target. */
import type { FailureKind } from '../core/evidence.ts';
import type { Signal } from './abort.ts';

export interface Prober {
  /**
   * Asks the target once. Settles within `timeoutMs` (a stalled event loop excepted) and never
   * rejects: whatever goes wrong is a failure. When `signal` aborts, settles soon with `aborted`.
   */
  probe(target: ProbeTarget, options: ProbeOptions): Promise<ProbeOutcome>;
  /** Frees connections; no probe may be started after it. May be called twice. */
  close(): Promise<void>;
}

export interface ProbeTarget {
  readonly id: string;
  /** Host name or IP literal, unvalidated: the prober refuses what is not an address (`bad-address`). */
  readonly address: string;
  readonly port: number;
}

export interface ProbeOptions {
  readonly timeoutMs: number;
  readonly signal: Signal;
}

export type ProbeOutcome = ProbeAnswer | ProbeFailure | ProbeAborted;

/** The target's address answered 200 with a whole, small body. Who answered is the core's to judge. */
export interface ProbeAnswer {
  readonly kind: 'answer';
  /** The node that the answer names; null when it names none, as the original's answer. */
  readonly nodeId: string | null;
  /** The epoch that the answer names; null when it names none. */
  readonly epoch: number | null;
  readonly durationMs: number;
}

/** No healthy answer. */
export interface ProbeFailure {
  readonly kind: 'failure';
  readonly failure: FailureKind;
  /** In words, for evidence; at most 200 characters. */
  readonly detail: string;
  readonly durationMs: number;
}

/** The caller ended it: neither a hit nor a miss. */
export interface ProbeAborted {
  readonly kind: 'aborted';
}
