/**
 * Calls to the registry with a time limit, measured: tells of each that is slow or fails, of a slow one before it ends. Not
 * for: heartbeats and recoveries, which an accused node does not wait for.
 */
import type { Input } from '../core/effects.ts';
import { slowCallMs } from '../core/registry-pace.ts';
import type { Clock } from '../ports/clock.ts';
import { RegistryError } from '../ports/registry.ts';
import { withDeadline } from './deadline.ts';

export interface RegistryMeterOptions {
  readonly clock: Clock;
  /** Bound of one call. */
  readonly timeoutMs: number;
  readonly dispatch: (input: Input) => void;
}

export class RegistryMeter {
  readonly #options: RegistryMeterOptions;
  #slowCount = 0;

  constructor(options: RegistryMeterOptions) {
    this.#options = options;
  }

  /** Settles as `withDeadline` does. */
  async ask<Value>(call: () => Promise<Value>): Promise<Value> {
    const { clock, timeoutMs } = this.#options;
    const startedAt = clock.now();
    let isSlow = false;
    const timer = clock.setTimer(slowCallMs, () => {
      isSlow = true;
      this.#slowCount++;
      this.#tell(null);
    });
    let hasFailed = false;
    try {
      return await withDeadline(clock, timeoutMs, call);
    } catch (error) {
      // One that the registry refuses for good was answered.
      hasFailed = !(error instanceof RegistryError && error.code === 'invalid');
      throw error;
    } finally {
      timer.cancel();
      if (isSlow) this.#slowCount--;
      const tookMs = clock.now() - startedAt;
      if (isSlow || hasFailed || tookMs >= slowCallMs) this.#tell({ tookMs, hasFailed });
    }
  }

  #tell(ended: { readonly tookMs: number; readonly hasFailed: boolean } | null): void {
    this.#options.dispatch({ kind: 'registry-call', slowCount: this.#slowCount, ended });
  }
}
