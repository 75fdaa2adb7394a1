/** How many files and connections this process may have open. */
import { readFileSync } from 'node:fs';

/** The soft limit; Infinity where it is not known, and 0 where not even that can be opened. */
export function openFileLimit(): number {
  try {
    const [, text] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EMFILE'
      ? 0
      : Number.POSITIVE_INFINITY;
  }
}
