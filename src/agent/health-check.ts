/** Runs the check of the application at an interval, one run at a time, and keeps the result. */

import { startOf } from '../core/text.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { CreateAbort } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';
import type { CheckResult, RunCheck } from './check.ts';

export interface HealthCheckOptions {
  readonly run: RunCheck;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row until the application is unhealthy. */
  readonly failuresUntilUnhealthy: number;
  readonly clock: Clock;
  readonly createAbort: CreateAbort;
  /** Told of the first result, and of every change. */
  readonly onChange: (health: CheckResult) => void;
}

export class HealthCheck {
  readonly #options: HealthCheckOptions;
  readonly #scope: CancelScope;
  #abort: (() => void) | null = null;
  #isHealthy = false;
  #reason = 'the check has not finished yet';
  #failureCount = 0;
  #lastResultAt: number | null = null;
  #hasTold = false;
  #waiters: (() => void)[] = [];

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.#scope = new CancelScope(options.clock);
  }

  /** What is known now. A result that is too old counts as a failure, whatever the reason for its age. */
  health(): CheckResult {
    const { clock, intervalMs, timeoutMs } = this.#options;
    if (this.#lastResultAt === null) return { isHealthy: false, reason: this.#reason };
    const ageMs = clock.now() - this.#lastResultAt;
    if (ageMs > 2 * (intervalMs + timeoutMs)) {
      return { isHealthy: false, reason: `the last result of the check is ${Math.round(ageMs)} ms old` };
    }
    return { isHealthy: this.#isHealthy, reason: this.#reason };
  }

  /** Resolves when the application is healthy, or when the check has stopped. */
  async whenHealthy(): Promise<void> {
    while (!this.health().isHealthy && !this.#scope.isCancelled) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Looks until `stop`; resolves when nothing is left running. Never rejects. */
  async run(): Promise<void> {
    const { clock, intervalMs } = this.#options;
    do {
      const startedAt = clock.now();
      await this.#look();
      if (this.#scope.isCancelled) return;
      await this.#scope.wait(Math.max(0, startedAt + intervalMs - clock.now()));
    } while (!this.#scope.isCancelled);
  }

  stop(): void {
    this.#scope.cancel();
    this.#abort?.();
    this.#wakeWaiters();
  }

  async #look(): Promise<void> {
    const { run, timeoutMs, clock, createAbort } = this.#options;
    const handle = createAbort();
    let hasResult = false;
    const take = (result: CheckResult): void => {
      if (!hasResult && !this.#scope.isCancelled) this.#take(result);
      hasResult = true;
    };
    const timer = clock.setTimer(timeoutMs, () => {
      take({ isHealthy: false, reason: `the check took longer than ${timeoutMs} ms` });
      handle.abort(new Error('the check took too long'));
    });
    this.#abort = () => handle.abort(new Error('the agent stops'));
    try {
      take(await run(handle.signal));
    } catch (error) {
      take({ isHealthy: false, reason: startOf(`the check failed: ${messageOf(error)}`, 200) });
    } finally {
      this.#abort = null;
      timer.cancel();
    }
  }

  #take({ isHealthy, reason }: CheckResult): void {
    const was = this.#isHealthy;
    this.#lastResultAt = this.#options.clock.now();
    this.#reason = reason;
    this.#failureCount = isHealthy ? 0 : this.#failureCount + 1;
    if (isHealthy) this.#isHealthy = true;
    else if (this.#failureCount >= this.#options.failuresUntilUnhealthy) this.#isHealthy = false;
    if (this.#isHealthy) this.#wakeWaiters();
    if (this.#hasTold && was === this.#isHealthy) return;
    this.#hasTold = true;
    this.#options.onChange({ isHealthy: this.#isHealthy, reason });
  }

  #wakeWaiters(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
