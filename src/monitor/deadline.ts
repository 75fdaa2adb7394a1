/** A bound on how long something foreign may take. */
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

/** Waits that can all be ended at once. */
export class Pause {
  readonly #clock: Clock;
  readonly #wakers = new Set<() => void>();
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits `delayMs`; false when it was ended early. */
  wait(delayMs: number): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isWhole: boolean): void => {
        timer.cancel();
        this.#wakers.delete(endEarly);
        resolve(isWhole);
      };
      const endEarly = (): void => finish(false);
      const timer = this.#clock.setTimer(delayMs, () => finish(true));
      this.#wakers.add(endEarly);
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when `end` is called. */
  whenOver(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#wakers.add(resolve));
  }

  /** Ends all waits, and every later one at once. */
  end(): void {
    this.#isOver = true;
    for (const waker of [...this.#wakers]) waker();
  }
}
