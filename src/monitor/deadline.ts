/** A time limit for a call to the outside. */
import type { Clock } from '../ports/clock.ts';
import { RegistryError } from '../ports/registry.ts';

/**
 * Settles as the promise of `call` does, or rejects with an `ambiguous` RegistryError after `limitMs`. What the promise
 * does later is ignored. Rejects too when `call` throws at once. `whom` is named when it did not answer.
 */
export function withDeadline<Value>(
  clock: Clock,
  limitMs: number,
  call: () => Promise<Value>,
  whom = 'the registry',
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(limitMs, () => {
      reject(new RegistryError('ambiguous', `${whom} did not answer within ${Math.round(limitMs)} ms`));
    });
    const fail = (error: unknown): void => {
      timer.cancel();
      reject(error);
    };
    try {
      call().then((value) => {
        timer.cancel();
        resolve(value);
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
}
