/** Waits, calls and retries that end together when their scope is cancelled. */
import type { Clock } from '../ports/clock.ts';
import { RegistryError } from '../ports/registry.ts';
import { withDeadline } from './deadline.ts';

/** Delay after the first failure of a call that is retried. */
const firstDelayMs = 100;

/** One scope; it is cancelled once, for good. */
export class CancelScope {
  readonly #clock: Clock;
  readonly #wakers = new Set<() => void>();
  #isCancelled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits `delayMs`; false when the scope was cancelled before. */
  wait(delayMs: number): Promise<boolean> {
    if (this.#isCancelled) return Promise.resolve(false);
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
   * As `withDeadline`, and rejects in the same way when the scope is cancelled: a call that hangs must not delay a stop.
   * Calls nothing when the scope is cancelled already.
   */
  async call<Value>(limitMs: number, call: () => Promise<Value>): Promise<Value> {
    const cancelled = new RegistryError('ambiguous', 'not waited for any longer: this node stops');
    if (this.#isCancelled) throw cancelled;
    let endEarly = (): void => {};
    const whenEnded = new Promise<never>((_, reject) => {
      endEarly = () => reject(cancelled);
    });
    this.#wakers.add(endEarly);
    try {
      return await withDeadline(this.#clock, limitMs, () => Promise.race([call(), whenEnded]));
    } finally {
      this.#wakers.delete(endEarly);
    }
  }

  /**
   * Calls until one call succeeds, with delays that double up to `maxDelayMs`; null when the scope is cancelled before.
   * Each failure goes to `onFailure`.
   */
  async retry<Value>(
    maxDelayMs: number,
    call: () => Promise<Value>,
    onFailure: (error: unknown) => void = () => {},
  ): Promise<Value | null> {
    for (let delayMs = firstDelayMs; !this.#isCancelled; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
      try {
        return await call();
      } catch (error) {
        onFailure(error);
        await this.wait(delayMs);
      }
    }
    return null;
  }

  /** As `retry`, but rejects with the first error that no repetition can cure: a person must mend something. */
  retryCurable<Value>(
    maxDelayMs: number,
    call: () => Promise<Value>,
    onFailure: (error: unknown) => void,
  ): Promise<Value | null> {
    return this.retry(maxDelayMs, call, (error) => {
      if (!(error instanceof RegistryError && error.isRepeatable)) throw error;
      if (!this.#isCancelled) onFailure(error);
    });
  }

  /** Whether it was cancelled. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Resolves when the scope is cancelled. */
  whenCancelled(): Promise<void> {
    if (this.#isCancelled) return Promise.resolve();
    return new Promise((resolve) => this.#wakers.add(resolve));
  }

  /** Ends all waits and calls, and every later one at once. */
  cancel(): void {
    this.#isCancelled = true;
    for (const waker of [...this.#wakers]) waker();
  }
}
