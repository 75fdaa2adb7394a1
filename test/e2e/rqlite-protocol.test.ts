/** The rqlite adapter on a healthy cluster of three: what statements do, what is read, and what decides. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor, SqlStatement, SqlValue } from '../../src/adapters/sql/executor.ts';
import { startCuttingProxy } from '../harness/cutting-proxy.ts';
import { eventually, startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';
import { createLedger, operation, readLedger } from '../harness/rqlite-ledger.ts';

let cluster: TestCluster;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.dispose());
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

function connect(url = `${cluster.url}?timeout=5s&deadline=20s`): SqlExecutor {
  const executor = openRqliteExecutor(parseRqliteUrl(url));
  opened.push(executor);
  return executor;
}

function sql(text: string, ...values: SqlValue[]): SqlStatement {
  return { sql: text, values };
}

describe('statements', () => {
  it('carry every value there and back', async () => {
    const executor = connect();
    await executor.transact([
      sql('DROP TABLE IF EXISTS v'),
      sql('CREATE TABLE v (a, b TEXT, c INTEGER, d REAL)'),
    ]);
    const rows: SqlValue[][] = [
      ['', 'é😀\u0000\n"\\', Number.MAX_SAFE_INTEGER, 0.1],
      [null, null, null, null],
      [-0.5, "x'; DROP TABLE v; --", -Number.MAX_SAFE_INTEGER, 1e-300],
    ];
    await executor.transact(rows.map((row) => sql('INSERT INTO v VALUES (?, ?, ?, ?)', ...row)));
    for (const consistency of ['cheap', 'leader'] as const) {
      const [result] = await executor.read([sql('SELECT * FROM v ORDER BY rowid')], consistency);
      expect(result?.rows).toEqual(rows.map(([a, b, c, d]) => ({ a, b, c, d })));
    }
  });

  it('are one transaction, in order, and reads among them see the writes before them', async () => {
    const executor = connect();
    await executor.transact([sql('DROP TABLE IF EXISTS w'), sql('CREATE TABLE w (id INTEGER PRIMARY KEY)')]);
    const results = await executor.transact([
      sql('SELECT count(*) AS n FROM w'),
      sql('INSERT INTO w VALUES (?), (?)', 1, 2),
      sql('SELECT count(*) AS n FROM w'),
      sql('DELETE FROM w WHERE id = ?', 1),
      sql('DELETE FROM w WHERE id = ?', 1),
      sql('SELECT id FROM w'),
    ]);
    expect(results).toEqual([
      { rows: [{ n: 0 }], changes: 0 },
      { rows: [], changes: 2 },
      { rows: [{ n: 2 }], changes: 0 },
      { rows: [], changes: 1 },
      // Here rqlite leaves the count out.
      { rows: [], changes: 0 },
      { rows: [{ id: 2 }], changes: 0 },
    ]);
  });

  it('do nothing at all when one of them is refused', async () => {
    const executor = connect();
    await executor.transact([sql('DROP TABLE IF EXISTS x'), sql('CREATE TABLE x (id INTEGER PRIMARY KEY)')]);
    const add = sql('INSERT INTO x VALUES (?)', 1);
    const refused: [SqlStatement, string, string][] = [
      [add, 'schema', 'UNIQUE constraint failed: x.id'],
      [sql('INSERT INTO nowhere VALUES (1)'), 'schema', 'no such table: nowhere'],
      [sql('UPDATE x SET absent = 1'), 'schema', 'no such column: absent'],
      [sql('INSERT INTO'), 'invalid', 'incomplete input'],
      [sql("UPDATE x SET id = json('{')"), 'invalid', 'malformed JSON'],
    ];
    const select = sql('SELECT id FROM x');
    for (const [statement, code, message] of refused) {
      for (const statements of [
        [add, statement],
        [add, select, statement],
        [add, statement, select],
        [statement === add ? add : select, add, statement],
      ]) {
        const failure = { name: 'RegistryError', code, message: expect.stringContaining(message) };
        await expect(executor.transact(statements), message).rejects.toMatchObject(failure);
        expect(await executor.read([select], 'leader'), message).toEqual([{ rows: [], changes: 0 }]);
      }
    }
    // The server by itself commits what stands around a statement that cannot be prepared.
    const body = JSON.stringify([[add.sql, 1], ['INSERT INTO nowhere VALUES (1)'], ['SELECT id FROM x']]);
    const answer = await fetch(`http://${cluster.address(0)}/db/request?transaction`, {
      method: 'POST',
      body,
    });
    expect(JSON.parse(await answer.text())).toMatchObject({
      results: [{}, { error: 'no such table: nowhere' }, {}],
    });
    expect(await executor.read([select], 'leader')).toEqual([{ rows: [{ id: 1 }], changes: 0 }]);
  });

  it('that only read are refused a write', async () => {
    const executor = connect();
    await executor.transact([sql('DROP TABLE IF EXISTS y'), sql('CREATE TABLE y (id INTEGER PRIMARY KEY)')]);
    await expect(executor.read([sql('INSERT INTO y VALUES (1)')], 'leader')).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(executor.read([sql('INSERT INTO y VALUES (1)')], 'cheap')).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(await executor.read([sql('SELECT * FROM y')], 'leader')).toEqual([{ rows: [], changes: 0 }]);
  });
});

describe('reads', () => {
  it('see what the same client wrote just before, through every host', async () => {
    const [one, two, three] = [connect(), connect(), connect()];
    await one.transact([sql('DROP TABLE IF EXISTS z'), sql('CREATE TABLE z (id INTEGER PRIMARY KEY)')]);
    for (const [index, executor] of [one, two, three].entries()) {
      await executor.now();
      for (let round = 0; round < 10; round += 1) {
        const id = index * 100 + round;
        await executor.transact([sql('INSERT INTO z VALUES (?)', id)]);
        const [result] = await executor.read([sql('SELECT id FROM z WHERE id = ?', id)], 'cheap');
        expect(result?.rows).toEqual([{ id }]);
      }
    }
  });

  it('do not believe a follower that a table does not exist', async () => {
    const writer = connect();
    for (let round = 0; round < 5; round += 1) {
      const follower = cluster.address(await cluster.follower());
      const reader = connect(`rqlite://${follower}?timeout=5s&deadline=20s`);
      await reader.now();
      await writer.transact([sql(`CREATE TABLE IF NOT EXISTS late_${round} (id INTEGER PRIMARY KEY)`)]);
      const [result] = await reader.read([sql(`SELECT count(*) AS n FROM late_${round}`)], 'cheap');
      expect(result?.rows).toEqual([{ n: 0 }]);
    }
    await expect(writer.read([sql('SELECT * FROM never')], 'cheap')).rejects.toMatchObject({
      code: 'schema',
    });
  });
});

describe('the clock', () => {
  it('is that of the leader, whatever the time zone here is', async () => {
    const zone = process.env['TZ'];
    try {
      for (const name of ['Pacific/Kiritimati', 'America/Los_Angeles', 'UTC']) {
        process.env['TZ'] = name;
        const executor = connect();
        const before = Date.now();
        const now = await executor.now();
        // The servers of this test share this machine's clock; half of the round trip is the error.
        const roundTripMs = Date.now() - before;
        expect(Number.isSafeInteger(now)).toBe(true);
        expect(Math.abs(now - before)).toBeLessThanOrEqual(roundTripMs + 50);
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('never goes back', async () => {
    const executor = connect();
    let newest = 0;
    for (let round = 0; round < 300; round += 1) {
      if (round % 3 === 0) await executor.transact([sql('SELECT 1')]);
      if (round % 5 === 0) await executor.read([sql('SELECT 1')], 'cheap');
      const now = await executor.now();
      expect(now).toBeGreaterThanOrEqual(newest);
      newest = now;
    }
  });
});

describe('a write whose answer is lost', () => {
  it('is repeated on another host and has its effect once', async () => {
    const executor = connect();
    await createLedger(executor);
    const proxy = await startCuttingProxy(cluster.address(await cluster.leader()));
    opened.push(proxy);
    const behind = connect(
      `rqlite://${proxy.address},${cluster.address(await cluster.follower())}?timeout=5s&deadline=20s`,
    );
    const lost = proxy.cutNextAnswer((request) => request.includes('/db/execute'));
    const results = await behind.transact(operation('once', 1));
    expect(await lost).toContain('once');
    // The repetition found it done.
    expect(results.map(({ changes }) => changes)).toEqual([0, 0]);
    const { ids, counter } = await readLedger(executor);
    expect([...ids]).toEqual(['once']);
    expect(counter).toBe(1);
  });

  it('is ambiguous when no answer ever comes, although it was done', async () => {
    const executor = connect();
    await createLedger(executor);
    const proxy = await startCuttingProxy(cluster.address(await cluster.leader()));
    opened.push(proxy);
    const behind = connect(`rqlite://${proxy.address}?timeout=500ms&deadline=1s`);
    proxy.cutAnswers((request) => request.includes('/db/execute'));
    await expect(behind.transact(operation('done', 1))).rejects.toMatchObject({ code: 'ambiguous' });
    expect(proxy.cutCount).toBeGreaterThan(1);
    expect(await readLedger(executor)).toEqual({ ids: new Set(['done']), counter: 1 });
    // Reads are never ambiguous.
    expect(await behind.read([sql('SELECT value FROM ledger_counter')], 'leader')).toHaveLength(1);
  });
});

describe('fifty clients that want the same row', () => {
  it('get each version once', async () => {
    const clients = Array.from({ length: 50 }, () => connect());
    const [first] = clients;
    if (first === undefined) throw new Error('no client');
    await first.transact([
      sql('DROP TABLE IF EXISTS cas'),
      sql('DROP TABLE IF EXISTS won'),
      sql('CREATE TABLE cas (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, owner TEXT, attempt TEXT)'),
      sql('CREATE TABLE won (version INTEGER PRIMARY KEY, owner TEXT NOT NULL)'),
      sql('INSERT INTO cas VALUES (1, 0, NULL, NULL)'),
    ]);
    const versionCount = 12;
    const winners: string[][] = Array.from({ length: versionCount }, () => []);
    for (let version = 0; version < versionCount; version += 1) {
      await Promise.all(
        clients.map(async (client, index) => {
          const attempt = `${version}/${index}`;
          const results = await client.transact([
            sql(
              'UPDATE cas SET version = version + 1, owner = ?, attempt = ? WHERE id = 1 AND version = ?',
              `client-${index}`,
              attempt,
              version,
            ),
            sql('SELECT attempt FROM cas WHERE id = 1 AND version = ?', version + 1),
          ]);
          // By what stands there, not by the count: the first of two copies may have been the one that won.
          if (results[1]?.rows[0]?.['attempt'] === attempt) winners[version]?.push(attempt);
        }),
      );
    }
    expect(winners.map((one) => one.length)).toEqual(Array(versionCount).fill(1));
    expect((await first.read([sql('SELECT version FROM cas')], 'leader'))[0]?.rows).toEqual([
      { version: versionCount },
    ]);
  });
});

describe('the leader', () => {
  it('is found by its answers, and asked without a detour from then on', async () => {
    const leader = await cluster.leader();
    const followers = cluster.servers.map((_server, index) => index).filter((index) => index !== leader);
    const order = [...followers, leader].map((index) => cluster.address(index));
    const seen: string[] = [];
    const proxies = await Promise.all(
      order.map(async (address) => {
        const proxy = await startCuttingProxy(address);
        opened.push(proxy);
        proxy.cutAnswers((request) => {
          if (request.includes('/db/request')) seen.push(address);
          return false;
        });
        return proxy.address;
      }),
    );
    const executor = connect(`rqlite://${proxies.join(',')}?timeout=5s&deadline=20s`);
    await eventually('five requests straight to the leader', async () => {
      const leading = cluster.address(await cluster.leader());
      seen.length = 0;
      for (let round = 0; round < 5; round += 1) await executor.transact([sql('SELECT 1')]);
      return seen.length === 5 && seen.every((address) => address === leading) ? true : null;
    });
  });
});
