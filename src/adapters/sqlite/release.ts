/**
 * Gives back the files of connections that have been closed. The driver (libsql 0.5) lets go of a file late: only when
 * the garbage collector has found the statements that were prepared on it. See
 * https://github.com/tursodatabase/libsql-js/issues/228
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | null = null;

/** Collects what is no longer in use, some ten milliseconds' work; nothing may refer to the connection any more. */
export async function releaseClosed(): Promise<void> {
  // What awaits a call of the connection must be done with its results first.
  await new Promise((resolve) => setImmediate(resolve));
  collect ??= collector();
  collect?.();
  // The driver's own clean-up runs in the turn after.
  await new Promise((resolve) => setImmediate(resolve));
}

function collector(): (() => void) | null {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('typeof gc === "function" ? gc : null');
  return typeof found === 'function' ? () => void found() : null;
}
