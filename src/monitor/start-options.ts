/** How a monitor or an agent is started, and what stops it then. */
import { ConfigError } from '../core/settings/config.ts';
import type { Signal } from '../ports/abort.ts';

/** What `start` takes. */
export interface StartOptions {
  /** Stops it as `stop()` does, whenever it aborts. Default: none. */
  readonly signal?: Signal | undefined;
}

/**
 * Calls `stop` when the signal aborts, at once when it has aborted already. The result ends the listening. Throws
 * `ConfigError` for anything else than `{ signal }`.
 */
export function stopOnAbort(options: StartOptions | undefined, stop: () => void): () => void {
  const given: unknown = options;
  const { signal } = options ?? {};
  const isSignal = typeof signal?.addEventListener === 'function';
  const isBare = typeof given === 'object' && given !== null && 'aborted' in given;
  if (isBare || (signal !== undefined && !isSignal)) {
    const got = isBare ? 'the signal itself' : String(signal);
    throw new ConfigError([
      { path: 'signal', message: `expected { signal } with an AbortSignal, got ${got}` },
    ]);
  }
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return () => signal?.removeEventListener('abort', stop);
}
