/**
 * What a commit locks before its guards. Each statement of a transaction sees what was committed before the statement
 * began (READ COMMITTED), so a guard holds until the end only for rows that were locked by a statement before it.
 *
 * Commits are of two kinds. One that changes rows by their keys, and guards rows by their keys, locks these rows alone: so
 * do heartbeats, renewals and refutations. Any other takes the lock of the one row of the cluster first, and these commits
 * are serial. Guards that count see all of those before. Lines of the logs are numbered in the order in which they are
 * seen. A commit of the first kind depends on nothing but its own rows, so it may stand before or after any other one.
 */
import { keyOf } from '../../ports/columns.ts';
import type { TableName } from '../../ports/rows.ts';
import { type Commit, type Guard, Taken, type Value, type Write } from '../../ports/store.ts';
import type { SqlStatement } from '../sql/executor.ts';
import { bindable } from '../sql/sql.ts';
import { columnName, tableNames } from '../sql/tables.ts';

type Key = readonly Value[];
type Rows = Map<TableName, Map<string, Key>>;

/** In this order, rows of a table by the bytes of their keys: two commits never wait for each other. */
const lockable = ['nodes', 'verdicts', 'sharedNodes'] as const satisfies readonly TableName[];

/** The statements that take the locks of a commit. */
export function locksOf({ guards, writes }: Commit): readonly SqlStatement[] {
  const rows: Rows = new Map(lockable.map((table) => [table, new Map()]));
  const note = (table: TableName, key: Key): boolean => {
    const keys = rows.get(table);
    keys?.set(JSON.stringify(key), key);
    return keys !== undefined;
  };
  // Every one is noted, also after one that is not by its key.
  const areGuardsByKey = guards.map((guard) => noteGuard(guard, note)).every(Boolean);
  const areWritesByKey = writes.map((write) => noteWrite(write, note)).every(Boolean);
  const isByKey = areGuardsByKey && areWritesByKey;
  return [
    ...(isByKey ? [] : [{ sql: 'SELECT 1 FROM ringwatch_cluster WHERE id = 1 FOR UPDATE', values: [] }]),
    ...lockable.flatMap((table) => lockRows(table, [...(rows.get(table)?.values() ?? [])])),
  ];
}

function noteGuard(guard: Guard, note: (table: TableName, key: Key) => boolean): boolean {
  if (guard.kind === 'revs') {
    for (const [nodeId] of guard.revs) note('nodes', [nodeId]);
    return true;
  }
  const { shape, values } = guard.query;
  const columns = shape.where.filter(([, is]) => is !== 'null' && is !== 'not-null');
  const table = shape.from as TableName;
  const key = (keyOf[table] ?? []).map((name: string) =>
    columns.findIndex(([column, is]) => column === name && is === '='),
  );
  if (key.length === 0 || key.includes(-1)) return false;
  return note(
    table,
    key.map((index) => values[index] as Value),
  );
}

function noteWrite(write: Write, note: (table: TableName, key: Key) => boolean): boolean {
  if (write.kind === 'put') {
    const row: Readonly<Record<string, unknown>> = write.row;
    note(
      write.table,
      keyOf[write.table].map((name) => row[name] as Value),
    );
  }
  if (write.kind !== 'update') return false;
  const takesFence = Object.values(write.changes).some(
    (value) => value instanceof Taken && value.counter === 'fence',
  );
  return note(write.table, write.key) && !takesFence;
}

function lockRows(table: TableName, keys: readonly Key[]): SqlStatement[] {
  if (keys.length === 0) return [];
  const columns = keyOf[table].map(columnName).join(', ');
  const list = keys.map((key) => `(${key.map(() => '?').join(', ')})`).join(', ');
  return [
    {
      sql: `SELECT 1 FROM ${tableNames[table]} WHERE (${columns}) IN (${list}) ORDER BY ${columns} FOR NO KEY UPDATE`,
      values: keys.flat().map(bindable),
    },
  ];
}
