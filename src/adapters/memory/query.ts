/** Answers queries over tables in memory. Each shape is compiled once: which rows to look at, and which of them to take. */
import { compareIds } from '../../core/ring.ts';
import { keyOf, type TableName } from '../../ports/rows.ts';
import type { Comparison, Query, QueryShape } from '../../ports/store.ts';
import { joins } from './joins.ts';
import { indexedColumns, type PlainRow, type Table } from './table.ts';

export type Tables = Readonly<Record<TableName, Table>>;

type Values = Query['values'];
type Test = (row: PlainRow, values: Values) => boolean;

interface Plan {
  readonly rowsOf: (tables: Tables, values: Values) => Iterable<PlainRow>;
  readonly takes: Test;
  readonly compare: ((one: PlainRow, other: PlainRow) => number) | null;
  readonly valueCount: number;
}

const plans = new WeakMap<QueryShape, Plan>();

/** The rows that the query finds, in its order. */
export function rowsOf(tables: Tables, { shape, values }: Query): PlainRow[] {
  const plan = planOf(shape);
  const limit = shape.isLimited ? Number(values[plan.valueCount]) : Number.POSITIVE_INFINITY;
  const found: PlainRow[] = [];
  for (const row of plan.rowsOf(tables, values)) {
    if (found.length >= limit && plan.compare === null) break;
    if (plan.takes(row, values)) found.push(row);
  }
  if (plan.compare === null) return found;
  found.sort(plan.compare);
  return found.length > limit ? found.slice(0, limit) : found;
}

function planOf(shape: QueryShape): Plan {
  const known = plans.get(shape);
  if (known !== undefined) return known;
  const plan = makePlan(shape);
  plans.set(shape, plan);
  return plan;
}

interface Numbered {
  readonly column: string;
  readonly is: Comparison;
  /** The place of its value. */
  readonly at: number;
}

function makePlan(shape: QueryShape): Plan {
  let next = 0;
  const where: Numbered[] = shape.where.map(([column, is]) => ({
    column,
    is,
    at: is === 'null' || is === 'not-null' ? -1 : next++,
  }));
  const join = joins[shape.from];
  const source = join?.table ?? (shape.from as TableName);
  const access = accessOf(source, where, shape.orderBy);
  const isInOrder = access.isInKeyOrder && isByKey(source, shape);
  const tests = where.map(testOf);
  return {
    rowsOf: (tables, values) => {
      const rows = access.rowsOf(tables[source], values);
      return join === undefined ? rows : joined(rows, (row) => join.of(row, tables));
    },
    takes: (row, values) => tests.every((test) => test(row, values)),
    compare: shape.orderBy.length === 0 || isInOrder ? null : compareBy(shape.orderBy),
    valueCount: next,
  };
}

function* joined(rows: Iterable<PlainRow>, of: (row: PlainRow) => PlainRow): Iterable<PlainRow> {
  for (const row of rows) yield of(row);
}

interface Access {
  readonly isInKeyOrder: boolean;
  readonly rowsOf: (table: Table, values: Values) => Iterable<PlainRow>;
}

/** The fewest rows that are certain to have all that is asked for. */
function accessOf(source: TableName, where: readonly Numbered[], orderBy: QueryShape['orderBy']): Access {
  const key: readonly string[] = keyOf[source];
  const equal = (column: string): Numbered | undefined =>
    where.find((each) => each.column === column && each.is === '=');
  const whole = key.map(equal);
  if (whole.every((each) => each !== undefined)) {
    const places = whole.map(({ at }) => at);
    return {
      isInKeyOrder: true,
      rowsOf: (table, values) => {
        const row = table.get(table.keyOfValues(places.map((at) => values[at])));
        return row === undefined ? [] : [row];
      },
    };
  }
  const [first = ''] = key;
  const listed = key.length === 1 ? where.find(({ column, is }) => column === first && is === 'in') : undefined;
  if (listed !== undefined) {
    return { isInKeyOrder: false, rowsOf: (table, values) => rowsByKeys(table, values[listed.at]) };
  }
  const indexed = where.find(({ column, is }) => isIndexed(source, column) && (is === '=' || is === 'in' || is === 'null'));
  if (indexed !== undefined) return { isInKeyOrder: false, rowsOf: rowsByIndex(indexed) };
  const after = where.find(({ column, is }) => column === first && is === '>');
  const before = where.find(({ column, is }) => column === first && is === '<');
  if (source === 'nodes') {
    return {
      isInKeyOrder: true,
      rowsOf: (table, values) => rowsInOrder(table, boundOf(after, values), boundOf(before, values)),
    };
  }
  if (first === 'id' && source !== 'cluster' && source !== 'sharedNodes') {
    const isNewestFirst = orderBy[0]?.[1] === 'desc';
    return {
      isInKeyOrder: true,
      rowsOf: (table, values) => table.rowsAfter(after === undefined ? 0 : Number(values[after.at]), isNewestFirst),
    };
  }
  return { isInKeyOrder: false, rowsOf: (table) => table.rows };
}

function isIndexed(source: TableName, column: string): boolean {
  return indexedColumns[source]?.includes(column) ?? false;
}

function* rowsByKeys(table: Table, keys: unknown): Iterable<PlainRow> {
  for (const key of new Set(Array.isArray(keys) ? (keys as readonly string[]) : [])) {
    const row = table.get(key);
    if (row !== undefined) yield row;
  }
}

function rowsByIndex({ column, is, at }: Numbered): Access['rowsOf'] {
  if (is === 'null') return (table) => table.rowsWith(column, null);
  if (is === '=') return (table, values) => table.rowsWith(column, values[at]);
  return (table, values) => {
    const value = values[at];
    const list = Array.isArray(value) ? (value as readonly string[]) : [];
    return list.length === 1 ? table.rowsWith(column, list[0]) : list.flatMap((each) => [...table.rowsWith(column, each)]);
  };
}

function boundOf(bound: Numbered | undefined, values: Values): string | null {
  return bound === undefined ? null : String(values[bound.at]);
}

/** From one key to another, as far as they are given. */
function* rowsInOrder(table: Table, after: string | null, before: string | null): Iterable<PlainRow> {
  const { keys, from } = table.keysFrom(after ?? '');
  const to = before === null ? keys.length : table.keysFrom(before).from;
  for (let place = from; place < to; place++) {
    const row = table.get(keys[place] ?? '');
    if (row !== undefined) yield row;
  }
}

function isByKey(source: TableName, { orderBy }: QueryShape): boolean {
  const [first] = orderBy;
  const isLog = source === 'events' || source === 'sharedEvents';
  return orderBy.length === 1 && first?.[0] === keyOf[source][0] && (first[1] === 'asc' || isLog);
}

/** One comparison; with null none holds, as in SQL. */
function testOf({ column, is, at }: Numbered): Test {
  switch (is) {
    case '=':
      return (row, values) => row[column] === values[at];
    case '<>':
      return (row, values) => row[column] !== null && row[column] !== values[at];
    case '<':
      return (row, values) => row[column] !== null && order(row[column], values[at]) < 0;
    case '<=':
      return (row, values) => row[column] !== null && order(row[column], values[at]) <= 0;
    case '>':
      return (row, values) => row[column] !== null && order(row[column], values[at]) > 0;
    case '>=':
      return (row, values) => row[column] !== null && order(row[column], values[at]) >= 0;
    case 'in':
      return (row, values) => isAmong(row[column], values[at]);
    case 'not-in':
      return (row, values) => row[column] !== null && !isAmong(row[column], values[at]);
    case 'null':
      return (row) => row[column] === null;
    case 'not-null':
      return (row) => row[column] !== null;
    default:
      return is satisfies never;
  }
}

function isAmong(value: unknown, list: unknown): boolean {
  return Array.isArray(list) && (list as readonly unknown[]).includes(value);
}

function order(one: unknown, other: unknown): number {
  if (typeof one === 'string' && typeof other === 'string') return compareIds(one, other);
  return Number(one) - Number(other);
}

function compareBy(orderBy: QueryShape['orderBy']) {
  return (one: PlainRow, other: PlainRow): number => {
    for (const [column, direction] of orderBy) {
      const difference = order(one[column], other[column]);
      if (difference !== 0) return direction === 'asc' ? difference : -difference;
    }
    return 0;
  };
}
