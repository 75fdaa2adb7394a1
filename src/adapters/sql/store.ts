/**
 * A store over SQL: what SQLite and rqlite have in common, which is all but the transport. A commit is one transaction
 * whose first statement fails when what was read has changed.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { Commit, CommitResult, Freshness, Query, Results, Store } from '../../ports/store.ts';
import type { Problems } from '../../registry/problems.ts';
import { decodeAnswer } from './decode.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { checkMigrations, migrate } from './migrate.ts';
import { QueryTexts, takenCounters } from './query-text.ts';
import { missingColumns } from './shape.ts';

/** What the database says when the first statement of a commit fails: a guard does not hold, or the operation is known. */
const moved = /constraint failed: (ringwatch_moved|ringwatch_operations\.operation_id)/;

/** Implements the port over a `SqlExecutor`. */
export class SqlStore implements Store {
  readonly hasOriginal = true;
  readonly isNeverStale: boolean;
  readonly #executor: SqlExecutor;
  readonly #problems: Problems;
  #texts: Promise<QueryTexts> | QueryTexts | null = null;

  constructor(executor: SqlExecutor, problems: Problems) {
    this.#executor = executor;
    this.isNeverStale = executor.isNeverStale;
    this.#problems = problems;
  }

  async migrate(): Promise<void> {
    await migrate(this.#executor);
    this.#texts = null;
    await this.#readTexts();
  }

  now(): Promise<number> {
    return this.#executor.now();
  }

  async read<const Queries extends readonly Query[]>(
    queries: Queries,
    freshness: Freshness,
  ): Promise<Results<Queries>> {
    const texts = await this.#readTexts();
    const results = await this.#executor.read(
      queries.map((query) => texts.select(query)),
      freshness,
    );
    return queries.map((query, index) => {
      const result = results[index] ?? { rows: [], changes: 0 };
      return decodeAnswer(query, result, this.#problems);
    }) as Results<Queries>;
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const texts = await this.#readTexts();
    const counters = takenCounters(commit.writes);
    const before = [guardStatement(commit, texts), ...operationStatements(commit)];
    const taking = [...counters].map((counter) => ({
      // A fence is told to its owner; without a sub-query in it, rqlite gives the row of such a statement.
      sql: `UPDATE ringwatch_cluster SET ${counter} = ${counter} + 1 WHERE id = 1${counter === 'fence' ? ' RETURNING fence' : ''}`,
      values: [],
    }));
    const statements = [...before, ...taking, ...commit.writes.map((write) => texts.write(write))];
    try {
      const results = await this.#executor.transact(statements);
      const taken = results.slice(before.length, before.length + taking.length);
      const fence =
        taken.map(({ rows }) => rows[0]?.['fence']).find((value) => typeof value === 'number') ?? 0;
      const written = results.slice(before.length + taking.length);
      const deletedCounts = written
        .filter((_, index) => commit.writes[index]?.kind === 'delete')
        .map(({ changes }) => changes);
      return { outcome: 'done', fence, deletedCounts };
    } catch (error) {
      if (error instanceof RegistryError && moved.test(error.message)) return { outcome: 'moved' };
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#executor.close();
  }

  /** The shape of the tables is read once; again after a failure. */
  #readTexts(): Promise<QueryTexts> | QueryTexts {
    if (this.#texts === null) {
      const reading = readShape(this.#executor);
      this.#texts = reading;
      reading.then(
        (texts) => {
          if (this.#texts === reading) this.#texts = texts;
        },
        () => {
          if (this.#texts === reading) this.#texts = null;
        },
      );
    }
    return this.#texts;
  }
}

/** Throws `schema` for tables that this version cannot use. */
async function readShape(executor: SqlExecutor): Promise<QueryTexts> {
  const missing = await missingColumns(executor);
  await checkMigrations(executor);
  return new QueryTexts(missing);
}

/** Fails, and with it the transaction, unless every guard holds. */
function guardStatement({ guards }: Commit, texts: QueryTexts): SqlStatement {
  const conditions = texts.guards(guards);
  const all = conditions.map(({ sql }) => sql).join(' AND ') || '1';
  return {
    // An insert, so that it cannot pass for want of the row.
    sql:
      `INSERT INTO ringwatch_guard (id, is_open) VALUES (1, CASE WHEN ${all} THEN 1 ELSE 0 END)` +
      ' ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open',
    values: conditions.flatMap(({ values }) => values),
  };
}

function operationStatements({ operationIds, now }: Commit): SqlStatement[] {
  return operationIds.map((operationId) => ({
    sql: 'INSERT INTO ringwatch_operations (operation_id, at) VALUES (?, ?)',
    values: [operationId, now],
  }));
}
