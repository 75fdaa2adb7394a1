/** What is asked through a view is what is found by a statement for each query, whatever stands in the tables. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlStatement } from '../../src/adapters/sql/executor.ts';
import { SqlStore } from '../../src/adapters/sql/store.ts';
import { viewPrefix } from '../../src/adapters/sql/view.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import type { Write } from '../../src/ports/store.ts';
import { clusterRow } from '../../src/registry/cluster-row.ts';
import { importedNodeQueries, importQueries } from '../../src/registry/original/import.ts';
import { Problems } from '../../src/registry/problems.ts';
import { roundQueries } from '../../src/registry/round.ts';
import { filled } from '../../src/registry/template.ts';

const now = 1_700_000_000_000;
let directory = '';
let executor: SqliteExecutor;
let store: SqlStore;
let asked: string[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-view-'));
  executor = await SqliteExecutor.open(join(directory, 'cluster.db'));
  const counted = {
    isNeverStale: true,
    now: async () => now,
    read: (statements: readonly SqlStatement[]) => {
      asked.push(...statements.map(({ sql }) => sql));
      return executor.read(statements);
    },
    transact: (statements: readonly SqlStatement[]) => executor.transact(statements),
    close: () => executor.close(),
  };
  store = new SqlStore(counted, new Problems(null));
  await store.migrate();
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

/** Few, so that rows meet; some are awkward in JSON, in SQL or in both. */
const id = fc.constantFrom<string>(
  'a',
  'b',
  'c',
  'd',
  'e',
  'f',
  'B',
  '10',
  '9',
  "o'g",
  'ü',
  '𝒳',
  '?',
  '%_',
  'q"',
  'b\\s',
  '\t',
);
const at = fc.constantFrom(0, now - 1, now, now + 1, Number.MAX_SAFE_INTEGER);
const flag = fc.boolean();
const json = fc.constantFrom({}, [], { missCount: 3, text: `"'\\ü` }, [[1], 'two']);
const words = fc.constantFrom('', 'i', `"'\\ü\n`);

const node = fc.record({
  ...{
    nodeId: id,
    epoch: fc.integer({ min: 0, max: 2 }),
    lifecycle: fc.constantFrom('alive', 'alive', 'dead', 'left', 'away'),
  },
  ...{
    instanceId: fc.option(words),
    address: words,
    port: fc.option(fc.nat(65_535)),
    region: fc.option(words),
  },
  ...{ isNamed: flag, hasHandler: flag, keepsShared: flag, maintenanceUntil: at, isMaintenanceTheirs: flag },
  ...{
    beatOrder: fc.nat(9),
    lastBeatAt: at,
    refutationCount: fc.nat(2),
    decisionCount: fc.nat(2),
    rev: fc.nat(9),
  },
  ...{ status: words, seen: fc.option(words), joinedAfter: fc.nat(9) },
});
const vote = fc.record({
  ...{ targetId: id, observerId: id, targetEpoch: fc.nat(2), observerEpoch: fc.nat(2) },
  ...{
    status: fc.constantFrom('suspect', 'dead'),
    evidence: fc.option(json),
    saidAt: at,
    affirmedAt: fc.nat(),
  },
});
const verdict = fc.record({
  ...{
    nodeId: id,
    epoch: fc.nat(2),
    decidedAt: at,
    decisionCount: fc.nat(2),
    quorum: fc.nat(3),
    votes: json,
  },
  ...{ resolution: fc.constantFrom(null, null, 'completed'), resolvedAt: at, ownerId: fc.option(id) },
  ...{ claimId: fc.option(words), fence: fc.nat(9), heldUntil: at, heldSince: at, attemptCount: fc.nat(2) },
  ...{ hasReturned: flag, lastError: fc.option(words) },
});
const cluster = fc.record({
  nodes: fc.uniqueArray(node, { maxLength: 12, selector: ({ nodeId }) => nodeId }),
  votes: fc.array(vote, { maxLength: 12 }),
  verdicts: fc.array(verdict, { maxLength: 8 }),
});
const request = fc.record({
  ...{
    nodeId: id,
    epoch: fc.nat(2),
    lookAhead: fc.integer({ min: 0, max: 6 }),
    watched: fc.uniqueArray(id, { maxLength: 3 }),
  },
});

async function fill({
  nodes,
  votes,
  verdicts,
}: typeof cluster extends fc.Arbitrary<infer Rows> ? Rows : never) {
  await executor.transact(
    ['nodes', 'votes', 'verdicts'].map((name) => ({ sql: `DELETE FROM ringwatch_${name}`, values: [] })),
  );
  const writes: Write[] = [
    ...nodes.map((row) => ({ kind: 'put', table: 'nodes', row }) as const),
    ...votes.map((row) => ({ kind: 'put', table: 'votes', row }) as const),
    ...verdicts.map((row) => ({ kind: 'put', table: 'verdicts', row }) as const),
  ];
  await store.commit({ operationIds: [], guards: [], writes, now });
}

const ask = ({
  nodeId,
  epoch,
  lookAhead,
  watched,
}: typeof request extends fc.Arbitrary<infer Asked> ? Asked : never) =>
  filled(roundQueries, [nodeId, epoch, now, lookAhead, watched]);

/** The same queries, none of which is a whole round. */
async function oneByOne(queries: ReturnType<typeof ask>) {
  return Promise.all(queries.map(async (query) => (await store.read([query], 'cheap'))[0]));
}

/** Where a query has no order of its own, its rows may come in any. */
function sorted(answers: readonly unknown[]) {
  return answers.map((rows, index) =>
    (roundQueries[index]?.shape.orderBy.length ?? 0) > 0
      ? rows
      : (rows as unknown[]).map((row) => JSON.stringify(row)).sort(),
  );
}

/** Newest accusations of one moment have no order among each other. */
function isInOneOrder(votes: readonly { readonly affirmedAt: number }[]): boolean {
  return new Set(votes.map(({ affirmedAt }) => affirmedAt)).size === votes.length;
}

/** Rows of another program, in columns of no fixed type. */
const foreign = fc.constantFrom<string>(
  "'active'",
  "'maintenance'",
  "''",
  "'2023-11-14 22:13:20'",
  '7',
  '0.5',
  "'é\"'",
  "X'41'",
);
const listed = fc.uniqueArray(fc.tuple(id, foreign, foreign), {
  maxLength: 8,
  selector: ([nodeId]) => nodeId,
});
const lines = fc.array(fc.tuple(id, id, foreign), { maxLength: 8 });

describe('an import through its views', () => {
  it('is what its queries find one by one', async () => {
    let viewCount = 0;
    await fc.assert(
      fc.asyncProperty(
        ...([cluster, listed, lines, fc.integer({ min: 0, max: 600 }), fc.array(id), fc.boolean()] as const),
        async (rows, nodes, events, limit, ids, hasBlob) => {
          await fill(rows);
          const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
          await executor.transact(
            [
              'DELETE FROM dns_nodes',
              'DELETE FROM node_health_events',
              // Nothing that JSON has.
              ...(hasBlob ? ["INSERT INTO dns_nodes (id, ip_address) VALUES (X'41', 'x')"] : []),
              ...nodes.map(
                ([nodeId, status, seen]) =>
                  `INSERT INTO dns_nodes (id, ip_address, status, last_seen) VALUES (${quoted(nodeId)}, 'x', ${status}, ${seen})`,
              ),
              ...events.map(
                ([observerId, targetId, status]) =>
                  `INSERT INTO node_health_events (observer_id, target_id, status, created_at) VALUES (${quoted(observerId)}, ${quoted(targetId)}, ${status}, '')`,
              ),
            ].map((sql) => ({ sql, values: [] })),
          );
          for (const queries of [
            filled(importQueries, [1, limit]),
            filled(importedNodeQueries, [ids, ids.slice(1)]),
          ]) {
            asked = [];
            const answers = await store.read(queries, 'cheap');
            if (asked.length === 1) viewCount++;
            const single = [];
            for (const query of queries) single.push((await store.read([query, clusterRow(1)], 'cheap'))[0]);
            expect(answers.map(text)).toEqual(single.map(text));
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(viewCount).toBeGreaterThan(80);
  });
});

/** Rows in any order. */
function text(rows: unknown): unknown {
  return Array.isArray(rows) ? rows.map((row) => JSON.stringify(row)).sort() : rows;
}

describe('a round through its view', () => {
  it.each([
    ['as SQLite reads by itself', 0],
    ['where SQLite reads backwards what has no order', 1],
  ])('is what its queries find one by one, %s', async (_, reverse) => {
    await executor.read([{ sql: `PRAGMA reverse_unordered_selects = ${reverse}`, values: [] }]);
    let viewCount = 0;
    await fc.assert(
      fc.asyncProperty(cluster, request, async (rows, round) => {
        fc.pre(isInOneOrder(rows.votes));
        await fill(rows);
        asked = [];
        const answers = await store.read(ask(round), 'cheap');
        if (asked.length === 1) viewCount++;
        expect(sorted(answers)).toEqual(sorted(await oneByOne(ask(round))));
      }),
      { numRuns: 300 },
    );
    expect(viewCount).toBeGreaterThan(100);
  });

  it('is one statement while the look-ahead is an ordinary one and the ids are plain', async () => {
    const plain = { nodeId: 'a', epoch: 1, lookAhead: 4, watched: ['b', "o'g"] };
    const statementsOf = async (round: typeof plain) => {
      asked = [];
      await store.read(ask(round), 'cheap');
      return asked.length;
    };
    expect(await statementsOf(plain)).toBe(1);
    expect(await statementsOf({ ...plain, lookAhead: 2 })).toBe(1);
    expect(await statementsOf({ ...plain, lookAhead: 5 })).toBe(roundQueries.length);
    expect(await statementsOf({ ...plain, watched: ['q"'] })).toBe(roundQueries.length);
  });

  it('goes on by its queries where the view was dropped, and through it again once it is there', async () => {
    const round = ask({ nodeId: 'a', epoch: 1, lookAhead: 4, watched: [] });
    const before = await store.read(round, 'cheap');
    const [view] = await executor.read([
      { sql: `SELECT name, sql FROM sqlite_master WHERE name LIKE '${viewPrefix}%'`, values: [] },
    ]);
    const { name, sql } = view?.rows[0] ?? {};
    await executor.transact([{ sql: `DROP VIEW ${String(name)}`, values: [] }]);
    expect(await store.read(round, 'cheap')).toEqual(before);
    asked = [];
    expect(await store.read(round, 'cheap')).toEqual(before);
    expect(asked.filter((each) => each.includes(viewPrefix))).toEqual([]);
    await store.migrate();
    asked = [];
    expect(await store.read(round, 'cheap')).toEqual(before);
    expect(asked).toHaveLength(1);
    const [again] = await executor.read([
      { sql: `SELECT sql FROM sqlite_master WHERE name = '${String(name)}'`, values: [] },
    ]);
    expect(again?.rows[0]?.['sql']).toBe(sql);
  });
});
