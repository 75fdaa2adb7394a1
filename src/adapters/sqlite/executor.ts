/**
 * Runs the registry's statements on a SQLite file that several processes share. The driver is synchronous, so a
 * transaction of this process is never interrupted; while another process holds the lock, calls wait in a line, and
 * the event loop is never blocked by another process's work. Reads do not wait for writers: the file is in WAL mode.
 */
import { watch } from 'node:fs';
import { resolve } from 'node:path';
import { RegistryError } from '../../ports/registry.ts';
import type { SqlExecutor, SqlResult, SqlStatement } from '../sql/executor.ts';
import { Connection, LockedError } from './connection.ts';
import { Line, pauseMs } from './line.ts';
import { releaseClosed } from './release.ts';

export interface SqliteExecutorOptions {
  /** How long a call waits for other processes' locks. Default 5,000. */
  readonly lockTimeoutMs?: number | undefined;
  /** The registry's clock, milliseconds since 1970. Default: the machine's; tests give their own. */
  readonly now?: (() => number) | undefined;
}

export class SqliteExecutor implements SqlExecutor {
  readonly isNeverStale = true;
  readonly #path: string;
  readonly #connection: Connection;
  readonly #now: () => number;
  readonly #reads: Line;
  readonly #writes: Line;
  #isOpen = true;

  private constructor(path: string, connection: Connection, options: SqliteExecutorOptions) {
    this.#path = resolve(path);
    this.#connection = connection;
    this.#now = options.now ?? Date.now;
    const lockTimeoutMs = options.lockTimeoutMs ?? 5_000;
    const describeLock = (cause: Error): RegistryError => lockedError(path, lockTimeoutMs, cause);
    this.#reads = new Line({
      run: (statements) => connection.transact(statements, 'read'),
      lockTimeoutMs,
      describeLock,
    });
    this.#writes = new Line({
      run: (statements) => connection.transact(statements, 'write'),
      lockTimeoutMs,
      describeLock,
    });
  }

  /** Opens the file, creating it when there is none. Throws a `RegistryError` that says what is wrong with it. */
  static async open(path: string, options: SqliteExecutorOptions = {}): Promise<SqliteExecutor> {
    const connection = new Connection(path);
    const lockTimeoutMs = options.lockTimeoutMs ?? 5_000;
    const endsAt = performance.now() + lockTimeoutMs;
    for (let pauseCount = 1; ; pauseCount++) {
      try {
        connection.prepareFile(path);
        return new SqliteExecutor(path, connection, options);
      } catch (error) {
        if (!(error instanceof LockedError) || performance.now() >= endsAt) {
          connection.close();
          throw error instanceof LockedError ? lockedError(path, lockTimeoutMs, error) : error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs(pauseCount)));
    }
  }

  async now(): Promise<number> {
    return this.#now();
  }

  read(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    return this.#reads.enqueue(statements);
  }

  transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    return this.#writes.enqueue(statements);
  }

  /**
   * The file with the newest writes tells of them: no reading is needed to know that there was none. Where the system cannot
   * watch it, nothing is told.
   */
  onWrite(listener: () => void): () => void {
    try {
      const watcher = watch(`${this.#path}-wal`, { persistent: false }, listener);
      watcher.on('error', () => watcher.close());
      return () => watcher.close();
    } catch {
      return () => undefined;
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#reads.end();
    this.#writes.end();
    this.#connection.close();
    await releaseClosed();
  }
}

function lockedError(path: string, lockTimeoutMs: number, cause: Error): RegistryError {
  return new RegistryError(
    'unavailable',
    `Another process has held the lock of ${path} for ${lockTimeoutMs} ms; nothing was written. Find the process that keeps a transaction open.`,
    { cause },
  );
}
