/**
 * A registry on a real PostgreSQL server that is killed, stopped and cut off. Each writing call has its effect once, and
 * every call ends within its bound. `postgres-refusals.test.ts` has servers and databases that cannot be used.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresRegistry } from '../../src/adapters/postgres/index.ts';
import { openPostgresExecutor } from '../../src/adapters/postgres/open.ts';
import { parsePostgresUrl } from '../../src/adapters/postgres/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { type PostgresServer, startPostgres } from '../../src/cli/postgres-server.ts';
import { unknownMarks } from '../../src/core/marks.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { startCuttingProxy } from '../harness/cutting-proxy.ts';
import { postgresServers } from '../harness/postgres-servers.ts';
import { createLedger, readLedger, writeUntil } from '../harness/rqlite-ledger.ts';
import { eventually } from './cli-process.ts';

const [binaries] = postgresServers();
const node = (nodeId: string) => ({
  ...{ nodeId, address: '10.0.0.1', internalAddress: null, port: 6001, region: null },
  ...{ isNamed: true, hasHandler: true, instanceId: `instance of ${nodeId}`, afterEpoch: 0 },
});
const dead = (observerId: string) => ({
  ...{ operationId: `vote of ${observerId}`, kind: 'dead' as const, observerId, observerEpoch: 1 },
  ...{ targetId: 'c', targetEpoch: 1, evidence: null },
});
const question = {
  ...{
    targetId: 'c',
    targetEpoch: 1,
    observerId: 'a',
    observerEpoch: 1,
    minQuorum: 2,
    isQuorumStrict: false,
  },
  ...{
    quorumWindowMs: 300_000,
    watchedSince: null,
    newestBeat: 0,
    refutationCount: 0,
    maxDeadFraction: 1,
    marks: unknownMarks,
    flapWindowMs: 0,
  },
};
const claim = {
  nodeId: 'c',
  epoch: 1,
  ownerId: 'a',
  ownerEpoch: 1,
  claimId: 'claim',
  leaseMs: 60_000,
  retryBackoffMs: 5_000,
  maxAttempts: null,
};

describe.skipIf(binaries === undefined)('a registry on PostgreSQL', () => {
  let server: PostgresServer;
  let admin: pg.Pool;
  let schemaCount = 0;
  let schema = '';
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    server = await startPostgres(binaries === undefined ? {} : { binaries });
    admin = new pg.Pool({ connectionString: server.url });
    admin.on('error', () => undefined);
  });
  beforeEach(() => {
    schema = `faults_${++schemaCount}`;
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await server.start();
  });
  afterAll(async () => {
    await admin?.end();
    await server?.dispose();
  });

  async function connect(parameters: string, url = server.url): Promise<SqlExecutor> {
    const executor = await openPostgresExecutor(parsePostgresUrl(`${url}?${parameters}`));
    closing.push(() => executor.close());
    return executor;
  }

  async function open(url = server.url, deadline = '20s'): Promise<Registry> {
    const registry = new SqlRegistry(await connect(`schema=${schema}&deadline=${deadline}`, url));
    await registry.migrate();
    return registry;
  }

  it('loses no write and does none twice when the server is killed among them and started again', async () => {
    const control = await connect('schema=public&deadline=60s');
    await createLedger(control);
    const enough = new AbortController();
    let count = 0;
    const writers = await Promise.all([1, 2, 3].map(() => connect('schema=public&deadline=60s')));
    const running = writeUntil(enough.signal, writers, () => {
      count += 1;
    });
    for (let kill = 1; kill <= 2; kill++) {
      const before = count;
      await eventually(() => count >= before + 30, 'writes');
      await server.kill();
      await server.start();
    }
    const before = count;
    await eventually(() => count >= before + 30, 'writes after the last kill');
    enough.abort();
    const { acknowledged, failures } = await running;
    const { ids, counter } = await readLedger(control);

    expect(failures).toEqual([]);
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    expect(counter).toBe(ids.size);
  });

  it('does each call once when the connection is cut before its commit was acknowledged', async () => {
    const proxy = await startCuttingProxy(`127.0.0.1:${server.port}`);
    closing.push(() => proxy.close());
    const url = server.url.replace(`127.0.0.1:${server.port}`, proxy.address);
    const registry = await open(url);
    const cut = async <T>(call: () => Promise<T>): Promise<T> => {
      const lost = proxy.cutNextAnswer((request) => request.includes('COMMIT'));
      const result = await call();
      expect(await lost).toContain('BEGIN');
      return result;
    };
    for (const id of ['a', 'b', 'c']) {
      expect(await cut(() => registry.join(node(id)))).toEqual({ outcome: 'joined', epoch: 1 });
    }
    await cut(() => registry.record([dead('a')]));
    await cut(() => registry.record([dead('b')]));
    expect(await cut(() => registry.decide(question))).toMatchObject({ outcome: 'dead' });
    const claimed = await cut(() => registry.claim(claim));
    expect(claimed).toMatchObject({ outcome: 'claimed', fence: 1 });
    const lease = { nodeId: 'c', epoch: 1, claimId: 'claim', fence: 1 };
    expect(await cut(() => registry.renew({ ...lease, leaseMs: 60_000 }))).toMatchObject({
      outcome: 'renewed',
    });
    const end = { ...lease, outcome: 'completed' as const, error: null, retryAfterMs: 0, maxAttempts: null };
    expect(await cut(() => registry.finish(end))).toBe('recorded');
    await cut(() => registry.leave({ nodeId: 'b', epoch: 1 }));

    const { events } = await registry.readEvents({ after: null, limit: 100 });
    expect(events.map(({ kind }) => kind)).toEqual([
      ...[
        'joined',
        'joined',
        'joined',
        'dead',
        'dead',
        'verdict',
        'recovery-started',
        'recovery-ended',
        'left',
      ],
    ]);
  });

  it('says that a write may have been done when no answer came at all', async () => {
    const proxy = await startCuttingProxy(`127.0.0.1:${server.port}`);
    closing.push(() => proxy.close());
    await open();
    const url = server.url.replace(`127.0.0.1:${server.port}`, proxy.address);
    const registry = await open(url, '1s');
    proxy.cutAnswers((request) => request.includes('COMMIT'));

    await expect(registry.join(node('a'))).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('says within its bound that the server is gone, and goes on when it is back', async () => {
    const registry = await open(server.url, '800ms');
    await server.kill();
    // The process that served it may answer once more.
    const isGone = (): Promise<boolean> =>
      registry.readCluster({}).then(
        () => false,
        () => true,
      );
    await eventually(isGone, 'the server to be gone');
    const startedAt = performance.now();
    await expect(registry.readCluster({})).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);

    await server.start();
    await eventually(
      async () => (await registry.readCluster({}).catch(() => null)) !== null,
      'the registry to be back',
    );
  });

  it('outlives idle connections that the server ends', async () => {
    const registry = await open();
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringwatch'",
    );
    expect(await registry.join(node('a'))).toMatchObject({ outcome: 'joined' });
  });

  it('gives up a commit that waits for a lock, with nothing written', async () => {
    const registry = await open(server.url, '3s');
    const other = await admin.connect();
    try {
      await other.query(`BEGIN; SELECT 1 FROM ${schema}.ringwatch_cluster FOR UPDATE`);
      await expect(registry.join(node('a'))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('57014'),
      });
    } finally {
      await other.query('ROLLBACK');
      other.release();
    }
    await eventually(
      async () => (await registry.join(node('b')).catch(() => null)) !== null,
      'a commit after that',
    );
  });

  it('sends nothing more to a server that hangs, and goes on with its answer', async () => {
    const registry = await open(server.url, '500ms');
    const found = await admin.query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'ringwatch' AND backend_type = 'client backend'",
    );
    const pids: number[] = found.rows.map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await expect(registry.readCluster({})).rejects.toMatchObject({ code: 'unavailable' });
      await expect(registry.readCluster({})).rejects.toThrow(/An earlier request has no answer yet/);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await eventually(
      async () => (await registry.readCluster({}).catch(() => null)) !== null,
      'the registry to be back',
    );
  });

  it('prepares nothing where a pooler gives each transaction another connection', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    closing.push(() => pool.end());
    const registry = new PostgresRegistry({ pool, schema });
    closing.push(() => registry.close());
    await registry.migrate();
    await registry.join(node('a'));
    await pool.query('DEALLOCATE ALL');

    expect(await registry.readNode('a')).toMatchObject({ id: 'a', epoch: 1 });
  });

  it('takes no node for silent when a promoted standby lacks heartbeats that were read', async () => {
    const registry = await open();
    for (const id of ['a', 'b', 'c']) await registry.join(node(id));
    await registry.record([dead('a')]);
    const before = (await registry.readNode('a'))?.beatOrder ?? 0;
    await server.kill();
    await writeFile(join(server.directory, 'data', 'standby.signal'), '');
    await server.start();
    await admin.query('SELECT pg_promote()');
    expect(await registry.heartbeat({ nodeId: 'a', epoch: 1 })).toBe('beating');

    // The lost server had given some more places.
    const asked = { ...question, watchedSince: before + 5, newestBeat: before + 20 };
    expect(await registry.decide(asked)).toEqual({ outcome: 'pending', reason: 'went-back' });
    const newestBeat = (await registry.readNode('a'))?.beatOrder ?? 0;
    expect(newestBeat).toBeLessThan(before + 20);
    expect(await registry.decide({ ...asked, newestBeat, watchedSince: newestBeat })).toMatchObject({
      outcome: 'dead',
      verdict: { quorum: 1 },
    });
  });

  it('shows a follower of its log every line, though the one before it is committed later', async () => {
    const registry = await open();
    const reader = await open();
    await registry.join(node('a'));
    const { cursor } = await reader.readEvents({ after: null, limit: 10 });
    const slow = await admin.connect();
    await slow.query(`BEGIN; SELECT 1 FROM ${schema}.ringwatch_cluster WHERE id = 1 FOR UPDATE`);
    await slow.query(`INSERT INTO ${schema}.ringwatch_events (kind, at, observer_id, detail)
      VALUES ('outage', 1, 'slow', '{}')`);
    const about = { targetId: null, targetEpoch: null, detail: {} };
    const note = { operationId: 'note', kind: 'outage' as const, observerId: 'a', observerEpoch: 1 };
    const recorded = registry.record([{ ...note, ...about }]);
    // With a number of its own it would be seen now, and the cursor would pass the line of the slow one.
    await Promise.race([recorded, sleep(500)]);
    const page = await reader.readEvents({ after: cursor, limit: 10 });
    await slow.query('COMMIT');
    slow.release();
    await recorded;
    const next = await reader.readEvents({ after: page.cursor, limit: 10 });
    expect([...page.events, ...next.events].map(({ observerId }) => observerId)).toEqual(['slow', 'a']);
  });

  it('is made once when many nodes start at the same moment', async () => {
    const executors = await Promise.all(
      Array.from({ length: 8 }, () => connect(`schema=${schema}&deadline=60s`)),
    );
    await Promise.all(executors.map((executor) => new SqlRegistry(executor).migrate()));
    const { rows } = await admin.query(`SELECT number FROM ${schema}.ringwatch_migrations ORDER BY number`);
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });
});
