/** Makes the check of an agent's application, as its options say. */
import type { MonitorPorts } from '../monitor/options.ts';
import { createCheck, parseCheck } from './check.ts';
import { HealthCheck, type HealthCheckOptions } from './health-check.ts';
import type { ResolvedOptions } from './options.ts';

/** Null where the options name no check. */
export function createHealthCheck(
  { settings, check, checkIntervalMs, checkTimeoutMs, checkFailures }: ResolvedOptions,
  { clock, createAbort }: MonitorPorts,
  told: Pick<HealthCheckOptions, 'onChange' | 'onNotRun'>,
): HealthCheck | null {
  const parsed = parseCheck(check);
  if (parsed === null) return null;
  return new HealthCheck({
    ...{ ...told, clock, createAbort },
    run: createCheck(parsed, clock),
    intervalMs: checkIntervalMs,
    timeoutMs: checkTimeoutMs,
    failuresUntilUnhealthy: checkFailures,
    stallThresholdMs: settings.stallThresholdMs,
  });
}
