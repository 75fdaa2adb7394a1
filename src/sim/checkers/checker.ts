/** What a checker of one promise is, and what it may look at. */

import type { ProbeOutcome } from '../../core/probe.ts';
import type { Settings } from '../../core/settings/config.ts';
import type { HistoryEntry } from '../history.ts';
import type { TappedProbe } from '../virtual-prober.ts';
import type { TappedCall } from '../virtual-registry.ts';
import type { World } from '../world.ts';
import type { Ledger } from './ledger.ts';

/** The promises of the design that the simulator checks. */
export type PromiseName =
  | 'S1'
  | 'S2'
  | 'S3'
  | 'S4'
  | 'S5'
  | 'S6'
  | 'S7'
  | 'L1'
  | 'L2'
  | 'L3'
  | 'L4'
  | 'C1'
  | 'C2';

/** A promise that was not kept. */
export interface BrokenPromise {
  readonly promise: PromiseName;
  /** True time. */
  readonly at: number;
  readonly message: string;
}

export interface CheckContext {
  readonly world: World;
  /** Settings that all monitors share; `nodeId` is of no meaning here. */
  readonly settings: Settings;
  /** What the registry should hold by now, kept by a second, simpler set of rules. */
  readonly ledger: Ledger;
  readonly report: (message: string) => void;
}

/** Looks at everything that happens, and reports what breaks its promise. Each method may be absent. */
export interface Checker {
  /** A call has taken effect in the registry; the ledger has not heard of it yet. */
  onCall?(call: TappedCall, result: unknown): void;
  onProbeBegan?(probe: TappedProbe): void;
  onProbeEnded?(probe: TappedProbe, outcome: ProbeOutcome): void;
  /** A node has been told that the connection of one of its observers was closed. */
  onObserverClosed?(targetId: string): void;
  /** A node has been asked to look at another one, or at itself. */
  onAskedToLook?(receiverId: string, targetId: string): void;
  onHistory?(entry: HistoryEntry): void;
  /** The registry holds again what it held at that true time; the ledger goes by that already. */
  restored?(toAt: number): void;
  /** The faults have ended, and what was down may have begun to live again. */
  healed?(): void;
  /** The healed cluster has had the time that the settings give it. No time passes while the registry is read. */
  atRest?(): void | Promise<void>;
}

export type CreateChecker = (context: CheckContext) => Checker;
