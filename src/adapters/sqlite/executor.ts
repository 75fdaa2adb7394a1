/**
 * Runs the registry's statements on a SQLite file that several processes share. The driver is synchronous, so a
 * transaction of this process is never interrupted; while another process holds the lock, calls wait in a line and
 * only the first of them asks again, so that the event loop is never blocked by somebody else's work.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { SqlExecutor, SqlResult, SqlStatement } from '../sql/executor.ts';
import { Connection, LockedError } from './connection.ts';

export interface SqliteExecutorOptions {
  /** How long a call waits for other processes' locks. Default 5,000. */
  readonly lockTimeoutMs?: number | undefined;
  /** The registry's clock, milliseconds since 1970. Default: the machine's; tests give their own. */
  readonly now?: (() => number) | undefined;
}

interface Call {
  readonly statements: readonly SqlStatement[];
  readonly kind: 'read' | 'write';
  readonly endsAt: number;
  readonly resolve: (results: readonly SqlResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** Calls that wait at a time; more are refused. */
const lineLimit = 100_000;
const longestPauseMs = 20;
/** How long the line is served before the event loop turns. */
const longestTurnMs = 10;

export class SqliteExecutor implements SqlExecutor {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #lockTimeoutMs: number;
  readonly #now: () => number;
  readonly #line: Call[] = [];
  #timer: NodeJS.Timeout | null = null;
  #pauseCount = 0;

  private constructor(path: string, connection: Connection, options: SqliteExecutorOptions) {
    this.#path = path;
    this.#connection = connection;
    this.#lockTimeoutMs = options.lockTimeoutMs ?? 5_000;
    this.#now = options.now ?? Date.now;
  }

  /** Opens the file, creating it when there is none. Throws a `RegistryError` that says what is wrong with it. */
  static async open(path: string, options: SqliteExecutorOptions = {}): Promise<SqliteExecutor> {
    const connection = new Connection(path);
    const executor = new SqliteExecutor(path, connection, options);
    const endsAt = performance.now() + executor.#lockTimeoutMs;
    for (;;) {
      try {
        connection.prepareFile(path);
        return executor;
      } catch (error) {
        if (!(error instanceof LockedError) || performance.now() >= endsAt) {
          connection.close();
          throw error instanceof LockedError ? executor.#lockedError(error) : error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * longestPauseMs));
    }
  }

  async now(): Promise<number> {
    return this.#now();
  }

  read(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    return this.#enqueue(statements, 'read');
  }

  transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    return this.#enqueue(statements, 'write');
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const call of this.#line.splice(0)) {
      call.reject(
        new RegistryError('unavailable', 'This registry was closed while the call waited for a lock.'),
      );
    }
    this.#connection.close();
  }

  #enqueue(statements: readonly SqlStatement[], kind: 'read' | 'write'): Promise<readonly SqlResult[]> {
    return new Promise((resolve, reject) => {
      if (this.#line.length >= lineLimit) {
        reject(
          new RegistryError(
            'unavailable',
            `More than ${lineLimit} calls wait for the lock of ${this.#path}.`,
          ),
        );
        return;
      }
      this.#line.push({ statements, kind, endsAt: performance.now() + this.#lockTimeoutMs, resolve, reject });
      if (this.#timer === null) this.#work();
    });
  }

  /** Serves the line until it is empty, a lock is in the way, or others want the event loop. */
  #work(): void {
    this.#timer = null;
    const pauseAt = performance.now() + longestTurnMs;
    for (let call = this.#line[0]; call !== undefined; call = this.#line[0]) {
      try {
        const results = this.#connection.transact(call.statements, call.kind);
        this.#pauseCount = 0;
        this.#line.shift();
        call.resolve(results);
        if (performance.now() >= pauseAt && this.#line.length > 0) {
          this.#timer = setTimeout(() => this.#work(), 0);
          return;
        }
      } catch (error) {
        if (error instanceof LockedError && performance.now() < call.endsAt) {
          this.#pause();
          return;
        }
        this.#line.shift();
        call.reject(error instanceof LockedError ? this.#lockedError(error) : asError(error));
      }
    }
  }

  #pause(): void {
    this.#pauseCount++;
    const longest = Math.min(longestPauseMs, 2 ** this.#pauseCount);
    this.#timer = setTimeout(() => this.#work(), 1 + Math.random() * longest);
  }

  #lockedError(cause: Error): RegistryError {
    return new RegistryError(
      'unavailable',
      `Another process has held the lock of ${this.#path} for ${this.#lockTimeoutMs} ms; nothing was written. Find the process that keeps a transaction open.`,
      { cause },
    );
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
