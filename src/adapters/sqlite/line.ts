/**
 * Calls that wait for another process's lock, in the order in which they came. Only the first of them asks again, so
 * that a long line costs no more than a short one.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { SqlResult, SqlStatement } from '../sql/executor.ts';
import { LockedError } from './connection.ts';

/** Calls that wait at a time; more are refused. */
const lineLimit = 100_000;
const longestPauseMs = 20;
/** How long the line is served before the event loop turns. */
const longestTurnMs = 10;

export interface LineOptions {
  /** Runs one call; throws `LockedError` when another process is in its way. */
  readonly run: (statements: readonly SqlStatement[]) => readonly SqlResult[];
  readonly lockTimeoutMs: number;
  /** What is said when a call has waited for too long. */
  readonly describeLock: (cause: Error) => RegistryError;
}

interface Call {
  readonly statements: readonly SqlStatement[];
  readonly endsAt: number;
  readonly resolve: (results: readonly SqlResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** A random pause, longer after each one in a row. */
export function pauseMs(pauseCount: number): number {
  return 1 + Math.random() * Math.min(longestPauseMs, 2 ** pauseCount);
}

export class Line {
  readonly #options: LineOptions;
  readonly #calls: Call[] = [];
  #timer: NodeJS.Timeout | null = null;
  #pauseCount = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Runs the call at once, or when those before it are done. */
  enqueue(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    return new Promise((resolve, reject) => {
      if (this.#calls.length >= lineLimit) {
        reject(
          new RegistryError(
            'unavailable',
            `More than ${lineLimit} calls wait for the lock of a SQLite file.`,
          ),
        );
        return;
      }
      this.#calls.push({
        statements,
        endsAt: performance.now() + this.#options.lockTimeoutMs,
        resolve,
        reject,
      });
      if (this.#timer === null) this.#serve();
    });
  }

  /** Rejects what still waits. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const call of this.#calls.splice(0)) {
      call.reject(
        new RegistryError('unavailable', 'This registry was closed while the call waited for a lock.'),
      );
    }
  }

  /** Serves the line until it is empty, a lock is in the way, or others want the event loop. */
  #serve(): void {
    this.#timer = null;
    const turnEndsAt = performance.now() + longestTurnMs;
    for (let call = this.#calls[0]; call !== undefined; call = this.#calls[0]) {
      if (performance.now() >= turnEndsAt) {
        this.#serveLater(0);
        return;
      }
      try {
        const results = this.#options.run(call.statements);
        this.#pauseCount = 0;
        this.#calls.shift();
        call.resolve(results);
      } catch (error) {
        if (error instanceof LockedError && performance.now() < call.endsAt) {
          this.#pauseCount++;
          this.#serveLater(pauseMs(this.#pauseCount));
          return;
        }
        this.#calls.shift();
        call.reject(error instanceof LockedError ? this.#options.describeLock(error) : asError(error));
      }
    }
  }

  #serveLater(delayMs: number): void {
    this.#timer = setTimeout(() => this.#serve(), delayMs);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
