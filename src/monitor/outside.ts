/** Checks of values from a user's program, which may have any type where that is JavaScript. */
import { ConfigError, type Violation } from '../core/settings/config.ts';

/** The violation of an option that must be an object with these methods; none when it has them, or is undefined. */
export function missingMethods(
  path: string,
  value: unknown,
  methods: readonly string[],
  example: string,
): Violation[] {
  if (value === undefined) return [];
  const has = (name: string): boolean =>
    typeof value === 'object' &&
    value !== null &&
    name in value &&
    typeof Reflect.get(value, name) === 'function';
  const missing = methods.filter((name) => !has(name));
  if (missing.length === 0) return [];
  const got = typeof value === 'object' && value !== null ? `none with ${missing.join(', ')}` : show(value);
  return [
    { path, message: `expected an object with the methods ${methods.join(', ')}, ${example}, got ${got}` },
  ];
}

/** The function itself; throws `ConfigError` for anything else. `path` names who was given it. */
export function checkedFunction<Given>(path: string, given: Given): Given {
  if (typeof given === 'function') return given;
  throw new ConfigError([{ path, message: `expected a function, got ${show(given)}` }]);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
