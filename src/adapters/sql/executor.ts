/** What the SQL registry needs from a database: all that differs between those that speak SQL. */

import type { Freshness } from '../../ports/store.ts';
import type { Dialect } from './dialect.ts';
import type { SqlResult, SqlStatement } from './statement.ts';

export type { SqlResult, SqlRow, SqlStatement, SqlValue } from './statement.ts';

/** A database that runs statements. */
export interface SqlExecutor {
  /** How its SQL differs from SQLite's. Default: it does not. */
  readonly dialect?: Dialect;
  /** Whether every read shows what is committed. */
  readonly isNeverStale: boolean;
  /**
   * The registry's clock, milliseconds since 1970. For SQLite it is the machine's, else the server's. That is
   * kept as a distance to the local monotonic clock, and refreshed with the reads of the rounds.
   */
  now(): Promise<number>;
  /** Runs reading statements as one request, as fresh as `Freshness` says. */
  read(statements: readonly SqlStatement[], freshness: Freshness): Promise<readonly SqlResult[]>;
  /**
   * Runs statements as one transaction, all or nothing, in order; reading statements among them see the
   * writes before them. Safe to repeat after `ambiguous` only when the statements are idempotent.
   */
  transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]>;
  /** Where it can tell at no cost: calls the listener after each write to the database, its own too. Returns what ends it. */
  onWrite?(listener: () => void): () => void;
  close(): Promise<void>;
}
