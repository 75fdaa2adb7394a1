/** Defaults that follow from other settings, and what is told when such a default breaks a rule: once, and by its source. */

/** Each setting whose default depends on others, with those. */
const sources: Readonly<Record<string, readonly string[]>> = {
  retryIntervalMs: ['probeIntervalMs'],
  retryIntervalRefusedMs: ['retryIntervalMs', 'probeIntervalMs'],
  minSilenceRefusedMs: ['minSilenceMs'],
  minSilenceNoConnectionMs: ['minSilenceMs'],
  probeTimeoutFloorMs: ['probeTimeoutMs'],
  heartbeatWindowMs: ['heartbeatIntervalMs'],
  proofWindowMs: ['retryIntervalMs', 'probeTimeoutMs'],
  answerWindowMs: ['probeIntervalMs', 'jitter'],
  quorumWindowMs: ['probeIntervalMs', 'jitter'],
  outboxCapacity: ['watchListCap'],
  stallThresholdMs: ['probeTimeoutMs'],
};

/** The settings from which the default of this one follows, or by which a preset's value of it is bounded. */
export function sourcesOf(name: string): readonly string[] {
  return sources[name] ?? [];
}

/**
 * The violations in terms of what was given. A default that follows from a setting which breaks a rule itself is no
 * mistake of its own. One that breaks a rule alone says what it follows from.
 */
export function explainDefaults<Violation extends { readonly path: string; readonly message: string }>(
  violations: readonly Violation[],
  given: object,
): Violation[] {
  const broken = new Set(violations.map(({ path }) => path));
  return violations.flatMap((violation) => {
    const { path, message } = violation;
    const followed = Object.hasOwn(given, path) ? undefined : sources[path];
    if (followed === undefined) return [violation];
    if (followed.some((source) => broken.has(source))) return [];
    return [{ ...violation, message: `${message}; its default follows from ${followed.join(' and ')}` }];
  });
}
