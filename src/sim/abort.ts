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
  /** Few at a time, in order; all of them once only, since a signal aborts once. */
  #listeners: (() => void)[] = [];

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const place = this.#listeners.indexOf(listener);
    if (place !== -1) this.#listeners.splice(place, 1);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  abort(reason: unknown = new Error('aborted')): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
