/** Which rows a query has to look at: the fewest that are certain to have all that is asked for. */
import { keyOf } from '../../ports/columns.ts';
import type { TableName } from '../../ports/rows.ts';
import type { Comparison, Query, QueryShape } from '../../ports/store.ts';
import { indexedColumns, type PlainRow, type Table } from './table.ts';

/** The values of one use of a query. */
export type Values = Query['values'];

/** A comparison, and the place of its value. */
export interface Numbered {
  readonly column: string;
  readonly is: Comparison;
  readonly at: number;
}

/** Shows rows one by one, until one is answered with false. */
export type Visit = (row: PlainRow) => boolean;

/** A way through a table. */
export interface Access {
  /** Whether rows come in the order of their keys, or newest first where that is asked for. */
  readonly isInKeyOrder: boolean;
  /** Comparisons that hold for every row on the way. */
  readonly settles: readonly Numbered[];
  readonly each: (table: Table, values: Values, visit: Visit) => void;
}

/** Chooses the way for a shape. */
export function accessOf(
  source: TableName,
  where: readonly Numbered[],
  orderBy: QueryShape['orderBy'],
): Access {
  const key: readonly string[] = keyOf[source];
  const [first = ''] = key;
  const named = (column: string, is: Comparison): Numbered | undefined =>
    where.find((each) => each.column === column && each.is === is);
  const whole = key.map((column) => named(column, '=')).filter((each) => each !== undefined);
  if (whole.length === key.length) return oneRow(whole);
  const listed = key.length === 1 ? named(first, 'in') : undefined;
  if (listed !== undefined) return { isInKeyOrder: false, settles: [listed], each: byKeys(listed.at) };
  const indexed = where.find(({ column, is }) => isIndexed(source, column) && lookups.has(is));
  if (indexed !== undefined) return { isInKeyOrder: false, settles: [indexed], each: byIndex(indexed) };
  const [after, before] = [named(first, '>'), named(first, '<')];
  const bounds = [after, before].filter((each) => each !== undefined);
  if (source === 'nodes') return { isInKeyOrder: true, settles: bounds, each: inOrder(after, before) };
  if (source === 'events' || source === 'sharedEvents') {
    const isNewestFirst = orderBy[0]?.[1] === 'desc';
    return {
      isInKeyOrder: true,
      settles: after === undefined ? [] : [after],
      each: inLog(after, isNewestFirst),
    };
  }
  return { isInKeyOrder: false, settles: [], each: (table, _, visit) => eachOf(table.rows, visit) };
}

const lookups: ReadonlySet<Comparison> = new Set<Comparison>(['=', 'in', 'null']);

function isIndexed(source: TableName, column: string): boolean {
  return indexedColumns[source]?.includes(column) ?? false;
}

function eachOf(rows: Iterable<PlainRow>, visit: Visit): void {
  for (const row of rows) if (!visit(row)) return;
}

function oneRow(settles: readonly Numbered[]): Access {
  const places = settles.map(({ at }) => at);
  const [only = 0] = places;
  return {
    isInKeyOrder: true,
    settles,
    each: (table, values, visit) => {
      const key =
        places.length === 1 ? String(values[only]) : table.keyOfValues(places.map((at) => values[at]));
      const row = table.get(table.isNumbered ? Number(key) : key);
      if (row !== undefined) visit(row);
    },
  };
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

function byKeys(at: number): Access['each'] {
  return (table, values, visit) => {
    const keys = listOf(values[at]);
    for (let place = 0; place < keys.length; place++) {
      const key = keys[place] ?? '';
      const row = keys.indexOf(key) === place ? table.get(key) : undefined;
      if (row !== undefined && !visit(row)) return;
    }
  };
}

function byIndex({ column, is, at }: Numbered): Access['each'] {
  if (is === 'null') return (table, _, visit) => eachOf(table.rowsWith(column, null), visit);
  if (is === '=') return (table, values, visit) => eachOf(table.rowsWith(column, values[at]), visit);
  return (table, values, visit) => {
    for (const value of new Set(listOf(values[at]))) eachOf(table.rowsWith(column, value), visit);
  };
}

function inOrder(after: Numbered | undefined, before: Numbered | undefined): Access['each'] {
  return (table, values, visit) => {
    const { keys } = table;
    const to = before === undefined ? keys.length : table.placeOf(String(values[before.at]));
    const from = after === undefined ? '' : String(values[after.at]);
    let place = after === undefined ? 0 : table.placeOf(from);
    if (after !== undefined && keys[place] === from) place++;
    for (; place < to; place++) {
      const row = table.get(keys[place] ?? '');
      if (row !== undefined && !visit(row)) return;
    }
  };
}

function inLog(after: Numbered | undefined, isNewestFirst: boolean): Access['each'] {
  return (table, values, visit) => {
    const from = after === undefined ? 0 : Number(values[after.at]);
    const { lastId } = table;
    for (let step = 1; step <= lastId - from; step++) {
      const row = table.get(isNewestFirst ? lastId + 1 - step : from + step);
      if (row !== undefined && !visit(row)) return;
    }
  };
}
