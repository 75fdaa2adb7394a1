/** Sends the heartbeats of an epoch to the registry, one at a time. A failed one is repeated soon. */
import { heartbeatRetryMs } from '../core/own-beats.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { EpochRef, Registry } from '../ports/registry.ts';
import { CancelScope } from './cancel-scope.ts';
import { withDeadline } from './deadline.ts';

export interface HeartbeatOptions {
  readonly self: EpochRef;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  readonly intervalMs: number;
  /** For how long a node of the original is on the ring after its newest heartbeat. */
  readonly membershipWindowMs: number;
  /** Bound of one call. */
  readonly timeoutMs: number;
  /** The epoch is over: a newer one has begun, or the node has left. No heartbeat follows. */
  readonly onOver: () => void;
  /** Told of every heartbeat that the registry has taken. */
  readonly onTaken: () => void;
  /** The registry does not know the epoch: it went back to before the join. No heartbeat follows. */
  readonly onForgotten: () => void;
  /** Told of every heartbeat that failed. */
  readonly onFailure: (error: unknown) => void;
}

/** Intervals vary by this fraction, so that a cluster's heartbeats spread out. */
const jitter = 0.1;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #scope: CancelScope;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#scope = new CancelScope(options.clock);
  }

  /** Beats first after an interval, since joining is a heartbeat itself. Resolves when it has stopped. Never rejects. */
  async run(): Promise<void> {
    const { self, registry, clock, random, intervalMs, timeoutMs, onTaken, onFailure } = this.#options;
    const request = { ...self, membershipWindowMs: this.#options.membershipWindowMs };
    let waitMs = this.#spread(random.next());
    while (await this.#scope.wait(waitMs)) {
      try {
        const result = await withDeadline(clock, timeoutMs, () => registry.heartbeat(request));
        if (this.#scope.isCancelled) return;
        if (result !== 'beating') {
          if (result === 'over') this.#options.onOver();
          else this.#options.onForgotten();
          return;
        }
        onTaken();
        waitMs = this.#spread(random.next());
      } catch (error) {
        if (!this.#scope.isCancelled) onFailure(error);
        waitMs = heartbeatRetryMs(intervalMs);
      }
    }
  }

  stop(): void {
    this.#scope.cancel();
  }

  #spread(random: number): number {
    return this.#options.intervalMs * (1 + jitter * (2 * random - 1));
  }
}
