/** Statements of SQL, and what they give. */

/** A value that is bound, or stands in a row. */
export type SqlValue = string | number | null;

/** One statement. */
export interface SqlStatement {
  readonly sql: string;
  /** Bound to `?` in order. Integers stay below 2^53. */
  readonly values: readonly SqlValue[];
}

/** One row, by the names of its columns. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** What one statement gives. */
export interface SqlResult {
  /** Rows of a reading statement; empty for a writing one. */
  readonly rows: readonly SqlRow[];
  /** Rows changed by a writing statement; 0 for a reading one. */
  readonly changes: number;
}
