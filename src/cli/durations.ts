/** Durations as people read them. */
import { unitHint, unitsMs } from '../core/settings/duration.ts';

export { parseDuration } from '../core/settings/duration.ts';

/** What is wrong with a text that is no duration: a number alone may have been meant in any unit. `such` gives examples. */
export function durationProblem(text: string, such = '500ms, 10s, 5m or 1h'): string {
  return `expected a duration such as ${such}, got ${JSON.stringify(text)}${unitHint(text)}`;
}

/** A duration in at most two units, such as `350 ms`, `1.5 s`, `12 s`, `5 min`, `2 h 5 min`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return twoUnits(seconds, 60, 'min', 's');
  if (seconds < 86_400) return twoUnits(Math.round(seconds / 60), 60, 'h', 'min');
  return twoUnits(Math.round(seconds / 3_600), 24, 'd', 'h');
}

function twoUnits(count: number, perLarge: number, large: string, small: string): string {
  const rest = count % perLarge;
  const whole = `${Math.floor(count / perLarge)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** A duration as a flag takes it: the largest unit that divides it, such as `10s`, `5m` or `1500ms`. */
export function durationFlag(durationMs: number): string {
  if (durationMs === 0) return '0';
  const units = Object.entries(unitsMs).reverse();
  const unit = units.find(([, unitMs]) => durationMs % unitMs === 0);
  return unit === undefined ? `${durationMs}ms` : `${durationMs / unit[1]}${unit[0]}`;
}
