/** What the standing conditions of an experiment must hold to: clocks, registry, handlers. Those with an instant are in fault-limits.ts. */
import type { Violation } from '../../core/settings/config.ts';
import type { ExperimentOptions } from './experiment.ts';
import { latencyViolation, numberViolation } from './fault-limits.ts';

const fraction = { least: 0, most: 1, what: 'a fraction' };
const dayMs = 86_400_000;
const rateNames = ['lostAnswerRate', 'lateRate', 'duplicateRate', 'staleReadRate'] as const;
const latencyNames = ['commit', 'lateness'] as const;
const registryNames: readonly string[] = [...rateNames, ...latencyNames, 'followerLagMs'];

/** Skew of at most a year, drift of at most 1 %, of nodes that there are. */
export function clockViolations(
  clocks: ExperimentOptions['clocks'],
  nodeIds: ReadonlySet<string>,
): Violation[] {
  return Object.entries(clocks).flatMap(([nodeId, { skewMs, driftPpm }]) => {
    const path = `clocks.${nodeId}`;
    if (!nodeIds.has(nodeId)) {
      const [first] = nodeIds;
      const message = `expected the id of a node of the experiment, such as ${first}; no other has a clock`;
      return [{ path, message }];
    }
    const skew = { least: -365 * dayMs, most: 365 * dayMs, what: 'milliseconds' };
    const drift = { least: -10_000, most: 10_000, what: 'parts in a million' };
    return [
      ...(skewMs === undefined ? [] : numberViolation(`${path}.skewMs`, skewMs, skew)),
      ...(driftPpm === undefined ? [] : numberViolation(`${path}.driftPpm`, driftPpm, drift)),
    ];
  });
}

/** Rates are fractions, latencies do not fall, and a follower lags by at most a day. */
export function registryViolations(registry: ExperimentOptions['registry']): Violation[] {
  const unknown = Object.keys(registry).filter((name) => !registryNames.includes(name));
  const lag = { least: 0, most: dayMs, what: 'milliseconds' };
  return [
    ...unknown.map((name) => ({
      path: `registry.${name}`,
      message: `expected one of ${registryNames.join(', ')}; nothing else can be wrong with it`,
    })),
    ...rateNames.flatMap((name) =>
      registry[name] === undefined ? [] : numberViolation(`registry.${name}`, registry[name], fraction),
    ),
    ...latencyNames.flatMap((name) =>
      registry[name] === undefined ? [] : latencyViolation(`registry.${name}`, registry[name]),
    ),
    ...(registry.followerLagMs === undefined
      ? []
      : numberViolation('registry.followerLagMs', registry.followerLagMs, lag)),
  ];
}

/** A handler takes some time and fails with some rate. */
export function handlerViolations(handler: ExperimentOptions['handler']): Violation[] {
  if (handler === null) return [];
  return [
    ...latencyViolation('handler.takes', handler.takes),
    ...numberViolation('handler.failureRate', handler.failureRate, fraction),
  ];
}
