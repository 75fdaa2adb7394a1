/** What a hardship is drawn into, and what drawing one is. Not for: the hardships (hardships.ts, window.ts). */
import type { Settings } from '../../core/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import type { SeededRandom } from '../random.ts';

/** The frame into which a hardship is drawn. */
export interface HardshipFrame {
  readonly nodeIds: readonly string[];
  /** Nodes that are not there at the start. */
  readonly laterIds: readonly string[];
  readonly settings: Settings;
  readonly beginAt: number;
  readonly endAt: number;
}

/** Draws the faults that belong together. */
export type DrawHardship = (random: SeededRandom, frame: HardshipFrame) => PlannedFault[];
