/**
 * The SQL registry's seam to rqlite: which request, at which level of consistency, and the registry's clock.
 *
 * - `committed` reads go through the log (`strong`, some 4 ms). A `weak` read is stale where the leader was paused and does
 *   not know yet that another one was elected. Only a read through the log may be called committed.
 * - `leader` reads are `weak` ones (some 0.4 ms): what is written by them is guarded. They bring the clock along.
 * - `cheap` reads ask one host (`none`). Now and then one goes to the leader (`weak`) and brings its clock along, so
 *   that the steady state stays one request per round; so does one shortly after a write, to see it.
 * - Neither decides anything: that is what the conditions in `transact` are for.
 *
 * What rqlite does not tell: a column declared TIMESTAMP, DATETIME or BOOLEAN is rewritten on reading, so statements
 * CAST such columns; and `changes` of a statement that defines a table means nothing.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { Freshness } from '../../ports/store.ts';
import type { SqlExecutor, SqlResult, SqlRow, SqlStatement } from '../sql/executor.ts';
import { LeaderClock } from '../sql/leader-clock.ts';
import type { Reply } from './call.ts';
import { RqliteClient } from './client.ts';
import { Transactions } from './transaction.ts';
import type { RqliteAddress } from './url.ts';

/** A cheap read brings the clock along when it was read longer ago than this. */
const clockDueAfterMs = 20_000;
/** `now` reads the clock by itself when no cheap read has brought it along. */
const clockOldAfterMs = 45_000;
/** Without a leader the clock goes on for this long. At 100 ppm of drift that is an error of 60 ms. */
const clockUselessAfterMs = 600_000;
/** After the leader could not be read, it is spared for this long. */
const spareLeaderMs = 5_000;
/** Followers have what was committed after about 0.1 s; reads within this time of a write ask the leader. */
const ownWriteMs = 1_000;

const clock = "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) AS leader_now";
const clockStatement: SqlStatement = { sql: `SELECT ${clock}`, values: [] };

/** A statement that may have one more column in front. */
const oneSelect = /^SELECT (?!(DISTINCT|ALL)\b)(?!.*\b(UNION|EXCEPT|INTERSECT)\b)/is;

/** How an rqlite registry is opened, beyond what its URL says. */
export interface RqliteOptions {
  /** A larger answer is given up on. Default 64 MiB, more than the largest page of events. */
  readonly maxAnswerBytes?: number | undefined;
  /** A bound of one call that is shorter than the URL's `deadline`. Default: that. */
  readonly callTimeoutMs?: number | undefined;
}

/** Opens a cluster; asks it nothing yet. Throws a `RegistryError` (`invalid`) for files or options that cannot be used. */
export function openRqliteExecutor(address: RqliteAddress, options: RqliteOptions = {}): SqlExecutor {
  const { maxAnswerBytes = 64 * 1024 * 1024, callTimeoutMs = Number.POSITIVE_INFINITY } = options;
  if (!Number.isSafeInteger(maxAnswerBytes) || maxAnswerBytes < 1_024) {
    throw new RegistryError('invalid', `maxAnswerBytes must be an integer from 1024, not ${maxAnswerBytes}.`);
  }
  const deadlineMs = Math.min(address.deadlineMs, callTimeoutMs);
  return new RqliteExecutor({ ...address, deadlineMs }, maxAnswerBytes);
}

/** A cluster that runs the registry's statements. */
class RqliteExecutor implements SqlExecutor {
  readonly isNeverStale = false;
  readonly #client: RqliteClient;
  readonly #transactions: Transactions;
  readonly #clock = new LeaderClock();
  #clockLeader = 0;
  #clockRefresh: Promise<void> | null = null;
  #leaderSparedUntil = Number.NEGATIVE_INFINITY;
  #wroteAt = Number.NEGATIVE_INFINITY;

  constructor(address: RqliteAddress, maxAnswerBytes: number) {
    this.#client = new RqliteClient(address, maxAnswerBytes);
    this.#transactions = new Transactions(this.#client);
  }

  async now(): Promise<number> {
    if (this.#isClockOlderThan(clockOldAfterMs)) {
      this.#clockRefresh ??= this.#refreshClock().finally(() => {
        this.#clockRefresh = null;
      });
      await this.#clockRefresh;
    }
    const now = this.#clock.read(performance.now());
    if (now === null)
      throw new RegistryError('unavailable', 'rqlite: the clock of the leader was never read.');
    return now;
  }

  async read(statements: readonly SqlStatement[], freshness: Freshness): Promise<readonly SqlResult[]> {
    if (statements.length === 0) return [];
    const endsAt = this.#client.deadline();
    if (freshness === 'committed') return (await this.#client.query(statements, 'strong', endsAt)).results;
    if (freshness === 'leader') return this.#readWithClock(statements, endsAt);
    if (this.#isLeaderWanted()) {
      try {
        return await this.#readWithClock(statements, (performance.now() + endsAt) / 2);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        this.#spareLeader();
      }
    }
    try {
      return (await this.#client.query(statements, 'none', endsAt)).results;
    } catch (error) {
      // A follower may not have heard yet of a table that exists.
      if (!(error instanceof RegistryError) || error.code !== 'schema') throw error;
      return await this.#readWithClock(statements, endsAt);
    }
  }

  async transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    if (statements.length === 0) return [];
    try {
      return await this.#transactions.run(statements);
    } finally {
      this.#wroteAt = performance.now();
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #isLeaderWanted(): boolean {
    const at = performance.now();
    if (at < this.#leaderSparedUntil) return false;
    return at - this.#wroteAt < ownWriteMs || this.#isClockOlderThan(clockDueAfterMs);
  }

  /** A clock of another leader counts as old at once. */
  #isClockOlderThan(limitMs: number): boolean {
    const ageMs = performance.now() - this.#clock.readAt;
    return ageMs > limitMs || this.#clockLeader !== this.#client.leaderCount;
  }

  /** Reads the clock; without a leader keeps the one there is, if it is of any use. */
  async #refreshClock(): Promise<void> {
    const isUsable = performance.now() - this.#clock.readAt < clockUselessAfterMs;
    if (isUsable && performance.now() < this.#leaderSparedUntil) return;
    const endsAt = this.#client.deadline();
    try {
      await this.#readWithClock([], isUsable ? (performance.now() + endsAt) / 2 : endsAt);
    } catch (error) {
      if (!isUsable || !isUnavailable(error)) throw error;
      this.#spareLeader();
    }
  }

  async #readWithClock(statements: readonly SqlStatement[], endsAt: number): Promise<readonly SqlResult[]> {
    const [only] = statements;
    // One statement tells it in a column of its own, if it gives a row.
    if (only !== undefined && statements.length === 1 && oneSelect.test(only.sql)) {
      const sql = only.sql.replace('SELECT ', `SELECT ${clock}, `);
      const reply = await this.#client.query([{ ...only, sql }], 'weak', endsAt);
      this.#observeClock(reply);
      return reply.results.map(({ rows, changes }) => ({ rows: rows.map(withoutClock), changes }));
    }
    const reply = await this.#client.query([clockStatement, ...statements], 'weak', endsAt);
    this.#observeClock(reply);
    return reply.results.slice(1);
  }

  #observeClock({ results, sentAt, receivedAt }: Reply): void {
    const leaderAt = results[0]?.rows[0]?.['leader_now'];
    if (typeof leaderAt !== 'number') return;
    this.#clock.observe(leaderAt, sentAt, receivedAt);
    this.#clockLeader = this.#client.leaderCount;
  }

  #spareLeader(): void {
    this.#leaderSparedUntil = performance.now() + spareLeaderMs;
  }
}

function withoutClock({ leader_now: _, ...row }: SqlRow): SqlRow {
  return row;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'unavailable';
}
