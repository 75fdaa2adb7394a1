/** Keeps track of the user's handlers that run, so that a stop can wait for their end. */
import { withDeadline } from '../monitor/deadline.ts';
import type { DeathHandler } from '../monitor/events.ts';
import type { Clock } from '../ports/clock.ts';

/** A little longer than a command has between SIGTERM and SIGKILL. */
const graceMs = 3_000;

export class HandlerWatch {
  readonly #clock: Clock;
  readonly #running = new Set<Promise<unknown>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same handler, watched. */
  watched(handler: DeathHandler): DeathHandler {
    return (nodeId, death) => this.watch(Promise.resolve().then(() => handler(nodeId, death)));
  }

  /** The same promise, watched. */
  watch<Value>(run: Promise<Value>): Promise<Value> {
    const forget = (): void => {
      this.#running.delete(run);
    };
    this.#running.add(run);
    run.then(forget, forget);
    return run;
  }

  /** Resolves when none runs any more, or when the grace is over. Never rejects. */
  async settled(): Promise<void> {
    if (this.#running.size === 0) return;
    await withDeadline(this.#clock, graceMs, () => Promise.allSettled(this.#running)).catch(() => {});
  }
}
