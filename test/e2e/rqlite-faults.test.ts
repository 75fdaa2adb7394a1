/**
 * The rqlite adapter on a real cluster of three whose servers are killed, paused and started again. No acknowledged
 * write may be lost or done twice, and every call ends within its bound.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { briskRaft, eventually, startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';
import { createLedger, operation, readLedger, writeUntil } from '../harness/rqlite-ledger.ts';

let cluster: TestCluster;
const executors: SqlExecutor[] = [];
/** Long enough for an election on a busy machine. */
const patient = 'timeout=1s&deadline=30s';
const select = [{ sql: 'SELECT value FROM ledger_counter', values: [] }];

beforeAll(async () => {
  cluster = await startTestCluster({ flags: [...briskRaft] });
});
afterAll(() => cluster?.dispose());
afterEach(async () => {
  await Promise.all(executors.splice(0).map((executor) => executor.close()));
  await cluster.heal();
});

function connect(parameters = patient, indexes: readonly number[] = [0, 1, 2]): SqlExecutor {
  const hosts = indexes.map((index) => cluster.address(index)).join(',');
  const executor = openRqliteExecutor(parseRqliteUrl(`rqlite://${hosts}?${parameters}`));
  executors.push(executor);
  return executor;
}

/** Indexes with the given one first. */
function beginningWith(index: number): number[] {
  return [index, ...[0, 1, 2].filter((other) => other !== index)];
}

/** Writes through several clients, does `disturb` when the first writes are done, and goes on until more are. */
async function writeThrough(disturb: () => Promise<void>) {
  const control = connect();
  await createLedger(control);
  const enough = new AbortController();
  let count = 0;
  const writers = [connect(), connect(), connect()];
  const running = writeUntil(enough.signal, writers, () => {
    count += 1;
  });
  try {
    await eventually('the first writes', async () => (count >= 30 ? true : null));
    await disturb();
    const before = count;
    await eventually('writes after the fault', async () => (count >= before + 30 ? true : null));
  } finally {
    enough.abort();
  }
  const { acknowledged, failures } = await running;
  const { ids, counter } = await readLedger(control);
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  expect(counter).toBe(ids.size);
  // The bound is longer than any election: no call had to give up.
  expect(failures).toEqual([]);
  expect(ids.size).toBe(acknowledged.length);
}

describe('writes', () => {
  it('go on when the leader is killed among them', async () => {
    await writeThrough(async () => cluster.kill(await cluster.leader()));
  });

  it('go on when the leader is paused among them, and when it comes back', async () => {
    await writeThrough(async () => {
      const old = await cluster.leader();
      await cluster.stop(old);
      await cluster.leader();
      cluster.continue(old);
    });
  });

  it('go on when a follower is paused, and when one is killed and started again', async () => {
    await writeThrough(async () => {
      const follower = await cluster.follower();
      await cluster.stop(follower);
      const other = [0, 1, 2].find((index) => index !== follower);
      expect(other).toBeDefined();
      await cluster.leader();
      cluster.continue(follower);
      await cluster.kill(follower);
      await cluster.restart(follower);
    });
  });

  it('go on when the leader is killed between them', async () => {
    const executor = connect();
    await createLedger(executor);
    await executor.transact(operation('before', 1));
    await cluster.kill(await cluster.leader());
    await executor.transact(operation('after', 1));
    expect(await readLedger(executor)).toEqual({ ids: new Set(['before', 'after']), counter: 2 });
  });

  it('cost about one time-out and no 30 s when the leader that they go to is paused', async () => {
    const leader = await cluster.leader();
    const executor = connect('timeout=500ms&deadline=30s', beginningWith(leader));
    await createLedger(executor);
    await cluster.stop(leader);
    const startedAt = performance.now();
    await executor.transact(operation('patience', 1));
    // rqlite by itself would keep the request for 30 s.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it('begin with the next host when the first one of the URL is dead', async () => {
    const follower = await cluster.follower();
    await cluster.kill(follower);
    const executor = connect(patient, beginningWith(follower));
    await createLedger(executor);
    await executor.transact(operation('one', 1));
    expect(await readLedger(executor)).toEqual({ ids: new Set(['one']), counter: 1 });
    expect(await executor.read(select, 'cheap')).toEqual([{ rows: [{ value: 1 }], changes: 0 }]);
  });
});

describe('cheap reads', () => {
  it('leave a paused host after one time-out, and stay with the one that answered', async () => {
    const follower = await cluster.follower();
    const executor = connect('timeout=500ms&deadline=30s', beginningWith(follower));
    await createLedger(executor);
    const spare = connect(patient, beginningWith(follower));
    await spare.now();
    await cluster.agreedDump();
    await cluster.stop(follower);
    const startedAt = performance.now();
    for (let round = 0; round < 20; round += 1) {
      expect(await spare.read(select, 'cheap')).toEqual([{ rows: [{ value: 0 }], changes: 0 }]);
    }
    // One time-out of a second, not twenty.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});

describe('without a leader', () => {
  it('calls fail clearly within their bound, and work again when there is a quorum', async () => {
    const executor = connect('timeout=400ms&deadline=800ms&freshness=500ms');
    await eventually('tables', () =>
      createLedger(executor)
        .then(() => true)
        .catch(() => null),
    );
    await eventually('a clock', () => executor.now().catch(() => null));
    const leader = await cluster.leader();
    await Promise.all([0, 1, 2].filter((index) => index !== leader).map((index) => cluster.kill(index)));
    // The leader notices only after a while that it is alone.
    const failure = await eventually('a refusal', () =>
      executor.transact(operation('never', 1)).then(
        () => null,
        (error: { code: string }) => (error.code === 'unavailable' ? error : null),
      ),
    );
    expect(failure).toMatchObject({
      name: 'RegistryError',
      message: expect.stringMatching(/leader not found|ECONNREFUSED/),
    });
    const startedAt = performance.now();
    for (const consistency of ['leader', 'cheap'] as const) {
      await expect(executor.read(select, consistency)).rejects.toMatchObject({ code: 'unavailable' });
    }
    // The clock goes on by itself for a while.
    expect(await executor.now()).toBeGreaterThan(1_600_000_000_000);
    expect(performance.now() - startedAt).toBeLessThan(20_000);

    await cluster.restart([0, 1, 2].find((index) => index !== leader) ?? 0);
    await eventually('a write', () => executor.transact(operation('again', 1)).catch(() => null));
    const control = connect();
    const { ids, counter } = await readLedger(control);
    expect(ids.has('again')).toBe(true);
    expect(counter).toBe(ids.size);
  });
});

describe('a leader that was paused while another one was elected', () => {
  it('may answer with what was true before, but decides nothing', async () => {
    const old = await cluster.leader();
    const others = [0, 1, 2].filter((index) => index !== old);
    const control = connect(patient, others);
    await createLedger(control);
    await control.transact([
      {
        sql: 'CREATE TABLE IF NOT EXISTS cas (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, owner TEXT)',
        values: [],
      },
      { sql: 'DELETE FROM cas', values: [] },
      { sql: 'INSERT INTO cas VALUES (1, 1, NULL)', values: [] },
    ]);
    const swap = (owner: string) => [
      { sql: 'UPDATE cas SET version = 2, owner = ? WHERE id = 1 AND version = 1', values: [owner] },
      { sql: 'SELECT owner FROM cas WHERE id = 1', values: [] },
    ];
    const read = [{ sql: 'SELECT owner FROM cas WHERE id = 1', values: [] }];
    const late = connect('timeout=20s&deadline=30s', [old]);
    // It knows the texts already, so that the claim itself is its next request.
    await late.transact(swap('trial'));
    await control.transact([{ sql: 'UPDATE cas SET version = 1, owner = NULL WHERE id = 1', values: [] }]);

    await cluster.stop(old);
    // These wait in the socket of the paused server, which still thinks that it leads when it goes on.
    const lateClaim = late.transact(swap('late'));
    const lateReads = Promise.all([late.read(read, 'leader'), late.read(read, 'leader')]);
    const [, winner] = await control.transact(swap('first'));
    expect(winner?.rows).toEqual([{ owner: 'first' }]);
    cluster.continue(old);

    const [, loser] = await lateClaim;
    expect(loser?.rows).toEqual([{ owner: 'first' }]);
    for (const [result] of await lateReads) expect(result?.rows).toEqual([{ owner: 'first' }]);
    expect((await control.read(read, 'leader'))[0]?.rows).toEqual([{ owner: 'first' }]);
  });
});

describe('the clock', () => {
  it('is read anew when another server leads', async () => {
    const executor = connect();
    const before = await executor.now();
    await cluster.kill(await cluster.leader());
    await executor.transact([{ sql: 'CREATE TABLE IF NOT EXISTS c (id INTEGER PRIMARY KEY)', values: [] }]);
    const after = await executor.now();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(Math.abs(after - Date.now())).toBeLessThan(10_000);
  });
});
