import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReplayWindow } from './replay-window.ts';

it('each count of a sender is new once', () => {
  const window = new ReplayWindow();
  const takes = [10, 10, 11, 11, 10, 12].map((count) => window.take('a', 3, count));
  expect(takes).toEqual([true, false, true, false, false, true]);
});

it('one that was overtaken is new, and one that comes too late to tell is not', () => {
  const window = new ReplayWindow();
  const takes = [2_000, 1_990, 1_990, 977, 976, 5_000, 3_977, 3_976, 2_000].map((count) =>
    window.take('a', 3, count),
  );
  expect(takes).toEqual([true, true, false, true, false, true, true, false, false]);
});

it('senders have windows of their own', () => {
  const window = new ReplayWindow();
  expect([window.take('a', 3, 10), window.take('b', 3, 10), window.take('a', 3, 10)]).toEqual([
    true,
    true,
    false,
  ]);
});

it('a newer epoch of a sender begins anew, and then nothing of the older one is new', () => {
  const window = new ReplayWindow();
  const takes = (
    [
      [3, 10],
      [4, 5],
      [3, 11],
      [4, 5],
      [4, 6],
    ] as const
  ).map(([epoch, count]) => window.take('a', epoch, count));
  expect(takes).toEqual([true, true, false, false, true]);
});

it('no count is taken twice, whatever comes in whatever order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }), (counts) => {
      const window = new ReplayWindow();
      const taken = counts.filter((count) => window.take('a', 1, count));
      expect(new Set(taken).size).toBe(taken.length);
      const newest = Math.max(...counts, 0);
      // All that is near the newest one is taken: no message is refused for being overtaken.
      const near = new Set(counts.filter((count) => newest - count < 1_024));
      expect([...near].every((count) => taken.includes(count))).toBe(true);
    }),
  );
});

it('more senders than it remembers push out the one that was silent longest', () => {
  const window = new ReplayWindow();
  window.take('a', 1, 1);
  window.take('b', 1, 1);
  for (let other = 0; other < 254; other++) window.take(`other-${other}`, 1, 1);
  window.take('a', 1, 2);
  window.take('one-more', 1, 1);
  expect([window.take('a', 1, 2), window.take('b', 1, 1)]).toEqual([false, true]);
});
