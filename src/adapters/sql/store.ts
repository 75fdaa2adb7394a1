/**
 * A store over SQL: what databases have in common, which is all but the transport and a few words. A commit is one
 * transaction, which a statement before all writes ends when what was read has changed.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { Commit, CommitResult, Freshness, Query, Results, Store } from '../../ports/store.ts';
import type { Problems } from '../../registry/problems.ts';
import { decodeAnswer } from './decode.ts';
import { type Dialect, sqliteDialect } from './dialect.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { checkMigrations, migrate } from './migrate.ts';
import { QueryTexts, takenCounters } from './query-text.ts';
import { missingColumns } from './shape.ts';

/** Implements the port over a `SqlExecutor`. */
export class SqlStore implements Store {
  readonly hasOriginal = true;
  readonly isNeverStale: boolean;
  readonly #executor: SqlExecutor;
  readonly #dialect: Dialect;
  readonly #problems: Problems;
  #texts: Promise<QueryTexts> | QueryTexts | null = null;

  constructor(executor: SqlExecutor, problems: Problems) {
    this.#executor = executor;
    this.#dialect = executor.dialect ?? sqliteDialect;
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
    const before = [
      ...this.#dialect.locks(commit),
      this.#guardStatement(commit, texts),
      ...operationStatements(commit),
    ];
    const taking = [...counters].map((counter) => ({
      sql: this.#dialect.counters[counter].take,
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
      if (error instanceof RegistryError && this.#dialect.moved.test(error.message))
        return { outcome: 'moved' };
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

  /** Fails, and with it the transaction, unless every guard holds. */
  #guardStatement({ guards }: Commit, texts: QueryTexts): SqlStatement {
    const conditions = texts.guards(guards);
    const all = conditions.map(({ sql }) => sql).join(' AND ') || '1 = 1';
    return { sql: this.#dialect.guard(all), values: conditions.flatMap(({ values }) => values) };
  }
}

/** Throws `schema` for tables that this version cannot use. */
async function readShape(executor: SqlExecutor): Promise<QueryTexts> {
  const missing = await missingColumns(executor);
  await checkMigrations(executor);
  return new QueryTexts(missing, executor.dialect);
}

function operationStatements({ operationIds, now }: Commit): SqlStatement[] {
  return operationIds.map((operationId) => ({
    sql: 'INSERT INTO ringwatch_operations (operation_id, at) VALUES (?, ?)',
    values: [operationId, now],
  }));
}
