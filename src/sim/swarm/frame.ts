/** What a hardship is drawn into, and the instants within. Not for: the hardships themselves (hardships.ts). */
import type { Settings } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import type { SeededRandom } from '../random.ts';

/** The frame into which a hardship is drawn. */
export interface HardshipFrame {
  /** In the order of the ring. */
  readonly nodeIds: readonly string[];
  readonly settings: Settings;
  /** When faults begin, and when they end. */
  readonly beginAt: number;
  readonly endAt: number;
}

/** Draws the faults that belong together; none where the world does not lend itself to them. */
export type DrawHardship = (random: SeededRandom, frame: HardshipFrame) => readonly PlannedFault[];

/** Any instant of the frame. */
export function drawAt(random: SeededRandom, { beginAt, endAt }: HardshipFrame): number {
  return Math.round(random.between(beginAt, endAt));
}

/** An instant that leaves time for so long a fault, where that is possible. */
export function drawEarlyAt(
  random: SeededRandom,
  { beginAt, endAt }: HardshipFrame,
  durationMs: number,
): number {
  return Math.round(random.between(beginAt, Math.max(beginAt + 1, endAt - 1.1 * durationMs)));
}

/** Some rounds of the time in which there are faults. */
export function drawSpan(random: SeededRandom, frame: HardshipFrame): { at: number; durationMs: number } {
  const at = drawAt(random, frame);
  const mostMs = Math.min(frame.endAt - at, 80 * frame.settings.probeIntervalMs);
  return { at, durationMs: Math.round(random.between(0, mostMs)) };
}

/** So many ids in a row on the ring, or as many as there are. */
export function drawRun(random: SeededRandom, nodeIds: readonly string[], count: number): string[] {
  const first = random.integer(0, nodeIds.length - 1);
  const ring = [...nodeIds.slice(first), ...nodeIds.slice(0, first)];
  return ring.slice(0, count);
}
