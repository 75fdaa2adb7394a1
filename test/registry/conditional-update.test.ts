/** A commit of updates under conditions, or by its trigger, does what the store in memory does, which checks its guards before it writes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { conditionalUpdates } from '../../src/adapters/sql/conditional-update.ts';
import type { SqlStatement } from '../../src/adapters/sql/executor.ts';
import { QueryTexts } from '../../src/adapters/sql/query-text.ts';
import { SqlStore } from '../../src/adapters/sql/store.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { type Commit, Plus, Taken, type Write } from '../../src/ports/store.ts';
import { beat } from '../../src/registry/membership.ts';
import { newNode } from '../../src/registry/node-row.ts';
import { Problems } from '../../src/registry/problems.ts';
import { atLeast, atMost, count, select } from '../../src/registry/rule.ts';

const now = 1_700_000_000_000;
let directory = '';
let executor: SqliteExecutor;
let store: SqlStore;
let sentCount = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-updates-'));
  executor = await SqliteExecutor.open(join(directory, 'cluster.db'));
  const counted = {
    isNeverStale: true,
    now: async () => now,
    read: (statements: readonly SqlStatement[]) => executor.read(statements),
    transact: (statements: readonly SqlStatement[]) => {
      sentCount = statements.length;
      return executor.transact(statements);
    },
    close: () => executor.close(),
  };
  store = new SqlStore(counted, new Problems(null));
  await store.migrate();
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const inEpoch = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['instanceId', 'not-null'],
  ['lifecycle', '='],
]);
const listedAs = count('sharedNodes', [
  ['id', '='],
  ['status', '='],
]);
const anyAlive = count('nodes', [['lifecycle', '=']]);
const allNodes = select('nodes', [], { orderBy: [['nodeId', 'asc']] });
const allListed = select('sharedNodes', [], { orderBy: [['id', 'asc']] });

const id = fc.constantFrom('a', 'b', 'c');
const lifecycle = fc.constantFrom('alive', 'dead');
const status = fc.constantFrom('active', 'maintenance');
const guard = fc.oneof(
  fc.tuple(id, fc.nat(1), lifecycle).map((values) => atLeast(inEpoch(...values), 1)),
  fc.tuple(id, status).map((values) => atLeast(listedAs(...values), 1)),
  lifecycle.map((value) => atLeast(anyAlive(value), 1)),
  lifecycle.map((value) => atMost(anyAlive(value), 1)),
);
const update = fc.oneof(
  fc.tuple(id, fc.boolean(), lifecycle).map(
    ([nodeId, isBeat, value]): Write => ({
      kind: 'update',
      table: 'nodes',
      key: [nodeId],
      changes: isBeat
        ? { beatOrder: new Taken('beat'), rev: new Plus(1) }
        : { lifecycle: value, lastBeatAt: now },
    }),
  ),
  fc.tuple(id, status).map(
    ([key, value]): Write => ({
      kind: 'update',
      table: 'sharedNodes',
      key: [key],
      changes: { status: value },
    }),
  ),
);
const rows = fc.record({
  nodes: fc.uniqueArray(fc.record({ nodeId: id, epoch: fc.nat(1), lifecycle, beatOrder: fc.nat(5) }), {
    selector: ({ nodeId }) => nodeId,
  }),
  listed: fc.uniqueArray(fc.record({ id, status }), { selector: (row) => row.id }),
});

function filling({ nodes, listed }: { nodes: readonly object[]; listed: readonly object[] }): Commit {
  const shared = {
    ipAddress: '',
    internalIp: null,
    region: null,
    lastSeen: '',
    createdAt: null,
    updatedAt: null,
  };
  const writes = [
    { kind: 'delete', query: allNodes() } as const,
    { kind: 'delete', query: allListed() } as const,
    ...nodes.map(
      (row) => ({ kind: 'put', table: 'nodes', row: { ...newNode(''), instanceId: 'i', ...row } }) as const,
    ),
    ...listed.map((row) => ({ kind: 'put', table: 'sharedNodes', row: { ...shared, ...row } }) as const),
  ];
  return { operationIds: [], guards: [], writes, now };
}

describe('a commit of updates', () => {
  it('does what the store in memory does, with a statement for each update where it is simple', async () => {
    const memory = new MemoryStore(() => now);
    const counts = { simple: 0, done: 0, moved: 0 };
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.array(guard, { minLength: 1, maxLength: 2 }),
        fc.array(update, { minLength: 1, maxLength: 3 }),
        async (before, guards, writes) => {
          const commit: Commit = { operationIds: [], guards, writes, now };
          await store.commit(filling(before));
          memory.commit(filling(before));
          const result = await store.commit(commit);
          expect(result).toEqual(memory.commit(commit));
          expect(await store.read([allNodes(), allListed()], 'cheap')).toEqual(
            memory.read([allNodes(), allListed()]),
          );
          if (sentCount !== writes.length) return;
          counts.simple++;
          counts[result.outcome]++;
        },
      ),
      { numRuns: 2_000 },
    );
    for (const [name, reached] of Object.entries(counts)) expect(reached, name).toBeGreaterThan(5);
  });

  it('is not simple with an operation, another write, or a guard that its writes change or that does not find its row', () => {
    const texts = new QueryTexts(new Set());
    const beat: Write = {
      kind: 'update',
      table: 'nodes',
      key: ['a'],
      changes: { beatOrder: new Taken('beat') },
    };
    const guards = [atLeast(inEpoch('a', 1, 'alive'), 1)];
    const simple: Commit = { operationIds: [], guards, writes: [beat], now };
    expect(conditionalUpdates(simple, texts)).toHaveLength(1);
    const dying: Write = { kind: 'update', table: 'nodes', key: ['a'], changes: { lifecycle: 'dead' } };
    expect(conditionalUpdates({ ...simple, writes: [beat, dying] }, texts)).toHaveLength(2);
    const others: Partial<Commit>[] = [
      { operationIds: ['once'] },
      { guards: [] },
      { guards: [atLeast(inEpoch('b', 1, 'alive'), 1)] },
      { guards: [...guards, atMost(anyAlive('alive'), 3)] },
      { guards: [{ kind: 'revs', revs: [['a', 1]] }] },
      { writes: [] },
      { writes: [beat, { kind: 'delete', query: allListed() }] },
      { writes: [dying, beat] },
      { writes: [{ ...beat, key: ['b'] }] },
    ];
    for (const other of others) expect(conditionalUpdates({ ...simple, ...other }, texts)).toBeNull();
  });
});

describe('a heartbeat', () => {
  const known = { lifecycle: 'alive', keepsShared: true, maintenanceUntil: 0, missing: null };
  const commitOf = (epoch: number, facts = known): Commit => {
    const { operationIds, guards, writes } = beat({ nodeId: 'a', epoch }, facts, now);
    return { operationIds, guards, writes, now };
  };
  const rowsNow = () => store.read([allNodes(), allListed()], 'cheap');

  beforeEach(async () => {
    const alive = { epoch: 1, lifecycle: 'alive', keepsShared: true };
    await store.commit(
      filling({
        nodes: [
          { nodeId: 'a', beatOrder: 1, ...alive },
          { nodeId: 'b', beatOrder: 7, ...alive },
        ],
        listed: [{ id: 'a', status: 'active' }],
      }),
    );
  });

  it('is one statement, and takes a place above all others', async () => {
    expect(await store.commit(commitOf(1))).toEqual({ outcome: 'done', fence: 0, deletedCounts: [] });
    expect(sentCount).toBe(1);
    const [[row], [listed]] = await rowsNow();
    expect(row).toMatchObject({ nodeId: 'a', beatOrder: 8, lastBeatAt: now, rev: 0 });
    expect(listed).toMatchObject({ id: 'a', status: 'active', lastSeen: '2023-11-14 22:13:20' });
  });

  it.each([
    ['of another epoch', commitOf(2)],
    ['by another lifecycle', commitOf(1, { ...known, lifecycle: 'dead' })],
    ['by another keeper', commitOf(1, { ...known, keepsShared: false })],
    ['by another maintenance', commitOf(1, { ...known, maintenanceUntil: 5 })],
  ])('%s writes nothing', async (_, commit) => {
    const before = await rowsNow();
    expect(await store.commit(commit)).toEqual({ outcome: 'moved' });
    expect(sentCount).toBe(1);
    expect(await rowsNow()).toEqual(before);
  });

  it.each(['view', 'trigger'])(
    'goes on where its %s was dropped, and by it once it is there',
    async (type) => {
      const names = `SELECT name FROM sqlite_master WHERE type = '${type}'`;
      const [found] = await executor.read([{ sql: names, values: [] }]);
      await executor.transact(
        (found?.rows ?? []).map(({ name }) => ({ sql: `DROP ${type} ${String(name)}`, values: [] })),
      );
      expect((await store.commit(commitOf(1))).outcome).toBe('done');
      expect(sentCount).toBe(2);
      expect((await store.commit(commitOf(2))).outcome).toBe('moved');
      await store.migrate();
      expect((await store.commit(commitOf(1))).outcome).toBe('done');
      expect(sentCount).toBe(1);
      expect((await rowsNow())[0][0]?.beatOrder).toBe(9);
    },
  );

  it('finds the highest place by an index', async () => {
    const [first] = commitOf(1).writes;
    const text = first === undefined ? '' : new QueryTexts(new Set()).write(first).sql;
    const highest = /\((SELECT COALESCE.*? FROM ringwatch_nodes)\)/.exec(text)?.[1] ?? '';
    const [plan] = await executor.read([{ sql: `EXPLAIN QUERY PLAN ${highest}`, values: [] }]);
    expect(plan?.rows.map((row) => row['detail'])).toEqual([
      'SEARCH ringwatch_nodes USING COVERING INDEX ringwatch_nodes_beats',
    ]);
  });
});
