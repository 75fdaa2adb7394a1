/** A store in memory, for tests and for simulation: it answers at once, so that each call is one transaction. */
import { keyOf } from '../../ports/columns.ts';
import type { TableName } from '../../ports/rows.ts';
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
  /** The highest place in the order of heartbeats; null when it must be looked for. */
  #newestBeat: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
    this.#tables = Object.fromEntries(tableNames.map((name) => [name, new Table(name)])) as Record<
      TableName,
      Table
    >;
    this.#tables.cluster.put({
      id: 1,
      fence: 0,
      epochFloor: 0,
      prunedAt: 0,
      importedAt: 0,
      importedId: 0,
      releasedUntil: 0,
      releasedCount: 0,
      name: null,
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
    const fence = new NextFence(this.#tables.cluster);
    const take: Take = (counter) => (counter === 'fence' ? fence.take() : this.#nextBeat());
    const deletedCounts: number[] = [];
    for (const write of writes) this.#write(write, take, deletedCounts);
    return { outcome: 'done', fence: fence.taken, deletedCounts };
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
    this.#newestBeat = null;
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

  /** Above those of all rows. They are looked through only where one of them was deleted. */
  #nextBeat(): number {
    let newest = this.#newestBeat ?? 0;
    if (this.#newestBeat === null)
      for (const row of this.#tables.nodes.rows) newest = Math.max(newest, Number(row['beatOrder']));
    this.#newestBeat = newest;
    return newest + 1;
  }

  #put(table: Table, row: PlainRow): void {
    table.put(row);
    if (table === this.#tables.nodes && this.#newestBeat !== null)
      this.#newestBeat = Math.max(this.#newestBeat, Number(row['beatOrder']));
  }

  #write(write: Write, take: Take, deletedCounts: number[]): void {
    if (write.kind === 'delete') {
      const table = this.#tables[write.query.shape.from as TableName];
      const rows = rowsOf(this.#tables, write.query);
      for (const row of rows) table.delete(table.keyOfRow(row));
      if (table === this.#tables.nodes && rows.length > 0) this.#newestBeat = null;
      deletedCounts.push(rows.length);
      return;
    }
    const table = this.#tables[write.table];
    if (write.kind === 'append') {
      table.append(changed({}, write.row, take));
    } else if (write.kind === 'put') {
      this.#put(table, changed(table.get(table.keyOfRow(write.row)) ?? {}, write.row, take));
    } else {
      const before = table.get(table.keyOfValues(write.key));
      if (before !== undefined) this.#put(table, changed(before, write.changes, take));
    }
  }
}

type Take = (counter: Taken['counter']) => number;

/** The fence of one commit: it is raised when it is taken first. */
class NextFence {
  readonly #cluster: Table;
  #taken: number | null = null;

  constructor(cluster: Table) {
    this.#cluster = cluster;
  }

  /** 0 when none was. */
  get taken(): number {
    return this.#taken ?? 0;
  }

  take(): number {
    if (this.#taken !== null) return this.#taken;
    const row = this.#cluster.get(1) ?? {};
    const fence = Number(row['fence']) + 1;
    this.#cluster.put({ ...row, fence });
    this.#taken = fence;
    return fence;
  }
}

function changed(before: PlainRow, changes: PlainRow, take: Take): PlainRow {
  const row: Record<string, unknown> = { ...before };
  for (const name in changes) {
    const value = changes[name];
    if (value instanceof Plus) row[name] = Number(before[name]) + value.by;
    else if (value instanceof Taken) row[name] = take(value.counter);
    else row[name] = value;
  }
  return row;
}
