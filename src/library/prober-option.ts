/** The prober that a program may give, which may be anything where that is JavaScript. */
import { ConfigError } from '../core/settings/config.ts';
import { missingMethods } from '../monitor/outside.ts';
import type { Prober } from '../ports/prober.ts';

/** Throws `ConfigError` for what is no prober. */
export function checkProber(prober: Prober): void {
  const violations = missingMethods('prober', prober, ['probe', 'close'], 'such as new HttpProber()');
  if (violations.length > 0) throw new ConfigError(violations);
}
