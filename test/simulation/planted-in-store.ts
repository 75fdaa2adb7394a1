/** Bugs planted into the rows that the registry's rules read and write, each with the promise that catches it and within how many seeds. */
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import type { AccusationRow, NodeRow, Rows } from '../../src/ports/rows.ts';
import { type Commit, type Query, type Results, Taken, type Write } from '../../src/ports/store.ts';
import { type PlantedBug, standingStill } from './planted-bugs.ts';

interface Edits {
  /** Changes the rows, or the number of rows, that a query finds. */
  readonly answer?: (query: Query, answer: unknown) => unknown;
  readonly commit?: (commit: Commit) => Commit;
}

/** A store that reads and writes something else than it is asked for. */
function storeWith({ answer = (_, found) => found, commit: edit = (commit) => commit }: Edits) {
  return class extends MemoryStore {
    override read<const Queries extends readonly Query[]>(queries: Queries): Results<Queries> {
      const answers: readonly unknown[] = super.read(queries);
      return queries.map((query, at) => answer(query, answers[at])) as Results<Queries>;
    }
    override commit(commit: Commit) {
      return super.commit(edit(commit));
    }
  };
}

/** Whether the query compares that column so. */
function compares({ shape }: Query, column: string, is: string): boolean {
  return shape.where.some(([name, comparison]) => name === column && comparison === is);
}

/** Whether it finds nodes that are not silent. */
function isOfLoud(query: Query): boolean {
  return (
    query.shape.from === 'nodes' && compares(query, 'beatOrder', '>=') && compares(query, 'lifecycle', 'in')
  );
}

/** The same commit with other writes and, since the rows are not what they were read as, without the guards that count. */
function withoutCounts(commit: Commit): Commit {
  return { ...commit, guards: commit.guards.filter(({ kind }) => kind !== 'count') };
}

function withWrites(commit: Commit, edit: (write: Write) => Write | null): Commit {
  return { ...commit, writes: commit.writes.map(edit).filter((write) => write !== null) };
}

type Changes = Readonly<Record<string, unknown>>;

/** Changes the columns of updates of one table. */
function edits(commit: Commit, table: keyof Rows, edit: (changes: Changes) => Changes): Commit {
  return withWrites(commit, (write) =>
    write.kind === 'update' && write.table === table ? { ...write, changes: edit(write.changes) } : write,
  );
}

function columnsOf(table: keyof Rows, edit: (changes: Changes) => Changes): Edits {
  return { commit: (commit) => edits(commit, table, edit) };
}

export const bugsInStore: readonly PlantedBug[] = [
  {
    bug: 'only observers that have voted are counted as voters',
    promise: 'S2',
    within: 5,
    store: storeWith({
      answer: (query, found) => (isOfLoud(query) && !query.shape.isCount ? [] : found),
      commit: withoutCounts,
    }),
  },
  {
    bug: 'a node in maintenance is no voter',
    promise: 'S2',
    within: 20,
    from: 15,
    store: storeWith({
      answer: (query, found) =>
        isOfLoud(query) && !query.shape.isCount
          ? (found as readonly NodeRow[]).filter(({ maintenanceUntil }) => maintenanceUntil === 0)
          : found,
      commit: withoutCounts,
    }),
  },
  {
    bug: 'what an observer said in an earlier epoch counts',
    promise: 'S2',
    within: 190,
    from: 184,
    store: storeWith({
      answer: ({ shape }, found) =>
        shape.from === 'accusations' && !shape.isCount
          ? (found as readonly AccusationRow[]).map((row) => ({ ...row, currentEpoch: row.observerEpoch }))
          : found,
      commit: withoutCounts,
    }),
  },
  {
    bug: 'votes outlive the return of their target',
    promise: 'S2',
    within: 40,
    from: 35,
    store: storeWith({
      commit: (commit) =>
        withWrites(commit, (write) =>
          write.kind === 'delete' &&
          write.query.shape.from === 'votes' &&
          compares(write.query, 'status', '=')
            ? null
            : write,
        ),
    }),
  },
  {
    bug: 'a verdict leaves its node on the ring',
    promise: 'C2',
    within: 5,
    store: storeWith(
      columnsOf('nodes', ({ lifecycle, ...others }) =>
        lifecycle === 'dead' ? others : { ...others, ...(lifecycle === undefined ? {} : { lifecycle }) },
      ),
    ),
  },
  {
    bug: 'a `recovered` that takes a verdict back leaves its node dead',
    promise: 'S6',
    within: 10,
    from: 4,
    faults: standingStill,
    store: storeWith(
      columnsOf('nodes', (changes) => {
        const { lifecycle, ...others } = changes;
        const isReturn = lifecycle === 'alive' && 'joinedAfter' in changes && !('epoch' in changes);
        return isReturn ? others : changes;
      }),
    ),
  },
  {
    bug: 'a dead node stays among the successors',
    promise: 'C2',
    within: 10,
    store: class extends MemoryStore {
      override read<const Queries extends readonly Query[]>(queries: Queries): Results<Queries> {
        return super.read(
          queries.map((query) => {
            const { shape, values } = query;
            const isAhead = shape.from === 'nodes' && compares(query, 'maintenanceUntil', '<=');
            if (!isAhead) return query;
            const where = shape.where.map(([name, is]) =>
              name === 'lifecycle' ? ([name, 'in'] as const) : ([name, is] as const),
            );
            return { shape: { ...shape, where }, values: [['alive', 'dead'], ...values.slice(1)] };
          }),
        ) as Results<Queries>;
      }
    },
  },
  {
    bug: 'each verdict counts its fences by itself',
    promise: 'S1',
    within: 5,
    store: class extends MemoryStore {
      override commit(commit: Commit) {
        let attempt: unknown = null;
        const edited = edits(commit, 'verdicts', (changes) => {
          if (!(changes['fence'] instanceof Taken)) return changes;
          attempt = changes['attemptCount'];
          return { ...changes, fence: attempt };
        });
        const result = super.commit(edited);
        return attempt === null || result.outcome === 'moved'
          ? result
          : { ...result, fence: Number(attempt) };
      }
    },
  },
  {
    bug: 'a refutation is not counted',
    promise: 'S4',
    within: 15,
    from: 10,
    store: storeWith(
      columnsOf('nodes', (changes) => {
        const { refutationCount, ...others } = changes;
        return refutationCount === undefined || 'epoch' in changes ? changes : others;
      }),
    ),
  },
  {
    bug: 'deaths that a node could recover hold the brake for a while only',
    promise: 'S5',
    within: 20,
    from: 14,
    store: storeWith({
      answer: (query, found) => (query.shape.isCount && compares(query, 'hasHandler', '=') ? 0 : found),
      commit: withoutCounts,
    }),
  },
  {
    bug: 'an operation is done again when it comes again',
    promise: 'S6',
    within: 10,
    store: storeWith({
      answer: ({ shape }, found) => (shape.from === 'operations' ? [] : found),
      commit: (commit) => ({ ...commit, operationIds: [] }),
    }),
  },
];
