/**
 * How this node's calls to the registry go: those that are slow or have failed. The registry may be as slow for an accused
 * node, which then needs longer to answer. Not for: the window itself (answer-window.ts), or an outage (the monitor).
 */
import type { Settings } from './settings/settings.ts';

/** What a node remembers of its calls. Fast ones are not told. */
export interface RegistryPace {
  /** How many calls under way have lasted for `slowCallMs` or longer. */
  readonly slowCount: number;
  /** Slow or failed calls that have ended, oldest first; each was faster than the one before it. */
  readonly ended: readonly EndedCall[];
}

interface EndedCall {
  readonly endedAt: number;
  /** Infinity for one that failed. */
  readonly tookMs: number;
}

/** Nothing slow is known. */
export const noSlowCalls: RegistryPace = { slowCount: 0, ended: [] };

/** The least that is waited for the accused's calls. */
const leastTailMs = 1_000;

/** The accused's reading may have begun just before; then it reads again, and writes: three calls, and its pauses. */
const callsOfAnswer = 3;
const pausesOfAnswerMs = 300;

/** A call that takes longer makes the window longer. */
export const slowCallMs = Math.ceil((leastTailMs - pausesOfAnswerMs) / callsOfAnswer);

/** The end of a call is told a moment before what it brought. */
const sameMomentMs = 100;

/** What the shell tells of a node's calls. */
export interface CallNews {
  /** How many calls under way have lasted for `slowCallMs`. */
  readonly slowCount: number;
  /** The one that has ended, if any. */
  readonly ended: { readonly tookMs: number; readonly hasFailed: boolean } | null;
}

/** What is remembered after such news. */
export function afterCall(
  pace: RegistryPace,
  { slowCount, ended }: CallNews,
  now: number,
  settings: Settings,
): RegistryPace {
  if (ended === null) return { slowCount, ended: pace.ended };
  const tookMs = ended.hasFailed ? Number.POSITIVE_INFINITY : ended.tookMs;
  const from = now - rememberedMs(settings);
  const slower = pace.ended.filter((call) => call.endedAt >= from && call.tookMs > tookMs);
  return { slowCount, ended: [...slower, { endedAt: now, tookMs }] };
}

/** What the slowest call that has ended since then took, in milliseconds; Infinity where one failed, 0 where none was slow. */
export function slowestSince({ ended }: RegistryPace, since: number): number {
  // The first one is the slowest.
  return ended.find(({ endedAt }) => endedAt >= since - sameMomentMs)?.tookMs ?? 0;
}

/** How long the accused's calls may take, by the slowest one of this node. */
export function tailMs(
  { registryTimeoutMs }: Pick<Settings, 'registryTimeoutMs'>,
  slowestMs: number,
): number {
  const wantedMs = pausesOfAnswerMs + callsOfAnswer * slowestMs;
  return Math.max(leastTailMs, Math.min(wantedMs, 2 * registryTimeoutMs));
}

/** No window is longer: what ended before says nothing of one that runs. */
function rememberedMs({ answerWindowMs, probeIntervalMs, registryTimeoutMs }: Settings): number {
  return answerWindowMs + 2 * probeIntervalMs + 2 * registryTimeoutMs + leastTailMs;
}
