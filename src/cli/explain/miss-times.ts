/**
 * When the misses of a target that stays silent bring its observer's suspicion and vote, computed from the settings alone.
 * The rules themselves are in the core: conclude-probe.ts (when it is asked again), answers.ts (timeouts), vote.ts (patience).
 */
import { costOf, type Silence } from '../../core/setting-rules.ts';
import type { Settings } from '../../core/settings.ts';

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
  /** The miss that completes `deadAfter`, whatever the patience. */
  readonly countMs: number;
  /** The miss with which it votes `dead`. */
  readonly voteMs: number;
}

/** The misses of a silence that began before the first question and does not end. */
export function missTimes(settings: Settings, looks: Looks): MissTimes {
  const { deadAfter, suspectAfter, probeIntervalMs } = settings;
  const { patienceMs, retryMs, timeoutMs: lastWaitMs } = costOf(settings, looks.silence);
  const waitMs = Math.min(looks.waitMs, lastWaitMs);
  const isInRound = retryMs >= probeIntervalMs;
  let startedAt = 0;
  let firstMissMs = 0;
  let suspectMs = 0;
  let missAt = 0;
  for (let count = 1; count <= deadAfter; count++) {
    // The miss that can bring the vote has the whole of the timeout.
    missAt = startedAt + (count < deadAfter ? waitMs : lastWaitMs);
    if (count === 1) firstMissMs = missAt;
    if (count === suspectAfter) suspectMs = missAt;
    if (count === 1 && looks.isKept && looks.silence !== 'refused') startedAt = missAt;
    else if (isInRound) startedAt = (Math.floor(missAt / looks.roundMs) + 1) * looks.roundMs;
    else startedAt = Math.max(missAt, startedAt + retryMs);
  }
  return { firstMissMs, suspectMs, countMs: missAt, voteMs: missAt + furtherMs() };

  /** From the last miss that is counted to the end of the look that ends with the patience, or after it. */
  function furtherMs(): number {
    const patientMs = Math.max(0, patienceMs - (missAt - firstMissMs));
    if (patientMs === 0) return 0;
    if (!isInRound) return Math.max(patientMs, lastWaitMs);
    const stepMs = Math.max(looks.roundMs, Math.ceil(lastWaitMs / looks.roundMs) * looks.roundMs);
    return Math.ceil(patientMs / stepMs) * stepMs;
  }
}
