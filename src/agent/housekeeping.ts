/** Asks the registry, about once an hour, to drop what is old. One node of the cluster does it. Open verdicts always stay. */
import { dayMs } from '../core/settings/limits.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import { withDeadline } from '../monitor/deadline.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { EpochRef, Registry } from '../ports/registry.ts';

/** For how long a cluster remembers. */
export interface Retention {
  /** Events and resolved verdicts older than this at two prunings in a row go. An hour at least. Default 7 days. */
  readonly maxAgeMs: number;
  /** Events beyond this many go, oldest first, and so do resolved verdicts and departed nodes. 1,000 at least. Default 100,000. */
  readonly maxEventCount: number;
  /** Nodes that left or died, and were not seen for this long at two prunings in a row, go. Default 7 days. */
  readonly departedAfterMs: number;
}

export const defaultRetention: Retention = {
  maxAgeMs: 7 * dayMs,
  maxEventCount: 100_000,
  departedAfterMs: 7 * dayMs,
};

/** A write may be repeated because its answer was lost. It is recognized while the event is kept, so events stay a while. */
export const leastRetention: Retention = {
  maxAgeMs: 3_600_000,
  maxEventCount: 1_000,
  departedAfterMs: 0,
};

export interface HousekeepingOptions {
  readonly self: EpochRef;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  /** Bound of one call. */
  readonly timeoutMs: number;
  readonly retention: Retention;
  readonly onFailure: (error: unknown) => void;
}

const everyMs = 3_600_000;

/** The first one comes within this time, so that a node that restarts often does its part too. */
const firstWithinMs = 600_000;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #scope: CancelScope;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#scope = new CancelScope(options.clock);
  }

  /** Resolves when it has stopped. Never rejects. */
  async run(): Promise<void> {
    const { self, registry, clock, random, timeoutMs, retention, onFailure } = this.#options;
    let waitMs = firstWithinMs * random.next();
    while (await this.#scope.wait(waitMs)) {
      try {
        await withDeadline(clock, timeoutMs, () => registry.prune({ ...self, ...retention, everyMs }));
      } catch (error) {
        if (!this.#scope.isCancelled) onFailure(error);
      }
      waitMs = everyMs * (1 + 0.1 * random.next());
    }
  }

  stop(): void {
    this.#scope.cancel();
  }
}
