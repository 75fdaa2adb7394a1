import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { VirtualProcess } from './process.ts';
import { Scheduler } from './scheduler.ts';

const drain = async (): Promise<void> => void (await nextTurn());

describe('VirtualProcess', () => {
  it('fires a timer not before its time on its own clock, however that drifts', async () => {
    for (const driftPpm of [-200_000, -50, 0, 30, 100_000]) {
      const scheduler = new Scheduler(drain);
      const { clock } = new VirtualProcess(scheduler, { driftPpm });
      const begun = clock.now();
      let lasted = 0;
      clock.setTimer(1_000, () => {
        lasted = clock.now() - begun;
      });
      await scheduler.runTo(10_000);
      expect(lasted).toBeGreaterThanOrEqual(1_000);
      expect(lasted).toBeLessThan(1_001);
    }
  });

  it('shows a wall clock that is off and that can step, and a monotonic one that never goes back', async () => {
    const scheduler = new Scheduler(drain);
    const truth = new VirtualProcess(scheduler);
    const process = new VirtualProcess(scheduler, { skewMs: -3_600_000 });
    await scheduler.runTo(5_000);
    expect(process.clock.wallNow()).toBe(truth.clock.wallNow() - 3_600_000);
    process.stepWallClock(-7_000);
    expect(process.clock.wallNow()).toBe(truth.clock.wallNow() - 3_607_000);
    expect(process.clock.now()).toBe(truth.clock.now());
  });

  it('holds timers and deliveries back while it stalls, then runs timers first', async () => {
    const scheduler = new Scheduler(drain);
    const process = new VirtualProcess(scheduler);
    const seen: string[] = [];
    process.clock.setTimer(200, () => seen.push(`second timer ${Math.round(process.clock.now())}`));
    process.clock.setTimer(100, () => seen.push(`first timer ${Math.round(process.clock.now())}`));
    process.pause(1_000, 'stalled');
    scheduler.after(50, () => process.deliver(() => seen.push('delivery')));
    await scheduler.runTo(999);
    expect(seen).toEqual([]);
    await scheduler.runTo(2_000);
    expect(seen).toEqual(['first timer 1000', 'second timer 1000', 'delivery']);
  });

  it('stops its monotonic clock and its timers while it is suspended, but not the wall clock', async () => {
    const scheduler = new Scheduler(drain);
    const process = new VirtualProcess(scheduler);
    const wallBefore = process.clock.wallNow();
    let firedAt = 0;
    process.clock.setTimer(1_000, () => {
      firedAt = scheduler.now;
    });
    scheduler.after(400, () => process.pause(10_000, 'suspended'));
    await scheduler.runTo(20_000);
    expect(firedAt).toBeCloseTo(11_000, 0);
    expect(process.clock.now()).toBeCloseTo(10_000, 0);
    expect(process.clock.wallNow() - wallBefore).toBe(20_000);
  });

  it('lengthens a pause by a pause', async () => {
    const scheduler = new Scheduler(drain);
    const process = new VirtualProcess(scheduler);
    process.pause(1_000, 'stalled');
    scheduler.after(500, () => process.pause(2_000, 'stalled'));
    await scheduler.runTo(2_400);
    expect(process.isRunning).toBe(false);
    await scheduler.runTo(2_500);
    expect(process.isRunning).toBe(true);
  });

  it('does nothing more after its end', async () => {
    const scheduler = new Scheduler(drain);
    const process = new VirtualProcess(scheduler);
    const seen: string[] = [];
    process.clock.setTimer(100, () => seen.push('timer'));
    scheduler.after(50, () => process.end());
    scheduler.after(60, () => process.deliver(() => seen.push('delivery')));
    process.pause(10, 'stalled');
    await scheduler.runTo(1_000);
    expect(seen).toEqual([]);
    expect(process.hasEnded).toBe(true);
  });
});
