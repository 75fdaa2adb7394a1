/**
 * Which commands run as a process of their own, so that they can be ended in time. Looks only at what is known before
 * anything is loaded: a wrong guess costs the start of one more process, or leaves a command to its own timers.
 */
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseSqliteUrl } from '../adapters/sqlite/url.ts';
import { defaultRegistry } from './default-registry.ts';

/** The commands that take `--timeout`. */
export const commandsWithTimeout: ReadonlySet<string> = new Set([
  'status',
  'ring',
  'events',
  'why',
  'leave',
  'maintenance',
  'resolve',
  'retry',
  'brake',
  'restored',
]);

/** Some thousand rows, which are read and shown within a moment. */
const smallFileBytes = 1_000_000;
/** The file with the newest writes keeps its size, whatever is in it. */
const smallLogBytes = 8_000_000;

/**
 * Whether what the command asks for may take longer than a moment, in which none of its timers fires. It may with every
 * registry that is no small SQLite file.
 */
export function mayTakeLong(argv: readonly string[], environment: NodeJS.ProcessEnv): boolean {
  const [name = '', ...args] = argv;
  if (!commandsWithTimeout.has(name)) return false;
  const { values } = parseArgs({
    args,
    strict: false,
    options: { registry: { type: 'string', short: 'r' } },
  });
  const given = typeof values['registry'] === 'string' ? values['registry'] : undefined;
  const path = pathOf(given ?? environment['RINGWATCH_REGISTRY'] ?? defaultRegistry);
  return path === null || bytesOf(path) > smallFileBytes || bytesOf(`${path}-wal`) > smallLogBytes;
}

/** Null for another registry than a SQLite file. */
function pathOf(url: string): string | null {
  try {
    return parseSqliteUrl(url).path;
  } catch {
    return null;
  }
}

/** What is wrong with a file is told by the command. */
function bytesOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
