import { describe, expect, it } from 'vitest';
import { decodeAnswer } from './answer.ts';

const statement = { sql: 'SELECT 1', values: [] };

function decode(body: unknown, statementCount = 1, status = 200) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const statements = Array.from({ length: statementCount }, () => statement);
  return decodeAnswer({ status, body: text, servedBy: null }, statements);
}

describe('an answer of rqlite', () => {
  it('gives rows by column, and none where the values are left out', () => {
    const columns = ['id', 'count'];
    const types = ['text', 'integer'];
    expect(
      decode(
        {
          results: [
            { columns, types, values: [['a', 1]] },
            { columns, types },
          ],
        },
        2,
      ),
    ).toEqual({
      results: [
        { rows: [{ id: 'a', count: 1 }], changes: 0 },
        { rows: [], changes: 0 },
      ],
    });
  });

  it('has changed nothing where the count is left out', () => {
    expect(decode({ results: [{ last_insert_id: 7 }, { rows_affected: 2 }, {}] }, 3)).toEqual({
      results: [0, 2, 0].map((changes) => ({ rows: [], changes })),
    });
  });

  it('shows BOOLEAN columns as the integers that they are', () => {
    const result = { columns: ['a', 'b'], types: ['boolean', 'boolean'], values: [[true, false]] };
    expect(decode({ results: [result] })).toEqual({ results: [{ rows: [{ a: 1, b: 0 }], changes: 0 }] });
  });

  it('refuses an integer that JSON rounds, and keeps a large real', () => {
    const body = '{"results":[{"columns":["v"],"types":["TYPE"],"values":[[9007199254740993]]}]}';
    expect(decode(body.replace('TYPE', 'integer'))).toMatchObject({ failure: { code: 'schema' } });
    expect(decode(body.replace('TYPE', 'real'))).toMatchObject({ results: [{ rows: [{ v: 2 ** 53 }] }] });
  });

  it.each([
    ['leader not found', 'unavailable'],
    ['not leader', 'unavailable'],
    ['stale read', 'unavailable'],
    [
      'node failed to process Request on remote node at h:1: pool get: dial tcp h:1: connection refused',
      'unavailable',
    ],
    ['leadership lost while committing log', 'ambiguous'],
    ['node failed to process Request on remote node at h:1: read protobuf length: EOF', 'ambiguous'],
    ['timed out enqueuing operation', 'ambiguous'],
    ['something new', 'ambiguous'],
  ])('with status 200 and the error "%s" at the top is %s', (error, code) => {
    expect(decode({ results: [], error })).toMatchObject({ failure: { code } });
  });

  it.each([
    ['no such table: t', 'schema'],
    ['no such column: c', 'schema'],
    ['near "SELEC": syntax error', 'invalid'],
    ['database is locked', 'unavailable'],
  ])('with status 200 and "%s" in a statement is %s', (error, code) => {
    const decoded = decode({ results: [{ rows_affected: 1 }, { error }] }, 3);
    expect(decoded).toMatchObject({ failure: { code } });
    expect(decoded).toHaveProperty('failure.reason', expect.stringContaining(error));
    expect(decoded).toHaveProperty('failure.reason', expect.stringContaining('SELECT 1'));
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [400, 'invalid'],
    [301, 'invalid'],
    [404, 'invalid'],
    [429, 'unavailable'],
    [500, 'ambiguous'],
    [502, 'ambiguous'],
    [503, 'ambiguous'],
  ])('with status %i is %s', (status, code) => {
    expect(decode('what a proxy says', 1, status)).toMatchObject({ failure: { code } });
  });

  it('is harmless when a 503 says that there is no leader', () => {
    expect(decode('leader not found\n', 1, 503)).toMatchObject({ failure: { code: 'unavailable' } });
  });

  it.each([
    ['', 'not JSON'],
    ['{"results":[{"rows_aff', 'not JSON'],
    ['<html>', 'not JSON'],
    ['null', 'not an object'],
    ['[]', 'not an object'],
    ['{}', 'no results'],
    ['{"results":{}}', 'no results'],
    ['{"results":[]}', 'result 1 of 1 is missing'],
    ['{"results":[3]}', 'result 1 of 1 is missing'],
    ['{"results":[{"rows_affected":"1"}]}', 'rows_affected'],
    ['{"results":[{"columns":{}}]}', 'no lists'],
    ['{"results":[{"columns":["a"],"values":[[1,2]]}]}', 'one value per column'],
    ['{"results":[{"columns":["a"],"values":[{"a":1}]}]}', 'one value per column'],
    ['{"results":[{"columns":["a"],"values":[[{}]]}]}', 'no SQL value'],
  ])('that reads %j is nonsense, and what it belongs to may have been done', (body, reason) => {
    const decoded = decode(body);
    expect(decoded).toMatchObject({ failure: { code: 'ambiguous' } });
    expect(decoded).toHaveProperty('failure.reason', expect.stringContaining(reason));
  });
});
