import { describe, expect, it } from 'vitest';
import { Problems } from '../../registry/problems.ts';
import { select } from '../../registry/rule.ts';
import { decodeAnswer } from './decode.ts';
import type { SqlRow } from './executor.ts';

const listed = select('listed', []);
const lines = select('sharedEvents', []);
const row: SqlRow = {
  id: 'a',
  ip_address: '192.0.2.1',
  internal_ip: null,
  region: null,
  status: 'active',
  last_seen: '2023-11-14 22:13:20',
  node_id: null,
  instance_id: null,
  keeps_shared: null,
};

describe('a row of SQL', () => {
  it.each([
    ['text', { id: 7 }],
    ['text', { id: null }],
    ['text or null', { ip_address: 7 }],
    // Such text came out of a database and could not be written into it again.
    ['text or null', { ip_address: '192.0\u0000.2.1' }],
    ['boolean or null', { keeps_shared: 'yes' }],
  ])('that has no %s where it should is left out, told of once, and hides no other', (kind, bad) => {
    const told: string[] = [];
    const ignore = (): void => {};
    const warn = (_fields: object, message: string): void => void told.push(message);
    const problems = new Problems({ debug: ignore, info: ignore, error: ignore, warn });
    const rows = [{ ...row, ...bad }, row, { ...row, ...bad }];
    expect(decodeAnswer(listed(), { rows, changes: 0 }, problems)).toMatchObject([{ id: 'a', nodeId: null }]);
    expect(told).toEqual([expect.stringContaining(`expected ${kind} as its`)]);
  });

  it('with an integer that was rounded on its way is left out', () => {
    const line = { observer_id: 'a', target_id: 'b', status: 'dead', created_at: '2023-11-14 22:13:20' };
    const rows = [2 ** 53, 7].map((id) => ({ id, ...line }));
    const problems = new Problems(null);
    expect(decodeAnswer(lines(), { rows, changes: 0 }, problems)).toMatchObject([{ id: 7 }]);
    expect(problems.count).toBe(1);
  });
});
