import { expect, it } from 'vitest';
import { MemoryStore } from '../adapters/memory/store.ts';
import type { Freshness, Query, Results } from '../ports/store.ts';
import { Problems } from './problems.ts';
import { readRound } from './round.ts';
import { Transactions } from './transactions.ts';

/** A store that tells what was asked of it. */
class ToldStore extends MemoryStore {
  readonly asked: Freshness[] = [];
  override read<const Queries extends readonly Query[]>(
    queries: Queries,
    freshness: Freshness = 'committed',
  ): Results<Queries> {
    this.asked.push(freshness);
    return super.read(queries);
  }
}

it.each([undefined, 'leader'] as const)('a round is one reading, of freshness %s', (freshness) => {
  const store = new ToldStore(() => 1);
  Object.defineProperty(store, 'isNeverStale', { value: false });
  const problems = new Problems(null);
  const transactions = new Transactions({ store, problems, pause: () => undefined, random: () => 0.5 });
  const request = { nodeId: 'a', epoch: 1, lookAhead: 4, watched: [], freshness };
  void transactions.run((now) => readRound(request, now), freshness ?? 'cheap');
  // One that acts for good would be read again from what is committed.
  expect(store.asked).toEqual([freshness ?? 'cheap']);
});
