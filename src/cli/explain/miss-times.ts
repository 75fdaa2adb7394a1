/**
 * When the misses of a target that stays silent bring its observer's suspicion and vote, computed from the settings alone.
 * The rules themselves are in the core: conclude-probe.ts (when it is asked again), answers.ts (timeouts), vote.ts (patience).
 */
import { costOf, type Silence } from '../../core/settings/setting-rules.ts';
import type { Settings } from '../../core/settings/settings.ts';

/** How one observer asks a target that is silent. */
export interface Looks {
  readonly silence: Silence;
  /** Whether the first question goes out on a kept connection: its silence has no kind, so a new one follows at once. */
  readonly isKept: boolean;
  /** What an ordinary question waits, in milliseconds: between `probeTimeoutFloorMs` and `probeTimeoutMs`. */
  readonly waitMs: number;
  /** Time between two rounds as they come, jitter included. */
  readonly roundMs: number;
}

/** Milliseconds from the first question. */
export interface MissTimes {
  readonly firstMissMs: number;
  /** The miss with which the observer says `suspect`. */
  readonly suspectMs: number;
  /** When the look is sent whose miss brings the vote. */
  readonly lastLookMs: number;
  /** The miss with which it votes `dead`. */
  readonly voteMs: number;
}

/** The misses of a silence that began before the first question and does not end. */
export function missTimes(settings: Settings, { silence, isKept, waitMs, roundMs }: Looks): MissTimes {
  const { deadAfter, suspectAfter, probeIntervalMs } = settings;
  const { patienceMs, retryMs, timeoutMs } = costOf(settings, silence);
  const waitOf = (count: number): number => {
    const isWhole = count === Math.max(1, deadAfter - 1) || count > 2 * deadAfter;
    return isWhole ? timeoutMs : Math.min(waitMs, timeoutMs);
  };
  const isInRound = retryMs >= probeIntervalMs;
  // A kept connection may have been lost without the target.
  const patienceEndsMs = patienceMs + (isKept ? waitOf(1) : 0);
  const missAts: number[] = [];
  let startedAt = 0;
  for (let count = 1; ; count++) {
    const missAt = startedAt + waitOf(count);
    missAts.push(missAt);
    if (count >= deadAfter && startedAt >= patienceEndsMs) break;
    startedAt = nextAt(count, missAt);
  }
  const [firstMissMs = 0] = missAts;
  const suspectMs = missAts[suspectAfter - 1] ?? firstMissMs;
  return { firstMissMs, suspectMs, lastLookMs: startedAt, voteMs: missAts.at(-1) ?? 0 };

  /** When the look after so many misses begins. */
  function nextAt(count: number, missAt: number): number {
    if (count === 1 && isKept && silence !== 'refused') return missAt;
    if (isInRound) return (Math.floor(missAt / roundMs) + 1) * roundMs;
    const pauseMs = Math.min(retryMs * 2 ** Math.max(0, count - deadAfter), probeIntervalMs);
    const at = Math.max(missAt, startedAt + pauseMs);
    const lastLookAt = Math.max(missAt, startedAt + retryMs, patienceEndsMs);
    const isPatient = count >= deadAfter - 1 && startedAt < patienceEndsMs;
    return isPatient && at + waitOf(count + 1) > lastLookAt ? lastLookAt : at;
  }
}
