import { describe, expect, it } from 'vitest';
import type { Commit, Write } from '../../ports/store.ts';
import { Plus, Taken } from '../../ports/store.ts';
import { atLeast, count } from '../../registry/rule.ts';
import { locksOf } from './locks.ts';

const oneNode = count('nodes', [
  ['epoch', '='],
  ['instanceId', 'not-null'],
  ['nodeId', '='],
]);
const living = count('nodes', [['lifecycle', '=']]);
const beat: Write = {
  ...{ kind: 'update', table: 'nodes', key: ['b'] },
  changes: { beatOrder: new Taken('beat'), rev: new Plus(1) },
};
const lease: Write = { kind: 'update', table: 'verdicts', key: ['c', 2], changes: { heldUntil: 1 } };

function locks(commit: Partial<Commit>): string[] {
  return locksOf({ operationIds: [], guards: [], writes: [], now: 0, ...commit }).map(({ sql, values }) => {
    const table = /FROM (\w+)/.exec(sql)?.[1] ?? '';
    return [table, ...values].join(' ');
  });
}

describe('a commit locks', () => {
  it('its own rows alone where it guards and changes rows by their keys', () => {
    expect(locks({ guards: [atLeast(oneNode(1, 'a'), 1)], writes: [lease, beat] })).toEqual([
      'ringwatch_nodes a b',
      'ringwatch_verdicts c 2',
    ]);
  });

  it.each<[string, Partial<Commit>]>([
    ['it counts rows', { guards: [atLeast(living('alive'), 1)], writes: [beat] }],
    ['it appends to the log', { writes: [beat, { kind: 'append', table: 'events', row: {} }] }],
    ['it makes a row', { writes: [beat, { kind: 'put', table: 'operations', row: { operationId: 'x' } }] }],
    ['it deletes', { writes: [beat, { kind: 'delete', query: living('left') }] }],
    ['it takes a fence', { writes: [beat, { ...lease, changes: { fence: new Taken('fence') } } as Write] }],
  ])('the row of the cluster first where %s', (_why, commit) => {
    const [first, ...others] = locks(commit);
    expect(first).toBe('ringwatch_cluster');
    expect(others).toContain('ringwatch_nodes b');
  });
});
