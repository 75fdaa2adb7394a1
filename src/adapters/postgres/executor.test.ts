import { describe, expect, it } from 'vitest';
import { PostgresExecutor } from './executor.ts';
import type { PostgresPool, PostgresQuery } from './pool.ts';

const ignore = (): void => undefined;
const done = [{}, {}, {}, { rows: [], rowCount: 1 }, {}];
const insert = [{ sql: 'INSERT INTO t VALUES (?, ?, ?)', values: ["it's \\ one", -1, null] }];

/** An error as `pg` throws it. */
function said(code: string, message = 'what the server says'): Error {
  return Object.assign(new Error(message), { code, severity: 'ERROR' });
}

/** A pool whose connections give these results or errors in turn, and what was sent to them. */
function poolOf(...answers: readonly unknown[]) {
  const sent: PostgresQuery[] = [];
  const released: (boolean | undefined)[] = [];
  let next = 0;
  const events = { on: ignore, removeListener: ignore };
  const client = {
    ...events,
    query: async (query: PostgresQuery): Promise<unknown> => {
      sent.push(query);
      if (query.text === 'ROLLBACK') return {};
      const answer = answers[next++];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    release: (isBroken?: boolean) => void released.push(isBroken),
  };
  const pool: PostgresPool = { ...events, connect: (give) => give(undefined, client) };
  return { pool, sent, released };
}

function open(pool: PostgresPool, deadlineMs = 2_000): PostgresExecutor {
  return new PostgresExecutor({ pool, schema: 'ours', deadlineMs });
}

describe('a transaction on PostgreSQL', () => {
  it('is one message, with its values in it', async () => {
    const { pool, sent, released } = poolOf(done);
    expect(await open(pool).transact(insert)).toEqual([{ rows: [], changes: 1 }]);
    expect(sent.map(({ text }) => text.replace(/= \d+;/, '= N;'))).toEqual([
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = N; ' +
        'SET LOCAL search_path TO "ours"; ' +
        "INSERT INTO t VALUES ( E'it''s \\\\ one', (-1), NULL); COMMIT",
    ]);
    expect(released).toEqual([false]);
  });

  it.each(['40001', '40P01'])('is made again after %s, in the time of the call', async (code) => {
    const { pool, sent } = poolOf(said(code), said(code), done);
    await open(pool).transact(insert);
    expect(sent.filter(({ text }) => text !== 'ROLLBACK')).toHaveLength(3);
    expect(sent.filter(({ text }) => text === 'ROLLBACK')).toHaveLength(2);
  });

  it.each(['57P05', '25P02', '25P03', '25P04'])(
    'is made again on another connection after %s',
    async (code) => {
      const { pool, released } = poolOf(said(code), done);
      await open(pool).transact(insert);
      expect(released).toEqual([true, false]);
    },
  );

  it('may have been done when the connection was lost, and was not when the server said so', async () => {
    const lost = Array.from({ length: 50 }, () => new Error('Connection terminated unexpectedly'));
    await expect(open(poolOf(...lost).pool, 100).transact(insert)).rejects.toMatchObject({
      code: 'ambiguous',
    });
    await expect(open(poolOf(said('53100')).pool).transact(insert)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(open(poolOf(said('23514')).pool).transact(insert)).rejects.toMatchObject({ code: 'schema' });
  });

  it('stays unknown when one try was lost, and the next could not be made', async () => {
    const { pool } = poolOf(said('57P01'), said('53100'));
    await expect(open(pool).transact(insert)).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('with half a character is refused before it is sent', async () => {
    const { pool, sent } = poolOf();
    const half = [{ sql: 'INSERT INTO t VALUES (?)', values: ['\ud800'] }];
    await expect(open(pool).transact(half)).rejects.toMatchObject({ code: 'invalid' });
    expect(sent).toEqual([]);
  });
});

describe('a reading on PostgreSQL', () => {
  const about = { now: 1_700_000_000_000, is_standby: 0, version: 150_000 };

  it('is one statement, and brings the clock along', async () => {
    const { pool, sent } = poolOf({ rows: [{ ...about, a0: '[{"x":1}]', a1: null }] });
    const executor = open(pool);
    const one = { sql: 'SELECT x FROM ringwatch_nodes t WHERE y = ?', values: ['?'] };
    const other = { sql: 'SELECT z FROM dns_nodes t LEFT JOIN ringwatch_nodes n ON n.a = t.a WHERE b = ?' };
    expect(await executor.read([one, { ...other, values: [2] }])).toEqual([
      { rows: [{ x: 1 }], changes: 0 },
      { rows: [], changes: 0 },
    ]);
    expect(sent[0]?.values).toEqual(['?', 2]);
    expect(sent[0]?.text).toContain('FROM "ours".ringwatch_nodes t WHERE y = $1');
    expect(sent[0]?.text).toContain('FROM "ours".dns_nodes t LEFT JOIN "ours".ringwatch_nodes n');
    expect(sent[0]?.text).toContain('b = $2');
    expect(await executor.now()).toBeGreaterThanOrEqual(about.now - 1_000);
    expect(sent).toHaveLength(1);
  });

  it('is made again when the connection was lost', async () => {
    const { pool, released } = poolOf(new Error('read ECONNRESET'), { rows: [about] });
    expect(await open(pool).read([])).toEqual([]);
    expect(released).toEqual([true, false]);
  });

  it.each(['26000', '42P05'])('is prepared no more after %s', async (code) => {
    const { pool, sent } = poolOf(said(code), { rows: [about] }, { rows: [about] });
    const executor = open(pool);
    await executor.read([]);
    await executor.read([]);
    expect(sent.map(({ name }) => name === undefined)).toEqual([false, true, true]);
  });
});
