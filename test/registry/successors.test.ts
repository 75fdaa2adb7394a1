/** A round's statement for the successors beside a plain one, which reads the whole table: the same rows, for less. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SqlStatement } from '../../src/adapters/sql/executor.ts';
import {
  joinedNodes,
  listedCondition,
  nodeColumns,
  standingVerdict,
} from '../../src/adapters/sql/node-row.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { raw, sql } from '../../src/adapters/sql/sql.ts';
import { successorsOf } from '../../src/adapters/sql/successors.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { timestamp } from '../../src/registry/original/time.ts';

const now = 1_700_000_000_000;
const windowMs = 900_000;
const dayMs = 86_400_000;
let directory = '';
let fileCount = 0;
const opened: SqliteExecutor[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-successors-'));
});

afterEach(async () => {
  for (const executor of opened.splice(0)) await executor.close();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function open(): Promise<SqliteExecutor> {
  const executor = await SqliteExecutor.open(join(directory, `${fileCount++}.db`), { now: () => now });
  opened.push(executor);
  return executor;
}

async function openMigrated(): Promise<SqliteExecutor> {
  const executor = await open();
  await new SqlRegistry(executor).migrate();
  return executor;
}

function requestOf(nodeId: string, lookAhead: number, membershipWindowMs = windowMs) {
  return { nodeId, epoch: 1, lookAhead, watched: [], membershipWindowMs };
}

/** What `successorsOf` must give, with no thought of cost. */
function plainSuccessorsOf(request: ReturnType<typeof requestOf>): SqlStatement {
  const page = (
    lap: string,
    side: string,
  ) => sql`SELECT ${raw(lap)} AS lap, ${nodeColumns} FROM ${joinedNodes}
    WHERE d.id ${raw(side)} ${request.nodeId} AND ${listedCondition(now, request.membershipWindowMs)}
      AND NOT ${standingVerdict('d.id', 'COALESCE(n.epoch, 0)')}`;
  return sql`${page('0', '>')} UNION ALL ${page('1', '<')} ORDER BY lap, id LIMIT ${request.lookAhead}`;
}

async function rowsOf(executor: SqliteExecutor, statement: SqlStatement) {
  const [result] = await executor.read([statement]);
  const order = (row: Readonly<Record<string, unknown>>) => `${String(row['lap'])} ${String(row['id'])}`;
  return result?.rows.toSorted((a, b) => Buffer.compare(Buffer.from(order(a)), Buffer.from(order(b)))) ?? [];
}

const ids = ['', 'a', 'aa', 'b', 'c', 'd', 'e', 'é', 'f', 'z', 'ﬀ', '🦊'];
/** On both sides of every limit of the rules, and of the hours and days that the indexes tell apart. */
const agoMs = fc.oneof(
  fc.constantFrom(0, 899_000, 900_000, 901_000, 1_799_000, 1_800_000, 1_801_000, -1_000, -dayMs, -90 * dayMs),
  fc.integer({ min: -7_200, max: 90_000 }).map((seconds) => seconds * 1_000),
);
const shared = fc.record({
  id: fc.constantFrom(...ids),
  status: fc.constantFrom(
    'active',
    'active',
    'active',
    'inactive',
    'offline',
    'draining',
    'maintenance',
    'odd',
  ),
  lastSeen: fc.oneof(
    { weight: 6, arbitrary: agoMs.map((ago) => timestamp(now - ago)) },
    { weight: 2, arbitrary: agoMs.map((ago) => new Date(now - ago).toISOString()) },
    { weight: 1, arbitrary: fc.constantFrom('yesterday', '', '2023-11-14', '1700000000', '9', 'é') },
  ),
});
const own = fc.record({
  id: fc.constantFrom(...ids),
  hasInstance: fc.boolean(),
  lifecycle: fc.constantFrom('alive', 'alive', 'alive', 'left'),
  beatAgoMs: agoMs,
  maintenanceEndedAgoMs: fc.option(agoMs),
});
const verdict = fc.record({
  id: fc.constantFrom(...ids),
  epoch: fc.nat(1),
  resolution: fc.constantFrom(null, 'completed', 'returned'),
});
const vote = fc.record({
  targetId: fc.constantFrom(...ids),
  observerId: fc.constantFrom(...ids),
  targetEpoch: fc.constantFrom(1, 1, 1, 2),
  observerEpoch: fc.constantFrom(1, 1, 1, 2),
  status: fc.constantFrom('dead', 'dead', 'suspect'),
  affirmedAgoMs: agoMs,
});
const tables = fc.record({
  shared: fc.uniqueArray(shared, { selector: ({ id }) => id, maxLength: 12 }),
  own: fc.uniqueArray(own, { selector: ({ id }) => id, maxLength: 12 }),
  verdicts: fc.uniqueArray(verdict, { selector: ({ id }) => id, maxLength: 3 }),
  votes: fc.uniqueArray(vote, {
    selector: ({ targetId, observerId }) => `${targetId} ${observerId}`,
    maxLength: 8,
  }),
});
const request = fc
  .tuple(
    fc.constantFrom(...ids, 'bb', '~'),
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom(windowMs, 1_000, dayMs, 30 * dayMs),
  )
  .map((given) => requestOf(...given));

describe('the successors', () => {
  it('are those that reading the whole table gives, in the same order', async () => {
    const executor = await openMigrated();
    let foundCount = 0;
    await fc.assert(
      fc.asyncProperty(tables, fc.array(request, { minLength: 4, maxLength: 4 }), async (given, requests) => {
        await executor.transact([
          ...['dns_nodes', 'ringwatch_nodes', 'ringwatch_verdicts', 'ringwatch_votes'].map(
            (name) => sql`DELETE FROM ${raw(name)}`,
          ),
          ...given.shared.map(
            ({ id, status, lastSeen }) =>
              sql`INSERT INTO dns_nodes (id, ip_address, status, last_seen) VALUES (${id}, '', ${status}, ${lastSeen})`,
          ),
          ...given.own.map(
            ({ id, hasInstance, lifecycle, beatAgoMs, maintenanceEndedAgoMs: ended }) =>
              sql`INSERT INTO ringwatch_nodes (node_id, epoch, instance_id, is_named, has_handler, keeps_shared_row, lifecycle,
                  maintenance_until_ms, heartbeat_count, last_beat_at_ms, refutation_count, started_after_event_id)
                VALUES (${id}, 1, ${hasInstance ? 'i' : null}, 1, 1, 1, ${lifecycle},
                  ${ended === null ? null : now - ended}, 0, ${hasInstance ? now - beatAgoMs : 0}, 0, 0)`,
          ),
          ...given.verdicts.map(
            ({ id, epoch, resolution }) =>
              sql`INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at_ms, decision_count, quorum, votes, resolution,
                  fence, lease_until_ms, attempt_count, next_attempt_at_ms, has_returned, returned_after_event_id)
                VALUES (${id}, ${epoch}, 0, 1, 2, '[]', ${resolution}, 0, 0, 0, 0, 0, 0)`,
          ),
        ]);
        await executor.transact(
          given.votes.map(
            ({ targetId, observerId, targetEpoch, observerEpoch, status, affirmedAgoMs }) =>
              sql`INSERT INTO ringwatch_votes (target_id, observer_id, target_epoch, observer_epoch, status,
                  said_at_ms, affirmed_at_ms, shared_event_id)
                VALUES (${targetId}, ${observerId}, ${targetEpoch}, ${observerEpoch}, ${status}, 0, ${now - affirmedAgoMs}, 0)`,
          ),
        );
        for (const one of requests) {
          const rows = await rowsOf(executor, successorsOf(one, now));
          // An empty id is no node's: rounds pass it over.
          const plain = await rowsOf(executor, plainSuccessorsOf({ ...one, lookAhead: one.lookAhead + 1 }));
          expect(rows).toEqual(plain.filter(({ id }) => id !== '').slice(0, one.lookAhead));
          foundCount += rows.length;
        }
      }),
      {
        numRuns: Number(process.env['RINGWATCH_RUNS'] ?? 400),
        seed: Number(process.env['RINGWATCH_SEED'] ?? 1),
        endOnFailure: true,
      },
    );
    expect(foundCount).toBeGreaterThan(1_000);
  });
});

/** What stays in the tables of nodes that are gone. `n` counts them. */
const gone = {
  'offline by the shared table': { status: 'offline', lastSeen: now, own: null },
  'inactive by the shared table': { status: 'inactive', lastSeen: now, own: null },
  'active by the shared table and silent for weeks': {
    status: 'active',
    lastSeen: now - 40 * dayMs,
    own: null,
  },
  'in maintenance by the shared table for weeks': {
    status: 'maintenance',
    lastSeen: now - 40 * dayMs,
    own: null,
  },
  'ours that left': { status: 'inactive', lastSeen: now, own: { lifecycle: 'left', beatAt: now } },
  'ours and silent for hours': {
    status: 'active',
    lastSeen: now - 3 * 3_600_000,
    own: { lifecycle: 'alive', beatAt: now - 3 * 3_600_000 },
  },
  'ours and confirmed dead for hours': {
    status: 'offline',
    lastSeen: now - 3 * 3_600_000,
    own: { lifecycle: 'alive', beatAt: now - 3 * 3_600_000 },
  },
} as const;

type Kind = (typeof gone)[keyof typeof gone];

async function add(
  executor: SqliteExecutor,
  prefix: string,
  count: number,
  kind: Kind | 'live',
): Promise<void> {
  const {
    status,
    lastSeen,
    own: ours,
  } = kind === 'live' ? { status: 'active', lastSeen: now, own: { lifecycle: 'alive', beatAt: now } } : kind;
  const numbers = sql`WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < ${count})`;
  const id = sql`printf('n%07d', (i * 7919) % 1000003) || ${prefix}`;
  // Every other live node runs the original.
  const isOurs = raw(kind === 'live' ? 'i % 2 = 0' : '1');
  await executor.transact([
    sql`${numbers} INSERT INTO dns_nodes (id, ip_address, status, last_seen)
      SELECT ${id}, '10.0.0.1', ${status}, ${timestamp(lastSeen)} FROM c`,
    ...(ours === null
      ? []
      : [
          sql`${numbers} INSERT INTO ringwatch_nodes (node_id, epoch, instance_id, is_named, has_handler, keeps_shared_row,
              lifecycle, heartbeat_count, last_beat_at_ms, refutation_count, started_after_event_id)
            SELECT ${id}, 1, 'i', 1, 1, 1, ${ours.lifecycle}, 0, ${ours.beatAt}, 0, 0 FROM c WHERE ${isOurs}`,
        ]),
    ...(kind === gone['ours and confirmed dead for hours']
      ? [
          sql`${numbers} INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at_ms, decision_count, quorum, votes,
              resolution, fence, lease_until_ms, attempt_count, next_attempt_at_ms, has_returned, returned_after_event_id)
            SELECT ${id}, 1, 0, 1, 2, '[]', 'completed', 0, 0, 0, 0, 0, 0 FROM c`,
        ]
      : []),
  ]);
}

/** Steps of the database's machine that a statement takes. They are counted, so that a busy machine changes nothing. */
async function stepsOf(executor: SqliteExecutor, statement: SqlStatement): Promise<number> {
  const count = async (): Promise<number> => {
    const [result] = await executor.read([
      sql`SELECT SUM(nstep) AS n FROM sqlite_stmt WHERE sql = ${statement.sql}`,
    ]);
    return Number(result?.rows[0]?.['n'] ?? 0);
  };
  await executor.read([statement]);
  const before = await count();
  await executor.read([statement]);
  return (await count()) - before;
}

describe('beside 10,000 rows of nodes that are gone', () => {
  it.each(
    Object.entries(gone).flatMap(([title, kind]) => [4, 100].map((live) => [title, live, kind] as const)),
  )('%s, the work of finding the next of %d live nodes is that without them', async (_, liveCount, kind) => {
    const executor = await openMigrated();
    const asked = requestOf('n0500000', 4);
    await add(executor, 'live', liveCount, 'live');
    const alone = await stepsOf(executor, successorsOf(asked, now));
    const rows = await rowsOf(executor, successorsOf(asked, now));
    await add(executor, 'gone', 10_000, kind);
    expect(await rowsOf(executor, successorsOf(asked, now))).toEqual(rows);
    expect(rows).toHaveLength(4);
    const among = await stepsOf(executor, successorsOf(asked, now));
    expect(among / alone).toBeLessThan(1.1);
    // What the numbers are worth: the plain statement grows with the table.
    expect(await stepsOf(executor, plainSuccessorsOf(asked))).toBeGreaterThan(10 * among);
    // The same by statistics, which an owner may have gathered.
    await executor.transact([raw('ANALYZE')]);
    await executor.read([successorsOf({ ...asked, nodeId: 'a' }, now)]);
    expect((await stepsOf(executor, successorsOf(asked, now))) / alone).toBeLessThan(2);
  });

  it('nothing that is read grows with the number of live nodes either', async () => {
    const steps: number[] = [];
    for (const count of [100, 10_000]) {
      const executor = await openMigrated();
      await add(executor, 'live', count, 'live');
      steps.push(await stepsOf(executor, successorsOf(requestOf('n0500000', 4), now)));
    }
    expect((steps[1] ?? 0) / (steps[0] ?? 0)).toBeLessThan(1.2);
  });
});

describe('the indexes', () => {
  const names = sql`SELECT name FROM sqlite_master WHERE name IN ('ringwatch_nodes_sign', 'ringwatch_dns_nodes_seen')`;

  it('are used by every part of the statement that reads a table', async () => {
    const executor = await openMigrated();
    const { sql: text, values } = successorsOf(requestOf('a', 4), now);
    const [plan] = await executor.read([{ sql: `EXPLAIN QUERY PLAN ${text}`, values }]);
    const steps = plan?.rows.map((row) => String(row['detail'])) ?? [];
    const reads = steps.filter(
      (step) => /^(SEARCH|SCAN)/.test(step) && !/^SCAN (\d+ )?(CONSTANT|[hlp]$|ours|last)/.test(step),
    );
    expect([...new Set(reads)].toSorted()).toEqual(
      [
        'SEARCH ringwatch_nodes USING INDEX ringwatch_nodes_sign (<expr>>?)',
        'SEARCH ringwatch_votes USING INDEX ringwatch_votes_affirmed (<expr>>?)',
        'SEARCH dns_nodes USING INDEX ringwatch_dns_nodes_seen (<expr>>?)',
        'SEARCH n USING INDEX ringwatch_nodes_sign (<expr>=? AND node_id>? AND node_id<?)',
        'SEARCH n USING INDEX ringwatch_nodes_owed (<expr>>? AND <expr><?)',
        'SEARCH a USING INDEX ringwatch_votes_affirmed (<expr>=? AND target_id>? AND target_id<?)',
        'SEARCH d USING INDEX ringwatch_dns_nodes_seen (<expr>=? AND id>? AND id<?)',
        'SEARCH n USING PRIMARY KEY (node_id=?)',
        'SEARCH n USING PRIMARY KEY (node_id=?) LEFT-JOIN',
        'SEARCH o USING PRIMARY KEY (node_id=?)',
        'SEARCH t USING COVERING INDEX sqlite_autoindex_dns_nodes_1 (id=?)',
        'SEARCH d USING INDEX sqlite_autoindex_dns_nodes_1 (id=?)',
        'SEARCH v USING PRIMARY KEY (target_id=?)',
        'SEARCH c USING PRIMARY KEY (node_id=? AND epoch=?)',
        'SEARCH s USING PRIMARY KEY (node_id=? AND epoch=?)',
      ].toSorted(),
    );
  });

  it('are made again where an owner took one away with its table, and missed by nobody until then', async () => {
    const executor = await openMigrated();
    await add(executor, 'live', 10, 'live');
    const before = await rowsOf(executor, names);
    expect(before).toHaveLength(2);
    const asked = successorsOf(requestOf('a', 4), now);
    const rows = await rowsOf(executor, asked);
    await executor.transact([
      raw('CREATE TABLE rebuilt AS SELECT * FROM dns_nodes'),
      raw('DROP TABLE dns_nodes'),
      raw('ALTER TABLE rebuilt RENAME TO dns_nodes'),
    ]);
    expect(await rowsOf(executor, names)).toHaveLength(1);
    expect(await rowsOf(executor, asked)).toEqual(rows);
    await Promise.all([1, 2, 3].map(() => new SqlRegistry(executor).migrate()));
    expect(await rowsOf(executor, names)).toEqual(before);
    expect(await rowsOf(executor, asked)).toEqual(rows);
  });

  it('are not wanted of a view', async () => {
    const executor = await open();
    await executor.transact([
      raw('CREATE TABLE hosts (id TEXT PRIMARY KEY, ip TEXT, seen TEXT)'),
      raw(`CREATE VIEW dns_nodes AS
        SELECT id, ip AS ip_address, NULL AS internal_ip, 'active' AS status, seen AS last_seen FROM hosts`),
      sql`INSERT INTO hosts VALUES ('b', '192.0.2.2', ${timestamp(now)}), ('c', '192.0.2.3', ${timestamp(now)})`,
    ]);
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    const { successors } = await registry.readRound(requestOf('b', 4));
    expect(successors.map(({ id }) => id)).toEqual(['c']);
    expect(await rowsOf(executor, names)).toHaveLength(1);
  });
});
