/**
 * The SQL registry's seam to PostgreSQL. All that is read at once is one statement, and so one round trip and one moment. A
 * transaction is one message with all of its statements, so its locks are held for no round trip. Both are made again
 * within the time of the call when they failed for a reason that passes.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '../../ports/registry.ts';
import type { SqlExecutor, SqlResult, SqlRow, SqlStatement, SqlValue } from '../sql/executor.ts';
import { LeaderClock } from '../sql/leader-clock.ts';
import { Connections, type Outcome } from './connections.ts';
import { postgresDialect } from './dialect.ts';
import { type Failure, isUnprepared, registryError } from './failure.ts';
import type { PostgresPool, PostgresQuery } from './pool.ts';

/** How it is opened. */
export interface PostgresExecutorOptions {
  readonly pool: PostgresPool;
  readonly schema: string;
  /** Bound of one call with all its repetitions. */
  readonly deadlineMs: number;
  /** Called by `close`, after the last request. */
  readonly end?: (() => Promise<void>) | undefined;
}

/** Every read brings the server's clock along; without one for so long it is read by itself. */
const clockOldAfterMs = 45_000;
const firstPauseMs = 20;
const longestPauseMs = 500;
const oldestVersion = 13;
/** Statements before those of a transaction. */
const beginningLength = 3;

export class PostgresExecutor implements SqlExecutor {
  /** A server that is not the primary is refused, and the primary has all that is committed. */
  readonly isNeverStale = true;
  readonly dialect;
  readonly #options: PostgresExecutorOptions;
  readonly #connections: Connections;
  readonly #clock = new LeaderClock();
  readonly #names = new Map<string, string>();
  /** Not through a pooler that gives each transaction another connection. */
  #isPreparing = true;
  /** Behind a connection that was lost, there may be another server now. */
  #isClockDoubtful = true;

  constructor(options: PostgresExecutorOptions) {
    this.#options = options;
    this.dialect = postgresDialect(options.schema);
    this.#connections = new Connections(options.pool);
  }

  async now(): Promise<number> {
    const isOld = performance.now() - this.#clock.readAt > clockOldAfterMs;
    if (isOld || this.#isClockDoubtful) await this.read([]);
    const now = this.#clock.read(performance.now());
    if (now === null) throw new RegistryError('unavailable', 'PostgreSQL: its clock was never read.');
    return now;
  }

  async read(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    const { text, values } = this.#reading(statements);
    const ask = (endsAt: number): Promise<Outcome> => {
      const name = this.#isPreparing ? { name: this.#nameOf(text) } : {};
      return this.#connections.ask({ text, values, types, ...name }, false, endsAt);
    };
    const { result, sentAt, receivedAt } = await this.#repeat(ask);
    const [row] = rowsOf(result);
    this.#check(row ?? {});
    this.#clock.observe(Number(row?.['now']), sentAt, receivedAt);
    this.#isClockDoubtful = false;
    return statements.map((_, index) => {
      const rows: unknown = JSON.parse(String(row?.[`a${index}`] ?? '[]'));
      return { rows: rows as SqlRow[], changes: 0 };
    });
  }

  async transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    const body = statements.map(withLiterals);
    const { result } = await this.#repeat((endsAt) => {
      const text = [...this.#beginning(endsAt), ...body, 'COMMIT'].join('; ');
      return this.#connections.ask({ text, types }, true, endsAt);
    });
    const results: readonly unknown[] = Array.isArray(result) ? result : [];
    return statements.map((_, index) => {
      const one = results[beginningLength + index];
      const { rowCount } = one as { readonly rowCount?: unknown };
      return { rows: rowsOf(one), changes: typeof rowCount === 'number' ? rowCount : 0 };
    });
  }

  async close(): Promise<void> {
    if (!this.#connections.isOpen) return;
    this.#connections.close();
    await this.#options.end?.();
  }

  #beginning(endsAt: number): string[] {
    // The server gives up a little sooner, so that it is known that nothing was done.
    const limitMs = Math.max(1, Math.floor((endsAt - performance.now()) * 0.9));
    return [
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
      `SET LOCAL statement_timeout = ${limitMs}`,
      `SET LOCAL search_path TO "${this.#options.schema}"`,
    ];
  }

  /** All statements as one, and what every read brings along. */
  #reading(statements: readonly SqlStatement[]): { text: string; values: SqlValue[] } {
    const values: SqlValue[] = [];
    const numbered = statements.map(({ sql, values: own }, index) => {
      let next = values.length;
      for (const value of own) values.push(checked(value));
      const text = sql
        .replace(/\?/g, () => `$${++next}`)
        .replace(/\b(FROM|JOIN) (?=(ringwatch|dns|node)_)/g, `$1 "${this.#options.schema}".`);
      return `(SELECT json_agg(q) FROM (${text}) q)::text AS a${index}`;
    });
    const about = [
      '(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::float8 AS now',
      'pg_is_in_recovery()::int AS is_standby',
      "current_setting('server_version_num')::int AS version",
    ];
    return { text: `SELECT ${[...about, ...numbered].join(', ')}`, values };
  }

  #nameOf(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = `ringwatch_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
    this.#names.set(text, name);
    return name;
  }

  /** Throws for a server that cannot be used. */
  #check(row: SqlRow): void {
    const version = Math.floor(Number(row['version']) / 10_000);
    if (version < oldestVersion) {
      throw new RegistryError(
        'invalid',
        `Expected PostgreSQL ${oldestVersion} or newer, found ${version}; update the server.`,
      );
    }
    if (row['is_standby'] === 1) {
      throw new RegistryError(
        'unavailable',
        'Expected the primary of PostgreSQL, found a standby, which can only read and may be behind; name the primary in the URL.',
      );
    }
  }

  /** Asks until there is a result. A transaction whose end is not known is made again too: its effect is one, by the guards. */
  async #repeat(
    ask: (endsAt: number) => Promise<Outcome>,
  ): Promise<Exclude<Outcome, { readonly cause: unknown }>> {
    const endsAt = performance.now() + this.#options.deadlineMs;
    let mayBeDone = false;
    let said: Failure | null = null;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const outcome = await ask(endsAt);
      if (!('failure' in outcome)) return outcome;
      const { failure, cause } = outcome;
      if (failure.code === 'unavailable' || failure.code === 'ambiguous') this.#isClockDoubtful = true;
      // A try that the end of the call cut short says less than one before it.
      if (said === null || cause !== null) said = failure;
      mayBeDone ||= failure.code === 'ambiguous';
      if (this.#isPreparing && isUnprepared(cause)) {
        this.#isPreparing = false;
        continue;
      }
      const waitMs = pauseMs * (0.5 + Math.random());
      if (!failure.isPassing || performance.now() + waitMs >= endsAt || !this.#connections.isOpen) {
        const isKnown = failure.code !== 'unavailable' || !mayBeDone;
        throw registryError({ ...said, code: isKnown ? failure.code : 'ambiguous' }, cause);
      }
      await sleep(waitMs);
    }
  }
}

/** Numbers are numbers, here alone; all else is text. */
const types: NonNullable<PostgresQuery['types']> = {
  getTypeParser: (oid) => ([20, 21, 23, 701].includes(oid) ? Number : (text) => text),
};

function rowsOf(result: unknown): readonly SqlRow[] {
  const { rows } = (result ?? {}) as { readonly rows?: unknown };
  return Array.isArray(rows) ? (rows as SqlRow[]) : [];
}

/** A statement with its values in it: a message of several statements has no others. */
function withLiterals({ sql, values }: SqlStatement): string {
  let next = 0;
  return sql.replace(/\?/g, () => literal(checked(values[next++] ?? null)));
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return value < 0 ? `(${value})` : String(value);
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** Throws `invalid` for text that would not be kept as it is. */
function checked(value: SqlValue): SqlValue {
  if (typeof value !== 'string' || !/\p{Surrogate}/u.test(value)) return value;
  throw new RegistryError(
    'invalid',
    'Expected well-formed text for PostgreSQL, got text with half a character; nothing was written.',
  );
}
