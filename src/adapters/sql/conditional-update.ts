/**
 * A simple commit without a guard's statement: updates that each have the guards among their conditions. So are heartbeats,
 * which are most of what a cluster writes.
 */
import { keyOf } from '../../ports/columns.ts';
import type { TableName } from '../../ports/rows.ts';
import { type Commit, type Guard, type Query, Taken, type Write } from '../../ports/store.ts';
import type { SqlStatement } from './executor.ts';
import type { QueryTexts } from './query-text.ts';
import { tableNames } from './tables.ts';

type Update = Extract<Write, { kind: 'update' }>;

/**
 * The statements, of which the first changes a row or else something has moved. Null for a commit that is not so simple:
 * - It has other writes than updates, an operation, or a fence to tell of.
 * - A guard is not that a row of one table is there.
 * - No guard asks for the row that the first write changes: then a missing row would look like a guard that does not hold.
 * - A write changes a column that a guard asks for, and other writes come after it.
 */
export function conditionalUpdates(
  { operationIds, guards, writes }: Commit,
  texts: QueryTexts,
): readonly SqlStatement[] | null {
  if (operationIds.length > 0 || !writes.every(isSimple) || !guards.every(isForOneRow)) return null;
  const queries = guards.map(({ query }) => query);
  const [first] = writes;
  if (first === undefined || !queries.some((query) => isAbout(query, first))) return null;
  if (writes.slice(0, -1).some((write) => queries.some((query) => isTouched(query, write)))) return null;
  return writes.map((write) => {
    const own = queries.find((query) => isAbout(query, write)) ?? null;
    return texts.updateWhile(
      write,
      own,
      queries.filter((query) => query !== own),
    );
  });
}

function isSimple(write: Write): write is Update {
  if (write.kind !== 'update') return false;
  return !Object.values(write.changes).some((value) => value instanceof Taken && value.counter === 'fence');
}

function isForOneRow(guard: Guard): guard is Extract<Guard, { kind: 'count' }> {
  if (guard.kind !== 'count' || guard.atLeast !== 1 || guard.atMost !== Number.MAX_SAFE_INTEGER) return false;
  const { from, isLimited } = guard.query.shape;
  return !isLimited && from in tableNames;
}

/** Whether the query finds the row of the write's key, if any. */
function isAbout({ shape, values }: Query, { table, key }: Update): boolean {
  if (shape.from !== table) return false;
  const valued = shape.where.filter(([, is]) => is !== 'null' && is !== 'not-null');
  return keyOf[table as TableName].every((name, index) =>
    valued.some(([column, is], place) => column === name && is === '=' && values[place] === key[index]),
  );
}

function isTouched({ shape }: Query, { table, changes }: Update): boolean {
  return shape.from === table && shape.where.some(([column]) => column in changes);
}
