import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import { createAbort } from '../adapters/system/index.ts';
import type { CheckResult, RunCheck } from './check.ts';
import { type Health, HealthCheck } from './health-check.ts';

const good: CheckResult = { outcome: 'passed', reason: 'good' };
const bad: CheckResult = { outcome: 'failed', reason: 'bad' };
const unable: CheckResult = { outcome: 'not-run', reason: 'no file handles' };
const isGood: Health = { isHealthy: true, reason: 'good' };
const isBad: Health = { isHealthy: false, reason: 'bad' };
const isBadAtFirst: Health = {
  isHealthy: false,
  reason: 'bad; this node joins the cluster when the check passes',
};

function setUp(run: RunCheck, failuresUntilUnhealthy = 1) {
  const clock = new ManualClock();
  const changes: Health[] = [];
  const warnings: string[] = [];
  const check = new HealthCheck({
    ...{ intervalMs: 1_000, timeoutMs: 300, stallThresholdMs: 100, failuresUntilUnhealthy },
    ...{ clock, createAbort, run },
    onChange: (health) => changes.push(health),
    onNotRun: (message) => warnings.push(message),
  });
  let hasEnded = false;
  const ended = check.run().then(() => {
    hasEnded = true;
  });
  return { clock, check, changes, warnings, ended, hasEnded: () => hasEnded };
}

describe('a check', () => {
  it('makes the node unhealthy until it has passed once', async () => {
    let result = bad;
    const { clock, check, changes } = setUp(async () => result);
    expect(check.health()).toEqual({ isHealthy: false, reason: 'the check has not finished yet' });
    await clock.run(500);
    expect(check.health()).toEqual(isBad);
    result = good;
    await clock.run(1_000);
    expect(check.health()).toEqual(isGood);
    expect(changes).toEqual([isBadAtFirst, isGood]);
    check.stop();
  });

  it('tells changes only', async () => {
    const results = [good, good, bad, bad, good];
    const { clock, check, changes } = setUp(async () => results.shift() ?? good);
    await clock.run(10_000);
    expect(changes).toEqual([isGood, isBad, isGood]);
    check.stop();
  });

  it('may fail as often as the settings allow', async () => {
    const results = [good, bad, bad, good, bad, bad, bad];
    const { clock, check, changes } = setUp(async () => results.shift() ?? bad, 3);
    await clock.run(5_500);
    expect(check.health().isHealthy).toBe(true);
    await clock.run(1_000);
    expect(check.health()).toEqual(isBad);
    expect(changes).toEqual([isGood, isBad]);
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
    expect(check.health()).toEqual(isGood);
    await clock.run(200);
    expect(check.health().isHealthy).toBe(false);
    await clock.run(10_000);
    expect(check.health().reason).toMatch(/^the last result of the check is \d+ ms old$/);
    check.stop();
  });

  it('that could not run is a warning, and says nothing of the application', async () => {
    const results = [good, unable, unable, bad, unable, bad];
    const { clock, check, changes, warnings } = setUp(async () => results.shift() ?? good, 2);
    await clock.run(2_500);
    expect(check.health()).toEqual(isGood);
    expect(warnings).toEqual([
      'the check of the application could not run, which says nothing of it: no file handles',
    ]);
    await clock.run(2_000);
    expect(check.death).toBe(null);
    await clock.run(1_000);
    expect(check.death).toBe('bad');
    expect(changes).toEqual([isGood, isBad]);
    await clock.run(1_000);
    expect(check.death).toBe(null);
    check.stop();
  });

  it('that takes too long while this process stands still says nothing of the application', async () => {
    let isFirst = true;
    const { clock, check, warnings } = setUp(() => {
      const result = isFirst ? Promise.resolve(good) : new Promise<CheckResult>(() => {});
      isFirst = false;
      return result;
    });
    await clock.run(1_050);
    clock.stall(5_000);
    await clock.run(1);
    expect(check.death).toBe(null);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('this process stood still meanwhile');
    check.stop();
  });

  it('whose last result is old is no evidence that the application is dead', async () => {
    let isFirst = true;
    const { clock, check } = setUp(() => {
      const result = isFirst ? Promise.resolve(good) : Promise.resolve(unable);
      isFirst = false;
      return result;
    });
    await clock.run(20_000);
    expect(check.health().isHealthy).toBe(false);
    expect(check.death).toBe(null);
    check.stop();
  });

  it('that throws could not run, in words', async () => {
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
