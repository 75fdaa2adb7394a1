import { expect, it } from 'vitest';
import { MemoryStore } from '../adapters/memory/store.ts';
import type { CommitResult } from '../ports/store.ts';
import { Problems } from './problems.ts';
import { change } from './rule.ts';
import { Transactions } from './transactions.ts';

/** What was read is never still so. */
class MovingStore extends MemoryStore {
  override commit(): CommitResult {
    return { outcome: 'moved' };
  }
}

it('a call that always finds its rows changed ends, and names a row that cannot be read', () => {
  const problems = new Problems(null);
  const store = new MovingStore(() => 1);
  const transactions = new Transactions({ store, problems, pause: () => undefined, random: () => 0.5 });
  const call = () =>
    transactions.run(() =>
      change('done', [{ kind: 'update', table: 'nodes', key: ['a'], changes: { region: 'x' } }], []),
    );
  expect(call).toThrow(/20 times; nothing was written. Too many nodes write at once: call again later/);
  problems.report('ringwatch_nodes', 'a', 'expected text as its address');
  expect(call).toThrow(/The last one was a: A row of ringwatch_nodes is passed over: expected text/);
});
