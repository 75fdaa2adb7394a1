/**
 * Cancellation as this project's pure parts see it. In a program that has the platform's
 * `AbortSignal` the types below are that very type.
 */

/** The part of `AbortSignal` that is used where no platform types exist. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The platform's `AbortSignal` where there is one, else its likeness. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Platform } }
  ? Platform
  : AbortSignalLike;

/** The owner's end of a signal. */
export interface AbortHandle {
  readonly signal: Signal;
  abort(reason?: unknown): void;
}

/** Makes a new, not yet aborted handle: `() => new AbortController()` in a program. */
export type CreateAbort = () => AbortHandle;
