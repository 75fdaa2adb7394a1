/** A store in memory, for tests and for simulation: it answers at once, so that each call is one transaction. */
import { keyOf, type TableName } from '../../ports/rows.ts';
import {
  type Commit,
  type CommitResult,
  type Guard,
  Plus,
  type Query,
  type Results,
  type Store,
  Taken,
  type Write,
} from '../../ports/store.ts';
import { rowsOf, type Tables } from './query.ts';
import { type PlainRow, Table, type TableSnapshot } from './table.ts';

const tableNames = Object.keys(keyOf) as TableName[];

/** All rows at a moment, as `snapshot` gives them. */
export type StoreSnapshot = Readonly<Record<TableName, TableSnapshot>>;

/** Implements the port over plain objects. */
export class MemoryStore implements Store {
  readonly hasOriginal = true;
  readonly isNeverStale = true;
  readonly #tables: Tables;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#tables = Object.fromEntries(tableNames.map((name) => [name, new Table(name)])) as Record<
      TableName,
      Table
    >;
    this.#tables.cluster.put({
      id: 1,
      fence: 0,
      beat: 0,
      epochFloor: 0,
      prunedAt: 0,
      importedAt: 0,
      importedId: 0,
    });
  }

  migrate(): void {}

  now(): number {
    return this.#now();
  }

  read<const Queries extends readonly Query[]>(queries: Queries): Results<Queries> {
    return queries.map((query) => this.#answer(query)) as Results<Queries>;
  }

  commit({ operationIds, guards, writes, now }: Commit): CommitResult {
    const { operations } = this.#tables;
    if (operationIds.some((id) => operations.get(id) !== undefined)) return { outcome: 'moved' };
    if (!guards.every((guard) => this.#holds(guard))) return { outcome: 'moved' };
    for (const operationId of operationIds) operations.put({ operationId, at: now });
    const counters = new Counters(this.#tables.cluster);
    const deletedCounts: number[] = [];
    for (const write of writes) this.#write(write, counters, deletedCounts);
    return { outcome: 'done', fence: counters.fence, deletedCounts };
  }

  close(): void {}

  /** All rows, for a registry that is to be restored from a backup. */
  snapshot(): StoreSnapshot {
    return Object.fromEntries(
      tableNames.map((name) => [name, this.#tables[name].snapshot()]),
    ) as StoreSnapshot;
  }

  /** Takes the rows of an earlier snapshot back. */
  restore(snapshot: StoreSnapshot): void {
    for (const name of tableNames) this.#tables[name].restore(snapshot[name]);
  }

  #answer(query: Query): unknown {
    const rows = rowsOf(this.#tables, query);
    return query.shape.isCount ? rows.length : rows;
  }

  #holds(guard: Guard): boolean {
    if (guard.kind === 'revs')
      return guard.revs.every(([id, rev]) => (this.#tables.nodes.get(id)?.['rev'] ?? 0) === rev);
    const { length } = rowsOf(this.#tables, guard.query);
    return length >= guard.atLeast && length <= guard.atMost;
  }

  #write(write: Write, counters: Counters, deletedCounts: number[]): void {
    if (write.kind === 'delete') {
      const table = this.#tables[write.query.shape.from as TableName];
      const rows = rowsOf(this.#tables, write.query);
      for (const row of rows) table.delete(table.keyOfRow(row));
      deletedCounts.push(rows.length);
      return;
    }
    const table = this.#tables[write.table];
    if (write.kind === 'append') {
      table.append(changed({}, write.row, counters));
    } else if (write.kind === 'put') {
      table.put(changed(table.get(table.keyOfRow(write.row)) ?? {}, write.row, counters));
    } else {
      const before = table.get(table.keyOfValues(write.key));
      if (before !== undefined) table.put(changed(before, write.changes, counters));
    }
  }
}

/** The counters of the cluster in one commit: each is raised when it is taken first. */
class Counters {
  readonly #cluster: Table;
  #fence: number | null = null;
  #beat: number | null = null;

  constructor(cluster: Table) {
    this.#cluster = cluster;
  }

  /** The fence that was taken; 0 without one. */
  get fence(): number {
    return this.#fence ?? 0;
  }

  take(counter: 'fence' | 'beat'): number {
    const taken = counter === 'fence' ? this.#fence : this.#beat;
    if (taken !== null) return taken;
    const row = this.#cluster.get(1) ?? {};
    const next = Number(row[counter]) + 1;
    this.#cluster.put({ ...row, [counter]: next });
    if (counter === 'fence') this.#fence = next;
    else this.#beat = next;
    return next;
  }
}

function changed(before: PlainRow, changes: PlainRow, counters: Counters): PlainRow {
  const row: Record<string, unknown> = { ...before };
  for (const name in changes) {
    const value = changes[name];
    if (value instanceof Plus) row[name] = Number(before[name]) + value.by;
    else if (value instanceof Taken) row[name] = counters.take(value.counter);
    else row[name] = value;
  }
  return row;
}
