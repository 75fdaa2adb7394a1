/** How long a healed cluster may take, as its settings say. */
import { longestWindowMs } from '../../core/answer-window.ts';
import { graceMs } from '../../core/grace.ts';
import { type Settings, timeToDeathMs } from '../../core/settings/config.ts';
import { fullAnswerWindowMs } from '../../core/settings/setting-rules.ts';
import { brakeLimit } from '../../core/verdict.ts';

/** From a death to its verdict: the misses, the time of the accused to answer, silence of voters, a few rounds. */
export function detectionBoundMs(settings: Settings): number {
  const { probeIntervalMs, heartbeatWindowMs, registryTimeoutMs } = settings;
  const rounds = 4 * probeIntervalMs + 2 * registryTimeoutMs;
  return timeToDeathMs(settings) + longestWindowMs(settings) + heartbeatWindowMs + rounds;
}

/**
 * From a death to its verdict where so many nodes are silent, for clocks that drift by 1 %. They may be neighbours: then
 * their observers look ahead in steps that double, a round each. They hold no more of them at a time than the watch list's
 * cap, less the last place, and those of the other observers whose votes are needed.
 */
export function confirmationBoundMs(settings: Settings, silentCount: number): number {
  const { probeIntervalMs, probeTimeoutMs, jitter, neighbors, watchListCap, minQuorum } = settings;
  const stepCount = doublingsTo(silentCount / neighbors);
  const waveCount = Math.ceil(silentCount / Math.max(1, watchListCap - minQuorum));
  const walkMs = stepCount * (probeIntervalMs * (1 + jitter) + probeTimeoutMs);
  return 1.02 * (waveCount * detectionBoundMs(settings) + walkMs);
}

/**
 * Until every death is confirmed and recovered. That is the grace of a node that none has answered yet, and one detection, then as many waves as the brake makes of the dead.
 * Each wave is a detection and a recovery with its longest backoff, and then the brake's window.
 */
export function restBoundMs(settings: Settings, nodeCount: number): number {
  const { leaseMs, claimPauseMs, restartGraceMs, retryBackoffMs, registryTimeoutMs } = settings;
  const brakeMs = Math.max(settings.brakeWindowMs, settings.brakeReturnMs);
  // A lease or a pause that was given before the registry's clock was set back lasts for twice its length at most.
  const holdsMs = 2 * (4 * leaseMs + 64 * retryBackoffMs + settings.flapWindowMs);
  const recoveryMs =
    holdsMs + claimPauseMs * (nodeCount + 2) + restartGraceMs + 2 * registryTimeoutMs + brakeMs;
  const limit = Math.max(1, brakeLimit(settings.maxDeadFraction, nodeCount));
  const detectionMs = detectionBoundMs(settings);
  return graceMs(settings, null) + detectionMs + Math.ceil(nodeCount / limit) * (detectionMs + recoveryMs);
}

/**
 * For how long a node may read more often after a reason to suspect itself: the observers' misses and the answer window. One
 * whose clock is held up, or whose reading is, notices it a moment later.
 */
export function ownSuspicionMs(settings: Settings): number {
  const { suspectAfter, retryIntervalMs, probeTimeoutMs, probeIntervalMs, registryTimeoutMs } = settings;
  const missesMs = suspectAfter * Math.max(retryIntervalMs, probeTimeoutMs);
  return 1.02 * (missesMs + fullAnswerWindowMs(settings)) + probeIntervalMs + registryTimeoutMs;
}

/** How often 1 is doubled until it is at least that much. */
export function doublingsTo(goal: number): number {
  let count = 0;
  for (let reached = 1; reached < goal; reached *= 2) count++;
  return count;
}
