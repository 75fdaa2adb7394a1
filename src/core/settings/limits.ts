/** The least and the most that each setting may be, where a setting by itself decides that. */

/** A day, in milliseconds. */
export const dayMs = 86_400_000;
export const maxDurationMs = 30 * dayMs;

/** In milliseconds. */
export const durationLimits = {
  probeIntervalMs: [10, dayMs],
  probeTimeoutMs: [1, dayMs],
  probeTimeoutFloorMs: [1, dayMs],
  quorumWindowMs: [1, maxDurationMs],
  startupGracePeriodMs: [0, maxDurationMs],
  loneGraceMs: [0, maxDurationMs],
  retryIntervalMs: [1, dayMs],
  retryIntervalRefusedMs: [1, dayMs],
  minSilenceMs: [0, dayMs],
  minSilenceRefusedMs: [0, dayMs],
  minSilenceNoConnectionMs: [0, dayMs],
  membershipWindowMs: [1, maxDurationMs],
  heartbeatIntervalMs: [10, dayMs],
  heartbeatWindowMs: [1, maxDurationMs],
  proofWindowMs: [1, dayMs],
  answerWindowMs: [0, dayMs],
  brakeWindowMs: [0, maxDurationMs],
  brakeReturnMs: [0, maxDurationMs],
  flapWindowMs: [0, maxDurationMs],
  leaseMs: [100, dayMs],
  claimPauseMs: [0, dayMs],
  restartGraceMs: [0, dayMs],
  retryBackoffMs: [1, dayMs],
  registryTimeoutMs: [10, dayMs],
  stallThresholdMs: [1, dayMs],
} as const;

/** Whole numbers. */
export const countLimits = {
  probePort: [1, 65_535],
  neighbors: [1, 100],
  suspectAfter: [1, 10_000],
  deadAfter: [1, 10_000],
  minQuorum: [1, 100],
  watchListCap: [1, 10_000],
  outboxCapacity: [1, 1_000_000],
} as const;
