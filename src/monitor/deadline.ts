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

/** Pause after the first failure of what is tried again. */
const firstPauseMs = 100;

/** Waits, and questions, that can all be ended at once. */
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

  /**
   * As `withDeadline`, and rejects in the same way when it is ended: what hangs must not keep from stopping. Asks nothing
   * when it has ended before.
   */
  async ask<Value>(limitMs: number, call: () => Promise<Value>): Promise<Value> {
    const ended = new RegistryError('ambiguous', 'not waited for any longer: this node stops');
    if (this.#isOver) throw ended;
    let endEarly = (): void => {};
    const over = new Promise<never>((_, reject) => {
      endEarly = () => reject(ended);
    });
    this.#wakers.add(endEarly);
    try {
      return await withDeadline(this.#clock, limitMs, () => Promise.race([call(), over]));
    } finally {
      this.#wakers.delete(endEarly);
    }
  }

  /**
   * Calls again and again until it succeeds, with pauses that double up to `maxPauseMs`; null when ended before. Each
   * failure goes to `onFailure`.
   */
  async retry<Value>(
    maxPauseMs: number,
    call: () => Promise<Value>,
    onFailure: (error: unknown) => void = () => {},
  ): Promise<Value | null> {
    for (let pauseMs = firstPauseMs; !this.#isOver; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      try {
        return await call();
      } catch (error) {
        onFailure(error);
        await this.wait(pauseMs);
      }
    }
    return null;
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
