import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';

const drain = async (): Promise<void> => void (await nextTurn());

describe('Scheduler', () => {
  it('runs events in the order of their instants, and those of one instant in the order in which they were made', async () => {
    const scheduler = new Scheduler(drain);
    const random = seededRandom(1);
    const expected: [number, number][] = [];
    const ran: [number, number][] = [];
    for (let index = 0; index < 500; index++) {
      const at = random.integer(0, 50);
      expected.push([at, index]);
      scheduler.after(at, () => ran.push([scheduler.now, index]));
    }
    await scheduler.runTo(100);
    expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    expect(ran).toEqual(expected);
    expect(scheduler.now).toBe(100);
  });

  it('does not let time go on before every promise of an event has been followed to its end', async () => {
    const scheduler = new Scheduler(drain);
    const seen: string[] = [];
    scheduler.after(5, () => {
      void (async () => {
        for (let turn = 0; turn < 200; turn++) await undefined;
        seen.push(`chain ended at ${scheduler.now}`);
      })();
    });
    scheduler.after(6, () => seen.push('next event'));
    await scheduler.runTo(10);
    expect(seen).toEqual(['chain ended at 5', 'next event']);
  });

  it('does not run what was cancelled, and what lies beyond the end', async () => {
    const scheduler = new Scheduler(drain);
    const ran: string[] = [];
    scheduler.after(1, () => ran.push('cancelled')).cancel();
    scheduler.after(11, () => ran.push('later'));
    await scheduler.runTo(10);
    expect(ran).toEqual([]);
    await scheduler.runTo(11);
    expect(ran).toEqual(['later']);
  });

  it('stops after the event that makes the condition false', async () => {
    const scheduler = new Scheduler(drain);
    let count = 0;
    for (let at = 1; at <= 5; at++) scheduler.after(at, () => void count++);
    expect(await scheduler.runWhile(100, () => count < 3)).toBe(false);
    expect([count, scheduler.now]).toEqual([3, 3]);
  });

  it('refuses a delay that is no number', () => {
    expect(() => new Scheduler(drain).after(Number.NaN, () => undefined)).toThrow(/got NaN/);
  });
});
