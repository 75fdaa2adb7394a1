import { describe, expect, it } from 'vitest';
import { always, drawMs, evenly, latencies } from './latency.ts';
import { seededRandom } from './random.ts';

const draws = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, on every machine', () => {
    const first = seededRandom(7, 'network');
    const second = seededRandom(7, 'network');
    expect(draws(100, () => first.next())).toEqual(draws(100, () => second.next()));
    const known = seededRandom(1);
    expect(draws(4, () => known.integer(0, 999_999))).toMatchInlineSnapshot(`
      [
        19436,
        559894,
        381989,
        616906,
      ]
    `);
  });

  it('gives other numbers for another seed, and for a stream of another name', () => {
    const one = seededRandom(1);
    const streams = [one, seededRandom(2), one.stream('a'), one.stream('b'), one.stream('a').stream('b')];
    const firsts = streams.map((stream) => stream.next());
    expect(new Set(firsts).size).toBe(streams.length);
  });

  it('does not shift a stream by draws from another one', () => {
    const untouched = seededRandom(3);
    const drawn = seededRandom(3);
    draws(10, () => drawn.next());
    expect(drawn.stream('clock').next()).toBe(untouched.stream('clock').next());
  });

  it('is even: every tenth gets its share', () => {
    const random = seededRandom(11, 'even');
    const tenths = new Array<number>(10).fill(0);
    for (const value of draws(100_000, () => random.next())) {
      expect(value >= 0 && value < 1).toBe(true);
      tenths[Math.floor(value * 10)] = (tenths[Math.floor(value * 10)] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('samples different items, and all of them when there are too few', () => {
    const random = seededRandom(5);
    const sample = random.sample([1, 2, 3, 4, 5], 3);
    expect(new Set(sample).size).toBe(3);
    expect(random.sample([1, 2], 5).sort()).toEqual([1, 2]);
    expect(() => random.pick([])).toThrow(/at least one/);
  });
});

describe('drawMs', () => {
  it('keeps to the quantiles that were given', () => {
    const random = seededRandom(2);
    const times = draws(20_000, () => drawMs(latencies.wan, random)).sort((a, b) => a - b);
    const at = (part: number): number => times[Math.floor(part * times.length)] ?? Number.NaN;
    expect(at(0.5)).toBeCloseTo(latencies.wan.medianMs, -0.5);
    expect(Math.abs(at(0.9) - latencies.wan.p90Ms)).toBeLessThan(3);
    expect(at(0)).toBeGreaterThanOrEqual(latencies.wan.leastMs);
    expect(at(0.99999)).toBeLessThanOrEqual(latencies.wan.mostMs);
  });

  it('knows constants and even ranges', () => {
    const random = seededRandom(4);
    expect(drawMs(always(7), random)).toBe(7);
    const times = draws(1_000, () => drawMs(evenly(10, 20), random));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...times)).toBeLessThan(20);
  });
});
