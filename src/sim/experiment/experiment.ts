/**
 * What an experiment is: a cluster, its settings, its network, what goes wrong and for how long; and what comes of it.
 * Plain data both ways, so that it can be printed, stored and compared.
 * Not for: running one (run-experiment.ts), or the named ones (presets.ts).
 */
import type { PresetName, Settings } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import type { Latency } from '../latency.ts';
import type { ClockFaults } from '../process.ts';
import type { HandlerBehaviour } from '../ringwatch-program.ts';
import type { RegistryFaults } from '../virtual-registry.ts';

/** Whose rules the nodes follow. */
export type Rules = 'ringwatch' | 'original' | 'permutation-rings';

/** A whole experiment. The same options give the same result. */
export interface ExperimentOptions {
  readonly seed: number;
  /** How many nodes. */
  readonly nodes: number;
  readonly rules: Rules;
  readonly preset: PresetName;
  /** Edits of the preset. */
  readonly settings: Partial<Omit<Settings, 'nodeId'>>;
  /** One way, for every message. */
  readonly latency: Latency;
  /** The part of all messages that is lost. */
  readonly lossRate: number;
  /** What is wrong with the clocks of nodes, by node id. */
  readonly clocks: Readonly<Record<string, ClockFaults>>;
  /** What is wrong with the registry from beginning to end; not of the original's, which has none of these. */
  readonly registry: Partial<RegistryFaults>;
  /** What recovery handlers do; null: no node has one. */
  readonly handler: HandlerBehaviour | null;
  /** Virtual time before anything is measured: the cluster starts and its grace period passes. */
  readonly warmUpMs: number;
  /** Virtual time that is measured. */
  readonly durationMs: number;
  /** Crashes at random instants of random nodes; each comes back `backAfterMs` later. */
  readonly crashCount: number;
  readonly backAfterMs: number;
  /** Further faults; instants count from the end of the warm-up. Nodes of a `join` are not there before it. */
  readonly faults: readonly PlannedFault[];
}

/** One death and what the cluster made of it. Times in milliseconds after the death; null where it never came. */
export interface MeasuredDeath {
  readonly nodeId: string;
  /** What ended: the process, or the machine with it. */
  readonly kind: 'process' | 'machine';
  /** Milliseconds after the warm-up. */
  readonly at: number;
  readonly suspectMs: number | null;
  readonly verdictMs: number | null;
  readonly recoveredMs: number | null;
  /** How often a recovery handler began for it. */
  readonly runCount: number;
  /** When its node began its next epoch. */
  readonly backMs: number | null;
}

/** A node accused although it lived, in the very epoch that was accused. */
export interface FalseAccusation {
  readonly kind: 'suspect' | 'verdict';
  readonly at: number;
  readonly observerId: string;
  readonly targetId: string;
  /** Whether the observer was itself paused, cut off or lossy just then; see sickness.ts. */
  readonly isByHealthy: boolean;
  /** Whether the target itself was; a healthy one accused is the worse kind. */
  readonly isOfHealthy: boolean;
}

/** What one slice of the time held. */
export interface TimelineSlice {
  /** Its beginning, milliseconds after the warm-up. */
  readonly at: number;
  /** The most nodes that were down at one time in it. */
  readonly downCount: number;
  readonly suspectCount: number;
  readonly verdictCount: number;
  readonly recoveryCount: number;
  readonly probeCount: number;
  readonly registryCallCount: number;
}

/** The cost of the measured time, all nodes together. */
export interface MeasuredCost {
  readonly probeCount: number;
  /** Bytes on the wire of those probes. */
  readonly probeBytes: number;
  /** Calls of the registry by name. */
  readonly registryCalls: Readonly<Record<string, number>>;
}

/** All that was measured. */
export interface ExperimentResult {
  readonly options: ExperimentOptions;
  readonly deaths: readonly MeasuredDeath[];
  readonly falseAccusations: readonly FalseAccusation[];
  readonly cost: MeasuredCost;
  readonly timeline: readonly TimelineSlice[];
  /** Virtual time that was measured; less than was asked for when the run was stopped. */
  readonly measuredMs: number;
  /** Virtual node-years of the measured time. */
  readonly nodeYears: number;
  /** Nodes that lived when the measured time began, and had joined where the rules have that. */
  readonly joinedCount: number;
  /** The story, a line an event; empty unless asked for. */
  readonly story: readonly string[];
}
