/** What a monitor does with the registry, put together: its calls, what waits to be written, and what is told of outages. */

import type { Input } from '../core/effects.ts';
import type { Settings } from '../core/settings/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Registry } from '../ports/registry.ts';
import type { CancelScope } from './cancel-scope.ts';
import type { EffectPerformer } from './effect-performer.ts';
import type { EventReporter } from './event-reporter.ts';
import { Outage } from './outage.ts';
import { Outbox } from './outbox.ts';
import { RegistryCalls } from './registry-calls.ts';
import { RegistryMeter } from './registry-meter.ts';

export interface RegistrySideOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly scope: CancelScope;
  readonly reporter: EventReporter;
  readonly dispatch: (input: Input) => void;
  /** Asked when something has happened: it is made later than these. */
  readonly effects: () => Pick<EffectPerformer, 'acknowledge' | 'noteOutage'>;
}

export interface RegistrySide {
  readonly outage: Outage;
  readonly calls: RegistryCalls;
  readonly outbox: Outbox;
}

export function registrySideOf(options: RegistrySideOptions): RegistrySide {
  const { settings, registry, clock, scope, reporter, dispatch, effects } = options;
  const emit: EventReporter['emit'] = (event, payload) => reporter.emit(event, payload);
  const meter = new RegistryMeter({ clock, timeoutMs: settings.registryTimeoutMs, dispatch });
  const outage = new Outage({
    ...{ clock, scope, emit },
    onEnd: (durationMs, fails) => effects().noteOutage({ durationMs, fails }),
  });
  const calls = new RegistryCalls({ settings, registry, clock, meter, scope, emit, outage });
  const outbox = new Outbox({
    ...{ registry, clock, outage, meter },
    capacity: settings.outboxCapacity,
    maxDelayMs: settings.probeIntervalMs,
    onRecorded: (entry) => effects().acknowledge(entry, 'recorded'),
    onRefused: (entry) => effects().acknowledge(entry, 'not-recorded'),
    onFailed: (entry, error) => reporter.tellOfWrite(entry, error),
    onWarning: (code, message) => reporter.warn(code, message),
  });
  return { outage, calls, outbox };
}
