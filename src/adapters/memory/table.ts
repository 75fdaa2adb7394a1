/**
 * One table in memory: rows by key, and by the columns that are looked up often. Some tables keep the order of their keys.
 */
import { compareIds } from '../../core/ring.ts';
import { keyOf } from '../../ports/columns.ts';
import type { TableName } from '../../ports/rows.ts';

/** A row whose columns are not known here. It is never changed: a change makes a new one. */
export type PlainRow = Readonly<Record<string, unknown>>;

/** Columns that rows are found by beside their key. */
export const indexedColumns: Readonly<Partial<Record<TableName, readonly string[]>>> = {
  votes: ['targetId', 'observerId'],
  verdicts: ['nodeId', 'resolution'],
};

/** Tables that are read in the order of their text keys. */
const orderedTables: ReadonlySet<TableName> = new Set<TableName>(['nodes']);

/** Tables whose keys are numbers. */
const numberedTables: ReadonlySet<TableName> = new Set<TableName>(['events', 'sharedEvents', 'cluster']);

/** Rows by key. */
export class Table {
  readonly #keyColumns: readonly string[];
  readonly #rows = new Map<string | number, PlainRow>();
  readonly #sorted: string[] = [];
  readonly #isOrdered: boolean;
  /** Where keys were when they were looked for last. */
  readonly #places = new Map<string, number>();
  /** Whether keys are numbers. */
  readonly isNumbered: boolean;
  readonly #indexes = new Map<string, Map<unknown, Map<string | number, PlainRow>>>();
  #lastId = 0;

  constructor(name: TableName) {
    this.#keyColumns = keyOf[name];
    this.#isOrdered = orderedTables.has(name);
    this.isNumbered = numberedTables.has(name);
    for (const column of indexedColumns[name] ?? []) this.#indexes.set(column, new Map());
  }

  /** All rows, in the order in which they came. */
  get rows(): IterableIterator<PlainRow> {
    return this.#rows.values();
  }

  get(key: string | number): PlainRow | undefined {
    return this.#rows.get(key);
  }

  /** The rows with this value of an indexed column. */
  rowsWith(column: string, value: unknown): Iterable<PlainRow> {
    return this.#indexes.get(column)?.get(value)?.values() ?? none;
  }

  /** Keys in byte order; empty for tables without an order. */
  get keys(): readonly string[] {
    return this.#sorted;
  }

  /** The newest number of a log. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The place of the first key that is not before `key`. The one that was asked for last time is found at once. */
  placeOf(key: string): number {
    const known = this.#places.get(key);
    if (known !== undefined && this.#sorted[known] === key) return known;
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIds(this.#sorted[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    if (this.#sorted[low] === key) this.#places.set(key, low);
    return low;
  }

  /** Adds a row under the next number. */
  append(row: PlainRow): void {
    this.#lastId++;
    this.put({ ...row, id: this.#lastId });
  }

  /** Adds the row, or replaces the one with its key. */
  put(row: PlainRow): void {
    const key = this.keyOfRow(row);
    const before = this.#rows.get(key);
    if (before === undefined && this.#isOrdered) {
      this.#sorted.splice(this.placeOf(String(key)), 0, String(key));
    }
    this.#rows.set(key, row);
    for (const [column, index] of this.#indexes) {
      if (before !== undefined && before[column] !== row[column]) remove(index, before[column], key);
      const rows = index.get(row[column]);
      if (rows === undefined) index.set(row[column], new Map([[key, row]]));
      else rows.set(key, row);
    }
  }

  delete(key: string | number): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    if (this.#isOrdered) {
      this.#sorted.splice(this.placeOf(String(key)), 1);
      this.#places.delete(String(key));
    }
    for (const [column, index] of this.#indexes) remove(index, row[column], key);
  }

  keyOfRow(row: PlainRow): string | number {
    return this.keyOfValues(this.#keyColumns.map((column) => row[column]));
  }

  keyOfValues(values: readonly unknown[]): string | number {
    const [first, second] = values;
    if (second !== undefined) return `${String(first)}\n${String(second)}`;
    return typeof first === 'number' ? first : String(first);
  }

  /** A copy of everything, and back again. */
  snapshot(): TableSnapshot {
    return { rows: [...this.#rows.values()], lastId: this.#lastId };
  }

  restore({ rows, lastId }: TableSnapshot): void {
    for (const key of [...this.#rows.keys()]) this.delete(key);
    for (const row of rows) this.put(row);
    this.#lastId = lastId;
  }
}

/** The rows of one table at a moment. */
export interface TableSnapshot {
  readonly rows: readonly PlainRow[];
  readonly lastId: number;
}

const none: readonly PlainRow[] = [];

function remove(
  index: Map<unknown, Map<string | number, PlainRow>>,
  value: unknown,
  key: string | number,
): void {
  const rows = index.get(value);
  rows?.delete(key);
  if (rows?.size === 0) index.delete(value);
}
