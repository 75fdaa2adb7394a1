/**
 * Slow processes on a grid: C members stall together for D, are free for I, and again, as in the evaluation of
 * Lifeguard (Dadgar, Phillips, Currey: "Lifeguard: local health awareness for more accurate failure detection"). The
 * lengths of the axes are that paper's as far as they are known to us; its own tables are not compared with.
 */
import type { ExperimentInput } from './experiment-options.ts';
import { experimentOptions } from './experiment-options.ts';
import { slowProcesses } from './presets.ts';
import { type ExperimentWatch, runExperiment } from './run-experiment.ts';

/** The axes of a grid. */
export interface SlowGrid {
  /** C: how many members stall. */
  readonly members: readonly number[];
  /** D, milliseconds. */
  readonly stallsMs: readonly number[];
  /** I, milliseconds. */
  readonly intervalsMs: readonly number[];
}

/** The whole grid: 648 cells. */
export const slowGrid: SlowGrid = {
  members: [1, 4, 8, 12, 16, 20, 24, 28, 32],
  stallsMs: [128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768],
  intervalsMs: [1, 4, 16, 64, 256, 1_024, 4_096, 16_384],
};

/** What one cell came to. All counts are of members that lived. */
export interface SlowCell {
  readonly members: number;
  readonly stallMs: number;
  readonly intervalMs: number;
  readonly suspicionCount: number;
  /** Suspicions of members that never stalled. */
  readonly healthySuspicionCount: number;
  /** FP: members confirmed dead. */
  readonly verdictCount: number;
  /** FP-: those of the verdicts whose decider never stalled. */
  readonly verdictByHealthyCount: number;
  /** Verdicts over members that never stalled, no matter which node decided them. */
  readonly healthyVerdictCount: number;
}

/**
 * Runs every cell: 128 nodes and the settings `lan` unless the input says otherwise, a warm-up over the startup grace,
 * then two minutes. `onCell` hears each cell as it ends.
 */
export async function runSlowGrid(
  grid: SlowGrid,
  timers: 'stop' | 'go-on',
  input: ExperimentInput = {},
  watch: ExperimentWatch & { readonly onCell?: (cell: SlowCell) => void } = {},
): Promise<readonly SlowCell[]> {
  const cells: SlowCell[] = [];
  for (const members of grid.members) {
    for (const stallMs of grid.stallsMs) {
      for (const intervalMs of grid.intervalsMs) {
        const scale = { seed: input.seed ?? 1, nodes: input.nodes ?? 128 };
        const shape = { members, stallMs, freeMs: intervalMs };
        const options = experimentOptions({ ...slowProcesses(scale, shape, timers), ...input, ...scale });
        const { falseAccusations } = await runExperiment(options, watch);
        const suspicions = falseAccusations.filter(({ kind }) => kind === 'suspect');
        const verdicts = falseAccusations.filter(({ kind }) => kind === 'verdict');
        const cell = {
          members,
          stallMs,
          intervalMs,
          suspicionCount: suspicions.length,
          healthySuspicionCount: suspicions.filter(({ isOfHealthy }) => isOfHealthy).length,
          verdictCount: verdicts.length,
          verdictByHealthyCount: verdicts.filter(({ isByHealthy }) => isByHealthy).length,
          healthyVerdictCount: verdicts.filter(({ isOfHealthy }) => isOfHealthy).length,
        };
        cells.push(cell);
        watch.onCell?.(cell);
        if (watch.isStopped?.() === true) return cells;
      }
    }
  }
  return cells;
}
