/** The settings that all nodes of an experiment share, and how long they let a death take. */
import { longestWindowMs } from '../../core/answer-window.ts';
import { resolveSettings, type Settings, timeToDeathMs } from '../../core/settings/config.ts';
import type { ExperimentOptions } from './experiment.ts';

/** The settings that all monitors of an experiment share; the id is of no meaning. Throws `ConfigError`. */
export function sharedSettings({
  settings,
  preset,
}: Pick<ExperimentOptions, 'settings' | 'preset'>): Settings {
  return resolveSettings({ ...settings, nodeId: 'any' }, preset);
}

/**
 * How long a crash in a healthy cluster takes at most until its recovery has begun. That is the longest way to `dead`, the
 * answer window and the heartbeat's silence, and some rounds for what has to be read and written.
 */
export function confirmWithinMs(settings: Settings): number {
  const { heartbeatWindowMs, probeIntervalMs, registryTimeoutMs } = settings;
  return (
    timeToDeathMs(settings) +
    longestWindowMs(settings) +
    heartbeatWindowMs +
    4 * probeIntervalMs +
    registryTimeoutMs
  );
}
