/** Going on with a value that is there at once, or later. */
import type { Awaitable } from '../ports/store.ts';

/** Calls `next` with the value: at once when it is there, so that nothing else runs in between. */
export function after<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Hands a failure to `onError`, at once or later, and goes on without it. */
export function settled(value: () => Awaitable<unknown>, onError: (error: unknown) => void): Awaitable<void> {
  try {
    const done = value();
    return done instanceof Promise ? done.then(() => {}, onError) : undefined;
  } catch (error) {
    return onError(error);
  }
}
