/** Going on with a value that is there at once, or later. */
import type { Awaitable } from '../ports/store.ts';

/** Calls `next` with the value: at once when it is there, so that nothing else runs in between. */
export function after<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
