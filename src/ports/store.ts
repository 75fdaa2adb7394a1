/**
 * Where a registry's rows are kept: a store reads rows, and writes rows if what was read is still so. All rules are in
 * src/registry; a store has none. To put a registry on another database, implement `Store` and run the contract suite
 * of `ringwatch/testing`.
 */
import type { Rows, TableName } from './rows.ts';

/** A comparison of one column with a value that is given with each use. `in` and `not-in` take a list of texts; `null` and `not-null` take no value. */
export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'in' | 'not-in' | 'null' | 'not-null';

/** The fixed part of a query; one object for each text, so that a store may prepare it once. */
export interface QueryShape {
  /**
   * A table; or one that is joined with the row of a node, with nulls where there is none. `accusations` are `votes` by
   * `observerId`, `recoveries` are `verdicts` by `nodeId`, `listed` are `sharedNodes` by `id`, `foreignEvents` are
   * `sharedEvents` by `observerId`.
   */
  readonly from: keyof Rows;
  /** All of them hold. Text is compared by its bytes. A comparison with null never holds. */
  readonly where: readonly (readonly [column: string, is: Comparison])[];
  readonly orderBy: readonly (readonly [column: string, direction: 'asc' | 'desc'])[];
  /** Whether the last value is a limit on the rows, or on the rows that are counted. */
  readonly isLimited: boolean;
  /** Whether the answer is the number of rows, and not the rows. */
  readonly isCount: boolean;
}

/** A value in a query or a row. Integers stay below 2^53. */
export type Value = string | number | boolean | null;

/** A query with its values, in the order of the comparisons that take one, then the limit. */
export interface Query<Result = unknown> {
  readonly shape: QueryShape;
  readonly values: readonly (Value | readonly string[])[];
  /** Carries the type alone. */
  readonly result?: Result;
}

/** The answers to a list of queries. */
export type Results<Queries extends readonly Query[]> = {
  readonly [Index in keyof Queries]: Queries[Index] extends Query<infer Result> ? Result : never;
};

/** What must still be so when the writes are made. */
export type Guard =
  /** The revisions of nodes' rows; 0 for a node without a row. */
  | { readonly kind: 'revs'; readonly revs: readonly (readonly [nodeId: string, rev: number])[] }
  /** How many rows a counting query finds, itself perhaps limited: both bounds are allowed. */
  | {
      readonly kind: 'count';
      readonly query: Query<number>;
      readonly atLeast: number;
      readonly atMost: number;
    };

/** A column's new value: itself; of a number also its old value plus one, or a counter of the cluster. */
export type Change<Column> = Column | (Column extends number ? Plus | Taken : never);

/** New values of some columns of a table's row. */
export type Changes<Table extends TableName> = {
  readonly [Name in keyof Rows[Table]]?: Change<Rows[Table][Name]>;
};

/** The old value plus a number; only in an `update`. */
export class Plus {
  readonly by: number;
  constructor(by: number) {
    this.by = by;
  }
}

/**
 * The next number of an order. `fence`: that of the `cluster` row, which the commit raises by one; the same one wherever it
 * stands in it. `beat`: a place above the `beatOrder` of every row of `nodes` that was committed before; the next one in the
 * commit may be higher, and two commits at the same moment may take the same.
 */
export class Taken {
  readonly counter: 'fence' | 'beat';
  constructor(counter: 'fence' | 'beat') {
    this.counter = counter;
  }
}

type NumberedTable = 'events' | 'sharedEvents';
interface Base<Kind, Table> {
  readonly kind: Kind;
  readonly table: Table;
}

/** One change of the tables; they are made in order. */
export type Write =
  /** A new row, without `id`: ids grow in the order of commits, and none is used again. Cursors rest on it. */
  | {
      readonly [Table in NumberedTable]: Base<'append', Table> & { readonly row: Changes<Table> };
    }[NumberedTable]
  /** A new row with every column, or these columns of the one with the same key. */
  | { readonly [Table in TableName]: Base<'put', Table> & { readonly row: Changes<Table> } }[TableName]
  /** These columns of the row with this key; nothing without such a row. */
  | {
      readonly [Table in TableName]: Base<'update', Table> & {
        readonly key: readonly Value[];
        readonly changes: Changes<Table>;
      };
    }[TableName]
  /** The rows that a query finds; its shape is not a join. */
  | { readonly kind: 'delete'; readonly query: Query };

/** One transaction: all of it, or nothing. */
export interface Commit {
  /** None of these may be in `operations` yet; each is afterwards. */
  readonly operationIds: readonly string[];
  /** All hold before the first write. */
  readonly guards: readonly Guard[];
  readonly writes: readonly Write[];
  /** Registry clock, milliseconds since 1970: the `at` of the operations. */
  readonly now: number;
}

/** `moved`: a guard does not hold, or an operation is known; nothing was written. */
export type CommitResult =
  | {
      readonly outcome: 'done';
      /** The fence that was taken; 0 when none was. */
      readonly fence: number;
      /** How many rows each `delete` of the writes has deleted, in their order. */
      readonly deletedCounts: readonly number[];
    }
  | { readonly outcome: 'moved' };

/** A value, at once or later. What is there at once is used at once, so that a call on a store in memory is one step. */
export type Awaitable<T> = T | Promise<T>;

/**
 * `cheap` may be stale. `leader` is what a leader has that may have been replaced without its knowledge; what is written
 * by it is guarded. `committed` is never stale.
 */
export type Freshness = 'cheap' | 'leader' | 'committed';

/**
 * The port to a database. Every call settles within a bound of the store's own, below the setting `registryTimeoutMs`, and
 * rejects with a `RegistryError` (of `ringwatch`) only.
 */
export interface Store {
  /** Whether it has the tables of the original, `sharedNodes` and `sharedEvents`. */
  readonly hasOriginal: boolean;
  /** Whether every read shows what is committed. */
  readonly isNeverStale: boolean;
  /**
   * Creates what is missing, also the one row of `cluster`: id 1, all other columns 0. Several nodes may do so at the same
   * moment; harmless when repeated.
   */
  migrate(): Awaitable<void>;
  /** The registry's clock, milliseconds since 1970. */
  now(): Awaitable<number>;
  /** The answers to all queries, from one moment, as one request. */
  read<const Queries extends readonly Query[]>(
    queries: Queries,
    freshness: Freshness,
  ): Awaitable<Results<Queries>>;
  /**
   * Checks operations and guards, then writes. A guard that counts rows must see every commit before this one: lock what it
   * counts, or serialize commits. Rejects with `ambiguous` when it is not known whether it was done: then the operations tell.
   */
  commit(commit: Commit): Awaitable<CommitResult>;
  /**
   * Where a store can tell at no cost: calls the listener soon after another line on a verdict, an obituary or a later epoch of
   * a node. Not more often than each 100 ms, and for later epochs alone each 2 s. It may miss one, since rounds read all of
   * them. Returns what ends it.
   */
  onChange?(listener: () => void): () => void;
  /** Frees connections and handles. May be called twice. */
  close(): Awaitable<void>;
}
