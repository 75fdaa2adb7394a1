/** The rows of the ledger: nodes, statements, verdicts. Not for: what changes them (ledger.ts). */
import type { Resolution } from '../../core/verdict.ts';

/** One node. */
export interface LedgerNode {
  epoch: number;
  hasLeft: boolean;
  /** Whether its own agent has declared this epoch over. */
  hasObituary: boolean;
  hasHandler: boolean;
  /** Registry clock, passed or not; 0 for none. */
  maintenanceUntil: number;
  /** True time of the newest heartbeat or join. */
  lastBeatTrueAt: number;
  /** Its place in the order of all heartbeats and joins. */
  beatOrder: number;
  /** True time at which its epoch began, or a verdict on it was taken back. */
  aliveTrueAt: number;
  /** True time of the newest verdict on it; null for none that weighs on the brake. */
  deathTrueAt: number | null;
}

/** What one observer says of one target. */
export interface LedgerStatement {
  readonly status: 'suspect' | 'dead';
  readonly observerEpoch: number;
  readonly targetEpoch: number;
}

/** One verdict. */
export interface LedgerVerdict {
  readonly nodeId: string;
  readonly epoch: number;
  readonly decidedAt: number;
  /** Whether it was made by an obituary: no observer takes it back. */
  readonly isByObituary: boolean;
  resolution: Resolution | null;
  /** Whether it was tried as often as may be: it waits for an operator. */
  isGivenUp: boolean;
  claimCount: number;
  /** Granted claims of which no end is known. */
  readonly unendedClaims: Set<string>;
  /** Attempts that are no failures. */
  abortedCount: number;
  /** The newest lease. */
  claimId: string | null;
  fence: number;
}
