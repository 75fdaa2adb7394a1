/**
 * Keeps the rounds of a target's observers apart. A fault that the kernel does not tell of waits for the first look of any
 * of them: for nearly a round if their rounds come together, for a third of one if three are evenly apart.
 *
 * The observers before a node on the ring probe that node too, so it hears when they come; all but the farthest share its
 * next target. Each round moves some way to the middle of the widest gap between theirs, as in DESYNC (Degesys, Rose,
 * Patel, Nagpal, "DESYNC: Self-Organizing Desynchronization and TDMA on Wireless Sensor Networks", IPSN 2007).
 * Not for: what a round does (rounds.ts).
 */
import { compareIds } from './ring.ts';
import type { Settings } from './settings/settings.ts';

/** When an observer of this node begins its next round, on this node's monotonic clock, milliseconds; it may be over. */
export interface ObserverRound {
  readonly nodeId: string;
  readonly dueAt: number;
}

/** When a round begins, and one draw of chance, uniform in [0, 1). */
interface Instant {
  readonly now: number;
  readonly random: number;
}

type SpacingSettings = Pick<Settings, 'nodeId' | 'neighbors' | 'probeIntervalMs' | 'jitter'>;

/** How far a round moves towards the middle. More would follow each chance move of the others. */
const gain = 1 / 4;

/** The part of the jitter that stays chance, so that clusters of thousands do not fall into step. */
const chancePart = 1 / 5;

/** When the round after the one that begins now comes: in `probeIntervalMs` and at most `jitter` of it more or less. */
export function nextRoundAt(
  settings: SpacingSettings,
  { now, random }: Instant,
  observers: readonly ObserverRound[],
): number {
  const { probeIntervalMs: roundMs, jitter } = settings;
  const mostMs = jitter * roundMs;
  const chanceMs = mostMs * (2 * random - 1);
  const phases = sharing(settings, observers).map(({ dueAt }) => remainder(dueAt - now, roundMs));
  if (phases.length === 0) return now + roundMs + chanceMs;
  // From -1/2 to 1/2 round away.
  const awayMs = remainder(middleOfWidestGap(phases, roundMs) + roundMs / 2, roundMs) - roundMs / 2;
  const shiftMs = gain * awayMs + chancePart * chanceMs;
  return now + roundMs + Math.max(-mostMs, Math.min(mostMs, shiftMs));
}

/** Those that share this node's next target: of the observers, the nearest before it on the ring, one fewer than K. */
function sharing(
  { nodeId, neighbors }: SpacingSettings,
  observers: readonly ObserverRound[],
): readonly ObserverRound[] {
  const isBefore = (id: string): boolean => compareIds(id, nodeId) < 0;
  return [...observers]
    .sort((a, b) => Number(isBefore(b.nodeId)) - Number(isBefore(a.nodeId)) || compareIds(b.nodeId, a.nodeId))
    .slice(0, neighbors - 1);
}

/** `phases` are from 0 to `roundMs`, one at least. */
function middleOfWidestGap(phases: readonly number[], roundMs: number): number {
  const sorted = [...phases].sort((a, b) => a - b);
  let [middle, widest] = [0, -1];
  for (const [index, phase] of sorted.entries()) {
    const next = sorted[index + 1] ?? (sorted[0] ?? 0) + roundMs;
    if (next - phase > widest) [middle, widest] = [(phase + next) / 2, next - phase];
  }
  return middle;
}

/** From 0 to `divisor`, also of a negative number. */
function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
