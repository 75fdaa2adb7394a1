/** Notices that this process was held up while it waited for something: its own timers come late then. */
import type { Clock, Timer } from '../ports/clock.ts';

export interface StallWatchOptions {
  readonly clock: Clock;
  /** A timer that is later than this has been held up. */
  readonly thresholdMs: number;
  /** How long the waiting may last: the watch looks several times within it. */
  readonly withinMs: number;
}

const longestTickMs = 250;

/** Watches from its making until `stop`. */
export class StallWatch {
  readonly #options: StallWatchOptions;
  readonly #tickMs: number;
  #dueAt = 0;
  #timer: Timer | null = null;
  #hasStalled = false;

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#tickMs = Math.max(1, Math.min(longestTickMs, options.withinMs / 8));
    this.#wait();
  }

  /** Whether this process has stood still since the watch began. */
  hasStalled(): boolean {
    this.#look();
    return this.#hasStalled;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, thresholdMs } = this.#options;
    if (clock.now() - this.#dueAt > thresholdMs) this.#hasStalled = true;
  }

  #wait(): void {
    const { clock } = this.#options;
    this.#dueAt = clock.now() + this.#tickMs;
    this.#timer = clock.setTimer(this.#tickMs, () => {
      this.#look();
      this.#wait();
    });
  }
}
