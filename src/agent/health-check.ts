/** Runs the check of the application at an interval, one run at a time, and keeps the result. */

import { startOf } from '../core/wire/text.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import { messageOf } from '../monitor/emitter.ts';
import { OncePer } from '../monitor/once-per.ts';
import type { CreateAbort } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';
import type { CheckResult, RunCheck } from './check.ts';
import { StallWatch } from './stall-watch.ts';

export interface HealthCheckOptions {
  readonly run: RunCheck;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row until the application is dead. */
  readonly failuresUntilUnhealthy: number;
  /** A timer later than this means that this process stood still, and that a check which took too long says nothing. */
  readonly stallThresholdMs: number;
  readonly clock: Clock;
  readonly createAbort: CreateAbort;
  /** Told of the first result, and of every change. */
  readonly onChange: (health: Health) => void;
  /** Told, once a minute at most, that the check could not run. */
  readonly onNotRun: (message: string) => void;
}

/** What is known of the application. */
export interface Health {
  readonly isHealthy: boolean;
  /** In words, at most 200 characters and what follows from it. */
  readonly reason: string;
}

/** A check that cannot run most often cannot run for long. */
const warnEveryMs = 60_000;

export class HealthCheck {
  readonly #options: HealthCheckOptions;
  readonly #scope: CancelScope;
  readonly #warning = new OncePer<'not-run'>({ capacity: 1, repeatAfterMs: warnEveryMs });
  #abort: (() => void) | null = null;
  #isHealthy = false;
  #hasPassed = false;
  #reason = 'the check has not finished yet';
  #failureCount = 0;
  #lastResultAt: number | null = null;
  #hasTold = false;
  #waiters: (() => void)[] = [];

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.#scope = new CancelScope(options.clock);
  }

  /** What is known now. A result that is too old counts as unhealthy, whatever the reason for its age. */
  health(): Health {
    const { clock, intervalMs, timeoutMs } = this.#options;
    if (this.#lastResultAt === null) return { isHealthy: false, reason: this.#reason };
    const ageMs = clock.now() - this.#lastResultAt;
    if (ageMs > 2 * (intervalMs + timeoutMs)) {
      return { isHealthy: false, reason: `the last result of the check is ${Math.round(ageMs)} ms old` };
    }
    return { isHealthy: this.#isHealthy, reason: this.#reason };
  }

  /** Why the application is dead: the check ran and said no as often as asked. Null while it did not, however old that is. */
  get death(): string | null {
    return this.#failureCount >= this.#options.failuresUntilUnhealthy ? this.#reason : null;
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
    const { run, timeoutMs, stallThresholdMs, clock, createAbort } = this.#options;
    const handle = createAbort();
    let hasResult = false;
    const take = (result: CheckResult): void => {
      if (!hasResult && !this.#scope.isCancelled) this.#take(result);
      hasResult = true;
    };
    const stall = new StallWatch({ clock, thresholdMs: stallThresholdMs, withinMs: timeoutMs });
    const timer = clock.setTimer(timeoutMs, () => {
      const reason = `the check took longer than ${timeoutMs} ms`;
      take(
        stall.hasStalled()
          ? { outcome: 'not-run', reason: `${reason}, but this process stood still meanwhile` }
          : { outcome: 'failed', reason },
      );
      handle.abort(new Error('the check took too long'));
    });
    this.#abort = () => handle.abort(new Error('the agent stops'));
    try {
      take(await run(handle.signal));
    } catch (error) {
      take({ outcome: 'not-run', reason: startOf(`the check failed: ${messageOf(error)}`, 200) });
    } finally {
      this.#abort = null;
      timer.cancel();
      stall.stop();
    }
  }

  #take({ outcome, reason }: CheckResult): void {
    const { clock, failuresUntilUnhealthy, onChange, onNotRun } = this.#options;
    const now = clock.now();
    if (outcome === 'not-run') {
      // What was known stands, and grows old.
      if (this.#lastResultAt === null) this.#reason = reason;
      if (this.#warning.isDue('not-run', now))
        onNotRun(
          `the check of the application could not run, which says nothing of it: ${this.#told(reason)}`,
        );
      return;
    }
    const was = this.#isHealthy;
    this.#lastResultAt = now;
    this.#reason = reason;
    this.#failureCount = outcome === 'passed' ? 0 : this.#failureCount + 1;
    if (outcome === 'passed') this.#isHealthy = this.#hasPassed = true;
    else if (this.#failureCount >= failuresUntilUnhealthy) this.#isHealthy = false;
    if (this.#isHealthy) this.#wakeWaiters();
    if (this.#hasTold && was === this.#isHealthy) return;
    this.#hasTold = true;
    onChange({ isHealthy: this.#isHealthy, reason: this.#told(reason) });
  }

  /** A node whose check has never passed is in no `status`. */
  #told(reason: string): string {
    return this.#hasPassed ? reason : `${reason}; this node joins the cluster when the check passes`;
  }

  #wakeWaiters(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
