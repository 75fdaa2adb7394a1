import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { select } from '../../registry/rule.ts';
import { SqliteExecutor } from '../sqlite/executor.ts';
import { migrate } from './migrate.ts';
import { QueryTexts } from './query-text.ts';

const votesInOrder = select('votes', [], {
  orderBy: [
    ['targetId', 'asc'],
    ['observerId', 'asc'],
  ],
  isLimited: true,
});

it('a limited deletion takes rows by all columns of their key', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ringwatch-query-'));
  const executor = await SqliteExecutor.open(join(directory, 'cluster.db'));
  try {
    await migrate(executor);
    const texts = new QueryTexts(new Set());
    const vote = { targetId: 't', targetEpoch: 1, observerEpoch: 1, status: 'dead', evidence: null };
    const rows = ['a', 'b', 'c'].map((observerId) => ({ ...vote, observerId, saidAt: 0, affirmedAt: 0 }));
    await executor.transact(rows.map((row) => texts.write({ kind: 'put', table: 'votes', row })));
    const [deleted] = await executor.transact([texts.write({ kind: 'delete', query: votesInOrder(2) })]);
    expect(deleted?.changes).toBe(2);
    const [left] = await executor.read([texts.select(votesInOrder(9))]);
    expect(left?.rows.map((row) => row['observer_id'])).toEqual(['c']);
  } finally {
    await executor.close();
    await rm(directory, { recursive: true, force: true });
  }
});
