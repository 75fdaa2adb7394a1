/** A clock that a test moves by hand; promises settle before time goes on. */
import type { Clock, Timer } from '../../src/ports/clock.ts';

export class ManualClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return 1_700_000_000_000 + this.#now;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.push(timer);
    const cancel = (): void => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
    return { cancel };
  }

  /** Timers that are armed. */
  get timerCount(): number {
    return this.#timers.length;
  }

  /** Lets time pass while this process stands still: what has fallen due fires with the next `run`. */
  stall(durationMs: number): void {
    this.#now += durationMs;
  }

  /** Lets time pass; timers fire in order, each followed by everything that it settles. */
  async run(durationMs: number): Promise<void> {
    const until = this.#now + durationMs;
    await settle();
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = until;
  }
}

/** Comes back when no promise is left to settle. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
