/** The flags of `ringwatch sim` as they were written, and the request that they mean. */
import type { Settings } from '../../core/settings/config.ts';
import type { DensePreset } from '../../sim/dense/dense-plan.ts';
import type { ExperimentOptions } from '../../sim/experiment/experiment.ts';
import type { RuleOff } from '../../sim/rules-off.ts';

/** Flags by their names, as they were written; undefined where they were not. */
export interface SimFlags {
  readonly nodes?: string;
  readonly hours?: string;
  readonly minutes?: string;
  readonly seed?: string;
  readonly preset?: string;
  readonly rules?: string;
  readonly latency?: string;
  readonly loss?: string;
  readonly crash?: string;
  readonly backAfter?: string;
  readonly scenario?: string;
  readonly list?: boolean;
  readonly compare?: string;
  readonly json?: boolean;
  readonly csv?: string;
  readonly html?: string;
  readonly trace?: boolean;
  readonly swarm?: boolean;
  readonly seeds?: string;
  readonly shrink?: boolean;
  readonly plan?: string;
  readonly dense?: boolean;
  readonly without?: string;
  readonly [setting: string]: unknown;
}

/** A run of an experiment. */
export interface ExperimentRequest {
  readonly kind: 'experiment';
  readonly scenario: string | null;
  /** The experiment, and the same under other rules where they are compared. */
  readonly experiments: readonly ExperimentOptions[];
  readonly csv: string | null;
  readonly html: string | null;
}

/** A run of swarm worlds, from the first seed to the last. */
export interface SwarmRequest {
  readonly kind: 'swarm';
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly isShrunk: boolean;
}

/** A run of dense worlds, from the first seed to the last. */
export interface DenseRequest {
  readonly kind: 'dense';
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly preset: DensePreset;
  /** Settings that differ from the preset. */
  readonly settings: Partial<Omit<Settings, 'nodeId'>>;
  readonly without: readonly RuleOff[];
}

/** A run of a plan in a file. */
export interface PlanRequest {
  readonly kind: 'plan';
  readonly path: string;
  readonly isShrunk: boolean;
}

/** What to do, and how to tell of it. */
export type SimRequest = { readonly isJson: boolean; readonly isTraced: boolean } & (
  | ExperimentRequest
  | SwarmRequest
  | DenseRequest
  | PlanRequest
  | { readonly kind: 'list' }
);
