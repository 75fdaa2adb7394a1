/** What calls cost: work that grows neither with the rows of nodes that are gone nor with the cluster, and few requests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SqlExecutor, SqlStatement } from '../../src/adapters/sql/executor.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { raw, sql } from '../../src/adapters/sql/sql.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { Scene } from '../../src/testing/registry-scene.ts';

let now = 1_700_000_000_000;
let directory = '';
let fileCount = 0;
const opened: SqliteExecutor[] = [];

/** A request to the database. */
interface Request {
  readonly kind: 'read' | 'write';
  readonly statements: readonly SqlStatement[];
}

interface Place {
  readonly executor: SqliteExecutor;
  readonly registry: SqlRegistry;
  readonly stage: Scene;
  readonly requests: Request[];
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-rows-read-'));
});

afterEach(async () => {
  for (const executor of opened.splice(0)) await executor.close();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function open(): Promise<Place> {
  const executor = await SqliteExecutor.open(join(directory, `${fileCount++}.db`), { now: () => now });
  opened.push(executor);
  const requests: Request[] = [];
  const watched: SqlExecutor = {
    isNeverStale: executor.isNeverStale,
    now: () => executor.now(),
    read: (statements) => {
      requests.push({ kind: 'read', statements });
      return executor.read(statements);
    },
    transact: (statements) => {
      requests.push({ kind: 'write', statements });
      return executor.transact(statements);
    },
    close: () => executor.close(),
  };
  const registry = new SqlRegistry(watched);
  await registry.migrate();
  const harness = {
    open: async () => registry,
    another: async () => registry,
    openUnmigrated: async () => [registry, registry] as const,
  };
  return { executor, registry, stage: new Scene(registry, harness), requests };
}

/** What a call asks of the database. */
async function requestsOf({ requests }: Place, call: () => Promise<unknown>): Promise<readonly Request[]> {
  requests.length = 0;
  await call();
  return [...requests];
}

/** Steps of the database's machine that reading takes. They are counted, so that a busy machine changes nothing. */
async function stepsOf({ executor }: Place, requests: readonly Request[]): Promise<number> {
  const statements = requests.filter(({ kind }) => kind === 'read').flatMap((request) => request.statements);
  const texts = JSON.stringify([...new Set(statements.map((statement) => statement.sql))]);
  const count = async (): Promise<number> => {
    const [result] = await executor.read([
      sql`SELECT SUM(nstep) AS n FROM sqlite_stmt WHERE sql IN (SELECT value FROM json_each(${texts}))`,
    ]);
    return Number(result?.rows[0]?.['n'] ?? 0);
  };
  await executor.read(statements);
  const before = await count();
  await executor.read(statements);
  return (await count()) - before;
}

/** What stays in the tables of nodes that are gone. */
const gone = {
  'that left': { lifecycle: 'left', isOurs: true },
  'that are dead': { lifecycle: 'dead', isOurs: true },
  'that another program took off': { lifecycle: 'away', isOurs: true },
  'of the original, not seen for weeks': { lifecycle: 'away', isOurs: false },
} as const;

type Kind = (typeof gone)[keyof typeof gone];

/** Rows of so many nodes; those of dead ones have a recovered verdict and what was said of them. */
async function add(
  { executor }: Place,
  prefix: string,
  count: number,
  { lifecycle, isOurs }: Kind | { readonly lifecycle: 'alive'; readonly isOurs: true },
): Promise<void> {
  const numbers = sql`WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < ${count})`;
  const id = sql`printf('n%07d', (i * 7919) % 1000003) || ${prefix}`;
  await executor.transact([
    sql`${numbers} INSERT INTO dns_nodes (id, ip_address, status, last_seen)
      SELECT ${id}, '10.0.0.1', 'active', '2023-09-14 22:13:20' FROM c`,
    sql`${numbers} INSERT INTO ringwatch_nodes (node_id, epoch, lifecycle, instance_id, address, is_named, has_handler,
        keeps_shared, maintenance_until, is_maintenance_theirs, beat_order, last_beat_at, refutation_count,
        decision_count, rev, status, seen, joined_after)
      SELECT ${id}, 1, ${lifecycle}, ${isOurs ? 'i' : null}, '10.0.0.1', 1, 1, ${isOurs}, 0, 0, i, ${now}, 0,
        0, 1, 'active', '2023-09-14 22:13:20', 0 FROM c`,
    ...(lifecycle === 'dead'
      ? [
          sql`${numbers} INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at, decision_count, quorum, votes,
              resolution, resolved_at, fence, held_until, held_since, attempt_count, has_returned)
            SELECT ${id}, 1, ${now}, 1, 2, '[]', 'completed', ${now}, 0, 0, 0, 1, 0 FROM c`,
          sql`${numbers} INSERT INTO ringwatch_votes (target_id, observer_id, target_epoch, observer_epoch, status,
              said_at, affirmed_at)
            SELECT ${id}, 'n0000001' || i, 1, 1, 'dead', ${now}, ${now} FROM c`,
        ]
      : []),
  ]);
}

const live = { lifecycle: 'alive', isOurs: true } as const;
/** In the middle of the ring. */
const self = { nodeId: 'n0500000', epoch: 1 };
const target = { nodeId: 'n0500001', epoch: 1 };

/** The requests of a round, and of a decision without a quorum, which writes nothing. */
async function observe(place: Place) {
  const round = await requestsOf(place, () => place.stage.round(self));
  const decision = await requestsOf(place, () => place.stage.decide(self, target));
  return { round, decision };
}

async function joinTwo({ stage }: Place): Promise<void> {
  await stage.join(self.nodeId);
  await stage.join(target.nodeId);
}

describe('beside 10,000 rows of nodes that are gone', () => {
  it.each(
    Object.entries(gone).flatMap(([title, kind]) => [4, 100].map((count) => [title, count, kind] as const)),
  )(
    '%s, a round and a decision among %d live nodes take the work that they take without them',
    async (_, liveCount, kind) => {
      const place = await open();
      await joinTwo(place);
      await add(place, 'live', liveCount, live);
      const asked = await observe(place);
      const ring = await place.stage.ring(self);
      const alone = {
        round: await stepsOf(place, asked.round),
        decision: await stepsOf(place, asked.decision),
      };
      await add(place, 'gone', 10_000, kind);
      expect(await place.stage.ring(self)).toEqual(ring);
      expect((await stepsOf(place, asked.round)) / alone.round).toBeLessThan(1.1);
      expect((await stepsOf(place, asked.decision)) / alone.decision).toBeLessThan(1.1);
      // The same by statistics, which an owner may have gathered.
      await place.executor.transact([raw('ANALYZE')]);
      await observe(place);
      expect((await stepsOf(place, asked.round)) / alone.round).toBeLessThan(2);
      expect((await stepsOf(place, asked.decision)) / alone.decision).toBeLessThan(2);
    },
  );
});

describe('in a cluster of any size', () => {
  it('a round takes the same work, and every call sends the same statements', async () => {
    const steps: number[] = [];
    const sent: Record<string, number>[] = [];
    for (const count of [100, 10_000]) {
      const place = await open();
      await add(place, 'live', count, live);
      await joinTwo(place);
      steps.push(await stepsOf(place, (await observe(place)).round));
      sent.push(await bytesOf(place));
    }
    expect((steps[1] ?? 0) / (steps[0] ?? 0)).toBeLessThan(1.2);
    for (const [name, bytes] of Object.entries(sent[1] ?? {})) {
      // A longer number is another byte.
      expect(Math.abs(bytes - (sent[0]?.[name] ?? 0)), name).toBeLessThan(60);
    }
  });

  it('a round looks up every row by an index', async () => {
    const place = await open();
    await joinTwo(place);
    const { round } = await observe(place);
    expect(round.flatMap(({ statements }) => statements).map(({ sql: text }) => text)).toEqual([
      expect.stringMatching(/^SELECT a FROM ringwatch_view_\w+ WHERE q=\?$/),
    ]);
    const plans: string[] = [];
    for (const { sql: text, values } of round.flatMap(({ statements }) => statements)) {
      const [plan] = await place.executor.read([{ sql: `EXPLAIN QUERY PLAN ${text}`, values }]);
      plans.push(...(plan?.rows.map((row) => String(row['detail'])) ?? []));
    }
    // What is read of a list of found rows is no table.
    const reads = plans.filter(
      (step) => /^(SEARCH|SCAN)(?! \(subquery)/.test(step) && !step.includes('VIRTUAL TABLE'),
    );
    expect([...new Set(reads)].toSorted()).toEqual([
      // The index has open verdicts alone.
      'SCAN t USING INDEX ringwatch_verdicts_open',
      'SEARCH n USING PRIMARY KEY (node_id=?)',
      'SEARCH n USING PRIMARY KEY (node_id=?) LEFT-JOIN',
      'SEARCH t USING INDEX ringwatch_nodes_ring (lifecycle=? AND node_id<?)',
      'SEARCH t USING INDEX ringwatch_nodes_ring (lifecycle=? AND node_id>?)',
      'SEARCH t USING INDEX ringwatch_votes_by_observer (observer_id=?)',
      'SEARCH t USING INTEGER PRIMARY KEY (rowid=?)',
      // The newest line of the log.
      'SEARCH t USING INTEGER PRIMARY KEY (rowid>?)',
      'SEARCH t USING PRIMARY KEY (node_id=?)',
      'SEARCH t USING PRIMARY KEY (target_id=?)',
    ]);
    // What is said of the observer itself is sorted, and no other row.
    expect(plans.filter((step) => /TEMP B-TREE/.test(step))).toEqual(['USE TEMP B-TREE FOR ORDER BY']);
  });
});

/** Bytes of the statements of each call of an observer, with a death in them. */
async function bytesOf(place: Place): Promise<Record<string, number>> {
  const { registry, stage } = place;
  const other = await stage.join('n0500002');
  const bytes: Record<string, number> = {};
  const measured = async <Result>(name: string, call: () => Promise<Result>): Promise<Result> => {
    place.requests.length = 0;
    const result = await call();
    bytes[name] = JSON.stringify(place.requests).length;
    return result;
  };
  await measured('heartbeat', () => stage.beat(self));
  await measured('record', () => stage.say(self, 'dead', target));
  await stage.say(other, 'dead', target);
  await measured('decide', () => stage.decide(self, target, { maxDeadFraction: 1 }));
  const lease = await measured('claim', () => stage.mustClaim(self, target));
  await measured('renew', () => registry.renew({ ...target, ...lease, leaseMs: 30_000 }));
  await measured('finish', () => stage.finish(target, lease));
  await measured('join', () => stage.join(target.nodeId));
  await measured('leave', () => registry.leave(other));
  return bytes;
}

describe('the requests of a call', () => {
  it('are one write for a heartbeat, and three for a verdict beside the one for what it must import', async () => {
    const place = await open();
    const { stage, registry } = place;
    await joinTwo(place);
    const other = await stage.join('n0500002');
    await stage.imported(self);
    const kinds = async (call: () => Promise<unknown>) =>
      (await requestsOf(place, call)).map(({ kind }) => kind);
    expect(await kinds(() => stage.round(self))).toEqual(['read']);
    expect(await kinds(() => stage.beat(self))).toEqual(['write']);
    expect(await kinds(() => stage.say(self, 'dead', target))).toEqual(['read', 'write']);
    await stage.say(other, 'dead', target);
    const asked = { maxDeadFraction: 1 };
    expect(await kinds(() => stage.decide(self, target, asked))).toEqual([
      // What must be imported, the votes, the brake.
      ...['read', 'read', 'read'],
      'write',
    ]);
    expect(await kinds(() => stage.decide(self, target, asked))).toEqual(['read', 'read']);
    let lease = { claimId: '', fence: 0 };
    expect(await kinds(async () => (lease = await stage.mustClaim(self, target)))).toEqual(['read', 'write']);
    expect(await kinds(() => registry.renew({ ...target, ...lease, leaseMs: 30_000 }))).toEqual([
      'write',
      'read',
    ]);
    expect(await kinds(() => stage.finish(target, lease))).toEqual(['read', 'write']);
    expect(await kinds(() => registry.refute(self))).toEqual(['write']);
  });
});

describe('in a cluster with more than 1,000 nodes of the original', () => {
  it('the heartbeats of all of them are taken in at once, and a decision sends what it sends without them', async () => {
    const count = 1_100;
    const place = await open();
    const { executor, registry, stage } = place;
    await joinTwo(place);
    await stage.imported(self);
    const sizeOf = async () =>
      JSON.stringify(await requestsOf(place, () => stage.decide(self, target))).length;
    const without = await sizeOf();
    const numbers = sql`WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < ${count})`;
    await executor.transact([
      sql`${numbers} INSERT INTO dns_nodes (id, ip_address, last_seen)
        SELECT 'old ' || i, '10.0.0.1', '2023-11-14 22:13:20' FROM c`,
    ]);
    // New nodes are taken in by parts.
    for (let part = 0; part < 3; part++) await stage.imported(self);
    now += 30_000;
    await executor.transact([
      sql`UPDATE dns_nodes SET last_seen = '2023-11-14 22:13:50' WHERE id LIKE 'old%'`,
    ]);
    await stage.imported(self);
    const { nodes } = await registry.readCluster({});
    const beaten = nodes.filter(({ id, heartbeatAgeMs }) => id.startsWith('old') && heartbeatAgeMs === 0);
    expect(beaten).toHaveLength(count);
    expect(Math.abs((await sizeOf()) - without)).toBeLessThan(60);
  });
});
