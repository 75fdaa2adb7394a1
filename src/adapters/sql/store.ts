/**
 * A store over SQL: what databases have in common, which is all but the transport and a few words. A commit is one
 * transaction, which a statement before all writes ends when what was read has changed; a simple one is an update under
 * conditions.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { Commit, CommitResult, Freshness, Query, Results, Store } from '../../ports/store.ts';
import type { Problems } from '../../registry/problems.ts';
import { ChangeWatch } from './change-watch.ts';
import { conditionalUpdates } from './conditional-update.ts';
import { decodeAnswer } from './decode.ts';
import { type Dialect, sqliteDialect } from './dialect.ts';
import type { SqlExecutor, SqlResult, SqlStatement } from './executor.ts';
import { migrate, readShape, type Shape } from './migrate.ts';
import { isGone, type Procedure, proceduresOf } from './procedure.ts';
import { type QueryTexts, takesFence } from './query-text.ts';
import { type TemplateView, viewsOf } from './view.ts';

/** Implements the port over a `SqlExecutor`. */
export class SqlStore implements Store {
  readonly hasOriginal = true;
  readonly isNeverStale: boolean;
  readonly #executor: SqlExecutor;
  readonly #dialect: Dialect;
  readonly #changes: ChangeWatch;
  readonly #problems: Problems;
  #known: Promise<Known> | Known | null = null;

  constructor(executor: SqlExecutor, problems: Problems) {
    this.#executor = executor;
    this.#changes = new ChangeWatch(executor);
    this.#dialect = executor.dialect ?? sqliteDialect;
    this.isNeverStale = executor.isNeverStale;
    this.#problems = problems;
  }

  async migrate(): Promise<void> {
    this.#known = null;
    const shape = await migrate(this.#executor, this.#dialect.schema.migrations, (names) =>
      this.#problems.tell('database', null, besideOthers(names)),
    );
    this.#known = knownOf(shape, this.#dialect);
  }

  now(): Promise<number> {
    return this.#executor.now();
  }

  async read<const Queries extends readonly Query[]>(
    queries: Queries,
    freshness: Freshness,
  ): Promise<Results<Queries>> {
    const results = await this.#withKnown(
      async (known) =>
        (await this.#readView(known, queries, freshness)) ??
        (await this.#executor.read(
          queries.map((query) => known.texts.select(query)),
          freshness,
        )),
    );
    return queries.map((query, index) => {
      const result = results[index] ?? { rows: [], changes: 0 };
      return decodeAnswer(query, result, this.#problems);
    }) as Results<Queries>;
  }

  commit(commit: Commit): Promise<CommitResult> {
    return this.#withKnown((known) => this.#commit(known, commit));
  }

  async #commit({ texts, procedures }: Known, commit: Commit): Promise<CommitResult> {
    const called = await this.#call(procedures, commit);
    if (called !== null) return called;
    const locks = this.#dialect.locks(commit);
    const updates = conditionalUpdates(commit, texts);
    if (updates !== null) {
      const first = (await this.#executor.transact([...locks, ...updates]))[locks.length];
      return first?.changes === 0 ? { outcome: 'moved' } : { outcome: 'done', fence: 0, deletedCounts: [] };
    }
    const before = [...locks, this.#guardStatement(commit, texts), ...operationStatements(commit)];
    const taking = takesFence(commit.writes) ? [nextFence] : [];
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

  onChange(listener: () => void): () => void {
    return this.#changes.listen(listener);
  }

  close(): Promise<void> {
    this.#changes.end();
    return this.#executor.close();
  }

  /** The answers through the view; null where these queries have none, or it does not answer. */
  async #readView(
    { views }: Known,
    queries: readonly Query[],
    freshness: Freshness,
  ): Promise<readonly SqlResult[] | null> {
    for (const view of views) {
      const statement = view.ask(queries);
      if (statement === null) continue;
      try {
        const [result] = await this.#executor.read([statement], freshness);
        return result === undefined ? null : view.resultsOf(result, queries);
      } catch (error) {
        if (!(error instanceof RegistryError) || error.isRepeatable || error.code === 'unauthorized')
          throw error;
        // It was dropped by hand, or by the upgrade to a later version: what is there is looked at again. Or a column of
        // another program's table holds what JSON cannot show.
        this.#known = null;
        return null;
      }
    }
    return null;
  }

  /** Makes the commit by its procedure; null where it has none. */
  async #call(procedures: readonly Procedure[], commit: Commit): Promise<CommitResult | null> {
    for (const procedure of procedures) {
      const statement = procedure.call(commit);
      if (statement === null) continue;
      try {
        await this.#executor.transact([statement]);
        return { outcome: 'done', fence: 0, deletedCounts: [] };
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        if (this.#dialect.moved.test(error.message)) return { outcome: 'moved' };
        if (!isGone(procedure, error.message)) throw error;
        this.#known = null;
      }
    }
    return null;
  }

  /** Fails, and with it the transaction, unless every guard holds. */
  #guardStatement({ guards }: Commit, texts: QueryTexts): SqlStatement {
    const conditions = texts.guards(guards);
    const all = conditions.map(({ sql }) => sql).join(' AND ') || '1 = 1';
    return { sql: this.#dialect.guard(all), values: conditions.flatMap(({ values }) => values) };
  }

  /** What uses the shape. A table that was made again may have another one: then the next use looks at it again. */
  async #withKnown<T>(use: (known: Known) => Promise<T>): Promise<T> {
    try {
      return await use(await this.#readKnown());
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'schema') this.#known = null;
      throw error;
    }
  }

  /** The shape of the database is read once; again after a failure. */
  #readKnown(): Promise<Known> | Known {
    if (this.#known === null) {
      const reading = readShape(this.#executor).then((shape) => knownOf(shape, this.#dialect));
      this.#known = reading;
      reading.then(
        (known) => {
          if (this.#known === reading) this.#known = known;
        },
        () => {
          if (this.#known === reading) this.#known = null;
        },
      );
    }
    return this.#known;
  }
}

function besideOthers(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return `The database has tables of another program (${shown}${names.length > 3 ? ', …' : ''}). Those of Ringwatch are made beside them: dns_nodes, node_health_events and others that begin with ringwatch_. Give it a database of its own unless that is meant.`;
}

/** What is known of one database. */
interface Known {
  readonly texts: QueryTexts;
  /** The views that the database has already: without its own, each query of a list is a statement. */
  readonly views: readonly TemplateView[];
  readonly procedures: readonly Procedure[];
}

function knownOf({ texts, missing, names }: Shape, { keepsTexts }: Dialect): Known {
  if (!keepsTexts) return { texts, views: [], procedures: [] };
  const views = viewsOf(missing).filter(({ name }) => names.has(name));
  return { texts, views, procedures: proceduresOf(texts).filter(({ trigger }) => names.has(trigger)) };
}

const nextFence: SqlStatement = {
  // A fence is told to its owner; without a sub-query in it, rqlite gives the row of such a statement.
  sql: 'UPDATE ringwatch_cluster SET fence = fence + 1 WHERE id = 1 RETURNING fence',
  values: [],
};

function operationStatements({ operationIds, now }: Commit): SqlStatement[] {
  return operationIds.map((operationId) => ({
    sql: 'INSERT INTO ringwatch_operations (operation_id, at) VALUES (?, ?)',
    values: [operationId, now],
  }));
}
