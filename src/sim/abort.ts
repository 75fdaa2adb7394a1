/** Cancellation in the virtual world: the same shape as the platform's, without the platform. */
import type { AbortHandle, AbortSignalLike, Signal } from '../ports/abort.ts';

/** A new handle that is not aborted yet. */
export function createVirtualAbort(): AbortHandle {
  const signal = new VirtualSignal();
  return {
    // Where platform types exist the port's type is the platform's own; of it only what is declared here is used.
    signal: signal as AbortSignalLike as Signal,
    abort: (reason) => signal.abort(reason),
  };
}

class VirtualSignal implements AbortSignalLike {
  aborted = false;
  reason: unknown = undefined;
  readonly #listeners = new Map<() => void, boolean>();

  addEventListener(_type: 'abort', listener: () => void, options?: { once?: boolean }): void {
    if (!this.#listeners.has(listener)) this.#listeners.set(listener, options?.once === true);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  abort(reason: unknown = new Error('aborted')): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = [...this.#listeners.keys()];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}
