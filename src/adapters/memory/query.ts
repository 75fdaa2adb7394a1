/** Answers queries over tables in memory. Each shape is compiled once: which rows to look at, and which of them to take. */
import { compareIds } from '../../core/ring.ts';
import { keyOf } from '../../ports/columns.ts';
import { type Join, joins } from '../../ports/joins.ts';
import type { TableName } from '../../ports/rows.ts';
import type { Query, QueryShape } from '../../ports/store.ts';
import { type Access, accessOf, type Numbered, type Values } from './access.ts';
import type { PlainRow, Table } from './table.ts';

/** Every table by its name. */
export type Tables = Readonly<Record<TableName, Table>>;

/** Whether a row is taken; `node` is what a join adds. */
type Test = (row: PlainRow, node: PlainRow | undefined, values: Values) => boolean;

interface Plan {
  readonly source: TableName;
  readonly access: Access;
  readonly join: Join | undefined;
  readonly tests: readonly Test[];
  readonly compare: ((one: PlainRow, other: PlainRow) => number) | null;
  /** The place of the limit among the values; -1 without one. */
  readonly limitAt: number;
}

const plans = new WeakMap<QueryShape, Plan>();

/** The rows that the query finds, in its order. */
export function rowsOf(tables: Tables, { shape, values }: Query): readonly PlainRow[] {
  const plan = planOf(shape);
  const { join, tests, compare } = plan;
  const limit = plan.limitAt === -1 ? Number.POSITIVE_INFINITY : Number(values[plan.limitAt]);
  if (limit <= 0) return none;
  let found: PlainRow[] | null = null;
  plan.access.each(tables[plan.source], values, (row) => {
    const node = join === undefined ? undefined : tables.nodes.get(String(row[join.nodeId]));
    for (const test of tests) if (!test(row, node, values)) return true;
    const taken = join === undefined ? row : joined(row, node, join);
    if (found === null) found = [taken];
    else found.push(taken);
    return compare !== null || found.length < limit;
  });
  const rows: readonly PlainRow[] = found ?? none;
  if (compare === null || rows.length < 2) return rows;
  const sorted = [...rows].sort(compare);
  return sorted.length > limit ? sorted.slice(0, limit) : sorted;
}

const none: readonly PlainRow[] = [];

function joined(row: PlainRow, node: PlainRow | undefined, { added }: Join): PlainRow {
  const whole: Record<string, unknown> = { ...row };
  for (const name in added) whole[name] = node?.[added[name] ?? ''] ?? null;
  return whole;
}

function planOf(shape: QueryShape): Plan {
  const known = plans.get(shape);
  if (known !== undefined) return known;
  const plan = makePlan(shape);
  plans.set(shape, plan);
  return plan;
}

function makePlan(shape: QueryShape): Plan {
  let count = 0;
  const where: Numbered[] = shape.where.map(([column, is]) => ({
    column,
    is,
    at: is === 'null' || is === 'not-null' ? -1 : count++,
  }));
  const join = joins[shape.from];
  const source = join?.table ?? (shape.from as TableName);
  const access = accessOf(
    source,
    where.filter(({ column }) => join?.added[column] === undefined),
    shape.orderBy,
  );
  const isInOrder = access.isInKeyOrder && isByKey(source, shape);
  return {
    source,
    access,
    join,
    tests: where
      .filter((each) => !access.settles.includes(each))
      .map((each) => testOf(each, join?.added[each.column])),
    compare: shape.orderBy.length === 0 || isInOrder ? null : compareBy(shape.orderBy),
    limitAt: shape.isLimited ? count : -1,
  };
}

function isByKey(source: TableName, { orderBy }: QueryShape): boolean {
  const [first] = orderBy;
  const isLog = source === 'events' || source === 'sharedEvents';
  return orderBy.length === 1 && first?.[0] === keyOf[source][0] && (first[1] === 'asc' || isLog);
}

/** One comparison, of a column of the row itself or of its node's; with null none holds, as in SQL. */
function testOf({ column, is, at }: Numbered, nodeColumn: string | undefined): Test {
  const holds = is === 'null' ? isNull : is === 'not-null' ? isNotNull : comparisons[is];
  if (nodeColumn === undefined) return (row, _, values) => holds(row[column], values[at]);
  return (_, node, values) => holds(node?.[nodeColumn] ?? null, values[at]);
}

const isNull = (value: unknown): boolean => value === null;
const isNotNull = (value: unknown): boolean => value !== null;

const comparisons = {
  '=': (one: unknown, other: unknown) => one === other,
  '<>': (one: unknown, other: unknown) => one !== null && one !== other,
  '<': (one: unknown, other: unknown) => one !== null && order(one, other) < 0,
  '<=': (one: unknown, other: unknown) => one !== null && order(one, other) <= 0,
  '>': (one: unknown, other: unknown) => one !== null && order(one, other) > 0,
  '>=': (one: unknown, other: unknown) => one !== null && order(one, other) >= 0,
  in: isAmong,
  'not-in': (value: unknown, list: unknown) => value !== null && !isAmong(value, list),
} as const;

function isAmong(value: unknown, list: unknown): boolean {
  return Array.isArray(list) && (list as readonly unknown[]).includes(value);
}

function order(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return compareIds(String(one), String(other));
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
