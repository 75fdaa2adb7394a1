import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAbort, systemClock, systemRandom } from './index.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock', () => {
  it('never goes back, and its timers never fire early', async () => {
    for (const delayMs of [0, 0.4, 1, 3.7]) {
      const startedAt = systemClock.now();
      await new Promise<void>((resolve) => systemClock.setTimer(delayMs, resolve));
      expect(systemClock.now() - startedAt).toBeGreaterThanOrEqual(delayMs);
    }
  });

  it('waits for longer than the platform can in one go', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const run = vi.fn();
    systemClock.setTimer(30 * 86_400_000, run);
    vi.advanceTimersByTime(30 * 86_400_000 - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets a timer that is cancelled, also between two stages, and twice', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const run = vi.fn();
    const timer = systemClock.setTimer(30 * 86_400_000, run);
    vi.advanceTimersByTime(29 * 86_400_000);
    timer.cancel();
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(30 * 86_400_000);
    expect(run).not.toHaveBeenCalled();
  });

  it('takes a negative delay as none', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const run = vi.fn();
    systemClock.setTimer(-5, run);
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('tells the wall time in milliseconds since 1970', () => {
    expect(Math.abs(systemClock.wallNow() - Date.now())).toBeLessThan(60_000);
  });
});

describe('chance', () => {
  it('is at least 0, below 1, and not always the same', () => {
    const draws = Array.from({ length: 100 }, () => systemRandom.next());
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(new Set(draws).size).toBeGreaterThan(1);
  });
});

describe('a signal', () => {
  it('takes many listeners without a warning, and tells them all', () => {
    const warn = vi.spyOn(process, 'emitWarning');
    const handle = createAbort();
    const listener = vi.fn();
    for (let count = 0; count < 50; count++) handle.signal.addEventListener('abort', () => listener());
    handle.abort(new Error('enough'));
    expect(listener).toHaveBeenCalledTimes(50);
    expect(handle.signal.reason).toEqual(new Error('enough'));
    expect(warn).not.toHaveBeenCalled();
  });
});
