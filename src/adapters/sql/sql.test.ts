import { describe, expect, it } from 'vitest';
import { raw, sql } from './sql.ts';

describe('sql', () => {
  it('binds every value and keeps it out of the text', () => {
    const id = `x'); DROP TABLE dns_nodes; --`;
    expect(sql`SELECT * FROM t WHERE id = ${id} AND n = ${3} AND b = ${true} AND z IS ${null}`).toEqual({
      sql: 'SELECT * FROM t WHERE id = ? AND n = ? AND b = ? AND z IS ?',
      values: [id, 3, 1, null],
    });
  });

  it('puts parts in their place with their values', () => {
    const part = sql`a = ${1}`;
    expect(sql`SELECT ${raw('x')} FROM t WHERE ${part} OR ${part} OR b = ${2}`).toEqual({
      sql: 'SELECT x FROM t WHERE a = ? OR a = ? OR b = ?',
      values: [1, 1, 2],
    });
  });

  it('says on one line what was written on many', () => {
    expect(
      sql`
      SELECT 1
        FROM t`.sql,
    ).toBe('SELECT 1 FROM t');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 'a\u0000b'])(
    'refuses %s, which no database keeps as it is',
    (value) => {
      expect(() => sql`SELECT ${value}`).toThrow(/nothing was written/);
    },
  );
});
