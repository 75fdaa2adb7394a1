import { describe, expect, it } from 'vitest';
import { LeaderClock } from './leader-clock.ts';

const epoch = 1_700_000_000_000;

describe('the clock of the leader', () => {
  it('is unknown until it was read', () => {
    expect(new LeaderClock().read(5)).toBeNull();
  });

  it('goes on by the monotonic clock, from the middle of the round trip', () => {
    const clock = new LeaderClock();
    clock.observe(epoch, 100, 120);
    expect(clock.read(110)).toBe(epoch);
    expect(clock.read(1_110.7)).toBe(epoch + 1_000);
    expect(clock.readAt).toBe(120);
  });

  it('stands still rather than go back by an error of reading', () => {
    const clock = new LeaderClock();
    clock.observe(epoch, 0, 400);
    expect(clock.read(400)).toBe(epoch + 200);
    // The first answer was slow on its way back: the leader had been asked at 390.
    clock.observe(epoch + 10, 400, 402);
    expect(clock.read(402)).toBe(epoch + 200);
    expect(clock.read(500)).toBe(epoch + 200);
    expect(clock.read(1_000)).toBeGreaterThan(epoch + 590);
  });

  it('does not let a slow reading spoil a good one', () => {
    const clock = new LeaderClock();
    clock.observe(epoch, 0, 2);
    clock.observe(epoch + 30_000, 30_001, 32_001);
    expect(clock.read(40_001)).toBe(epoch + 40_000);
  });

  it('follows a leader whose clock is behind', () => {
    const clock = new LeaderClock();
    clock.observe(epoch, 0, 2);
    expect(clock.read(1_001)).toBe(epoch + 1_000);
    clock.observe(epoch - 60_000, 2_000, 2_002);
    expect(clock.read(2_001)).toBeLessThan(epoch - 59_990);
  });

  it('follows a leader whose clock is ahead', () => {
    const clock = new LeaderClock();
    clock.observe(epoch, 0, 2);
    clock.observe(epoch + 3_600_000, 1_000, 1_002);
    expect(clock.read(1_001)).toBeGreaterThan(epoch + 3_599_990);
  });

  it('never goes back within one leader, whatever the round trips are', () => {
    const clock = new LeaderClock();
    let seed = 7;
    const next = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    let newest = 0;
    let at = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const sentAt = at;
      const askedAt = sentAt + next() * 300;
      at = askedAt + next() * 300;
      clock.observe(Math.floor(epoch + askedAt * 1.0001), sentAt, at);
      const now = clock.read(at) ?? 0;
      expect(now).toBeGreaterThanOrEqual(newest);
      expect(Math.abs(now - (epoch + at * 1.0001))).toBeLessThan(310);
      newest = now;
      at += next() * 20_000;
    }
  });
});
