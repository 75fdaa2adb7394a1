import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import { createAbort } from '../adapters/system/index.ts';
import type { CheckResult, RunCheck } from './check.ts';
import { HealthCheck } from './health-check.ts';

const good: CheckResult = { isHealthy: true, reason: 'good' };
const bad: CheckResult = { isHealthy: false, reason: 'bad' };

function setUp(run: RunCheck, failuresUntilUnhealthy = 1) {
  const clock = new ManualClock();
  const changes: CheckResult[] = [];
  const options = { intervalMs: 1_000, timeoutMs: 300, failuresUntilUnhealthy, clock, createAbort };
  const check = new HealthCheck({ ...options, run, onChange: (health) => changes.push(health) });
  let hasEnded = false;
  const ended = check.run().then(() => {
    hasEnded = true;
  });
  return { clock, check, changes, ended, hasEnded: () => hasEnded };
}

describe('a check', () => {
  it('makes the node unhealthy until it has passed once', async () => {
    let result = bad;
    const { clock, check, changes } = setUp(async () => result);
    expect(check.health()).toEqual({ isHealthy: false, reason: 'the check has not finished yet' });
    await clock.run(500);
    expect(check.health()).toEqual(bad);
    result = good;
    await clock.run(1_000);
    expect(check.health()).toEqual(good);
    expect(changes).toEqual([bad, good]);
    check.stop();
  });

  it('tells changes only', async () => {
    const results = [good, good, bad, bad, good];
    const { clock, check, changes } = setUp(async () => results.shift() ?? good);
    await clock.run(10_000);
    expect(changes).toEqual([good, bad, good]);
    check.stop();
  });

  it('may fail as often as the settings allow', async () => {
    const results = [good, bad, bad, good, bad, bad, bad];
    const { clock, check, changes } = setUp(async () => results.shift() ?? bad, 3);
    await clock.run(5_500);
    expect(check.health().isHealthy).toBe(true);
    await clock.run(1_000);
    expect(check.health()).toEqual(bad);
    expect(changes).toEqual([good, bad]);
    check.stop();
  });

  it('that fails first is not healthy, however many failures are allowed', async () => {
    const { clock, check } = setUp(async () => bad, 3);
    await clock.run(100);
    expect(check.health().isHealthy).toBe(false);
    check.stop();
  });

  it('that takes too long has failed at its limit, is ended, and is never run twice at once', async () => {
    let runningCount = 0;
    let mostAtOnce = 0;
    let startCount = 0;
    const { clock, check } = setUp((signal) => {
      startCount++;
      runningCount++;
      mostAtOnce = Math.max(mostAtOnce, runningCount);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          // It takes its time to end.
          clock.setTimer(2_500, () => {
            runningCount--;
            resolve(good);
          });
        });
      });
    });
    await clock.run(299);
    expect(check.health().reason).toBe('the check has not finished yet');
    await clock.run(1);
    expect(check.health()).toEqual({ isHealthy: false, reason: 'the check took longer than 300 ms' });
    await clock.run(20_000);
    expect(mostAtOnce).toBe(1);
    expect(startCount).toBeGreaterThan(5);
    check.stop();
  });

  it('that never ends makes the node unhealthy by the age of its last result', async () => {
    let isFirst = true;
    const { clock, check } = setUp(() => {
      const result = isFirst ? Promise.resolve(good) : new Promise<CheckResult>(() => {});
      isFirst = false;
      return result;
    });
    await clock.run(1_200);
    expect(check.health()).toEqual(good);
    await clock.run(200);
    expect(check.health().isHealthy).toBe(false);
    await clock.run(10_000);
    expect(check.health().reason).toMatch(/^the last result of the check is \d+ ms old$/);
    check.stop();
  });

  it('that throws has failed, in words', async () => {
    const { clock, check } = setUp(() => Promise.reject(new Error('no such thing')));
    await clock.run(1);
    expect(check.health()).toEqual({ isHealthy: false, reason: 'the check failed: no such thing' });
    check.stop();
  });

  it('is waited for until it passes, or stops', async () => {
    let result = bad;
    const { clock, check } = setUp(async () => result);
    let isReady = false;
    void check.whenHealthy().then(() => {
      isReady = true;
    });
    await clock.run(3_000);
    expect(isReady).toBe(false);
    result = good;
    await clock.run(1_000);
    expect(isReady).toBe(true);

    const other = setUp(async () => bad);
    const waiting = other.check.whenHealthy();
    await other.clock.run(100);
    other.check.stop();
    await waiting;
    check.stop();
  });

  it('leaves nothing behind when it stops, also in the middle of a look', async () => {
    const { clock, check, ended } = setUp(
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(bad));
        }),
    );
    await clock.run(100);
    check.stop();
    await ended;
    expect(clock.timerCount).toBe(0);

    const idle = setUp(async () => good);
    await idle.clock.run(100);
    idle.check.stop();
    await idle.ended;
    await settle();
    expect(idle.clock.timerCount).toBe(0);
  });
});
