import { describe, expect, it } from 'vitest';
import { OncePer } from './once-per.ts';

describe('what repeats', () => {
  it('is told once for each key, for ever', () => {
    const once = new OncePer<string>({ capacity: 10 });
    expect(once.isDue('a', 0)).toBe(true);
    expect(once.isDue('b', 0)).toBe(true);
    expect(once.isDue('a', 1)).toBe(false);
    expect(once.isDue('a', Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it('is told again after a delay that counts from the last time it was told', () => {
    const once = new OncePer<string>({ capacity: 1, repeatAfterMs: 60 });
    const told = [0, 59, 60, 119, 130, 189, 190].filter((now) => once.isDue('a', now));
    expect(told).toEqual([0, 60, 130, 190]);
  });

  it('is told at delays that double with a back-off factor of 2', () => {
    const once = new OncePer<string>({ capacity: 1, repeatAfterMs: 10_000, backoffFactor: 2 });
    const told: number[] = [];
    for (let now = 0; now <= 3_600_000; now += 1_000) if (once.isDue('a', now)) told.push(now);
    expect(told).toEqual([0, 10_000, 30_000, 70_000, 150_000, 310_000, 630_000, 1_270_000, 2_550_000]);
  });

  it('has a bound: the key that was told longest ago is forgotten first', () => {
    const once = new OncePer<string>({ capacity: 2, repeatAfterMs: 100 });
    expect(once.isDue('a', 0)).toBe(true);
    expect(once.isDue('b', 1)).toBe(true);
    expect(once.isDue('a', 100)).toBe(true);
    expect(once.isDue('c', 100)).toBe(true);
    expect(once.isDue('a', 100)).toBe(false);
    expect(once.isDue('c', 100)).toBe(false);
    expect(once.isDue('b', 100)).toBe(true);
  });
});
