import { expect, test } from 'vitest';
import { Seldom } from './seldom.ts';

test('what repeats for ever is told at once, and then at doubling intervals', () => {
  const seldom = new Seldom();
  const told: number[] = [];
  for (let now = 0; now <= 3_600_000; now += 1_000) if (seldom.isDue(now)) told.push(now);
  expect(told).toEqual([0, 10_000, 30_000, 70_000, 150_000, 310_000, 630_000, 1_270_000, 2_550_000]);
});
