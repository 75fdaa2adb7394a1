import { describe, expect, it } from 'vitest';
import { DetectorDriver } from '../../test/harness/detector-driver.ts';
import { resolveSettings } from './config.ts';
import { presenceOf, type SeenBeat, watchBeats } from './presence.ts';
import type { Presence } from './reading.ts';

/** Heartbeats every second, a watch of 3 s and 2 s more, a window of a minute. */
const settings = resolveSettings({ nodeId: 'self' }, 'local');
const hourMs = 3_600_000;

/** Reads at these instants; each reading has a heartbeat of this place and instant, and may come after a gap. */
function presenceAfter(
  readings: readonly (readonly [now: number, order: number, at: number, hasGap?: boolean])[],
) {
  let beats: readonly SeenBeat[] = [];
  let presence: Presence | null = null;
  for (const [now, order, at, hasGap = false] of readings) {
    beats = watchBeats(beats, { order, at }, { now, hasGap, settings });
    presence = presenceOf(beats, now, settings);
  }
  return presence;
}

/** The instant of the same. */
function watch(readings: Parameters<typeof presenceAfter>[0]): number | null {
  return presenceAfter(readings)?.since ?? null;
}

/** One reading a second, with a heartbeat in each, from `from` on; the registry's clock is `clock` of it. */
function steady(from: number, until: number, clock: (now: number) => number) {
  const readings: [number, number, number][] = [];
  for (let now = from; now <= until; now += 1_000) readings.push([now, now / 1_000, clock(now)]);
  return readings;
}

describe('since when a node must have been heard of', () => {
  it('is not known before a full watch', () => {
    expect(watch(steady(0, 4_000, (now) => now))).toBeNull();
    expect(watch(steady(0, 5_000, (now) => now))).toBe(-60_000);
    expect(watch(steady(0, 9_000, (now) => now))).toBe(4_000 - 60_000);
  });

  it.each([
    ['forward', hourMs],
    ['back', -hourMs],
  ])('is the lower side of a step %s until a full watch has passed on the other', (_, stepMs) => {
    const clock = (now: number): number => (now >= 10_000 ? now + stepMs : now);
    const lowestAt = (until: number): number | null => watch(steady(0, until, clock));
    expect(lowestAt(10_000)).toBe((stepMs > 0 ? 5_000 : 10_000 + stepMs) - 60_000);
    expect(lowestAt(14_000)).toBe((stepMs > 0 ? 9_000 : 10_000 + stepMs) - 60_000);
    expect(lowestAt(15_000)).toBe(10_000 + stepMs - 60_000);
  });

  it('is told by the place of the last heartbeat that is a full watch old, however the clock has stepped', () => {
    const clock = (now: number): number => (now === 12_000 ? now - hourMs : now);
    expect(presenceAfter(steady(0, 4_000, clock))).toBeNull();
    expect(
      [14_000, 15_000, 16_000].map((until) => presenceAfter(steady(0, until, clock))?.sinceOrder),
    ).toEqual([9, 10, 11]);
  });

  it('is not known after a gap, until a full watch has passed since', () => {
    const before = steady(0, 20_000, (now) => now);
    const after = steady(100_000, 105_000, (now) => now).map(([now, count, at]) => [now, count, at] as const);
    const [[now, count, at] = [0, 0, 0], ...rest] = after;
    const resumed = [...before, [now, count, at, true] as const, ...rest];
    expect(watch(resumed.slice(0, -1))).toBeNull();
    expect(watch(resumed)).toBe(100_000 - 60_000);
  });

  it('is not known while its own heartbeat stands still, though readings go on', () => {
    const still = [11, 12, 13, 14, 15, 16, 17, 18].map((second) => [second * 1_000, 10, 10_000] as const);
    const before = steady(0, 10_000, (now) => now);
    expect(watch([...before, ...still.slice(0, 2)])).not.toBeNull();
    expect(watch([...before, ...still.slice(0, 3)])).toBeNull();
    expect(watch([...before, ...still])).toBeNull();
  });

  it('takes an older heartbeat that a lagging follower shows for nothing new', () => {
    const before = steady(0, 10_000, (now) => now);
    const flapping = [11, 12, 13].map((second) => [second * 1_000, second % 2 ? 9 : 10, 9_000] as const);
    expect(watch([...before, ...flapping])).toBeNull();
  });

  it('remembers few heartbeats however many come, and forgets none of the low ones', () => {
    const many = resolveSettings(
      { nodeId: 'self', heartbeatIntervalMs: 10, heartbeatWindowMs: 60_000 },
      'local',
    );
    let beats: readonly SeenBeat[] = [];
    for (let now = 0; now <= 70_000; now += 10) {
      const at = now === 30_000 ? -hourMs : now;
      beats = watchBeats(beats, { order: now, at }, { now, hasGap: false, settings: many });
    }
    expect(beats.length).toBeLessThanOrEqual(64);
    expect(presenceOf(beats, 70_000, many)?.since).toBe(-hourMs - 60_000);
  });
});

describe('a question of death', () => {
  const asked = (driver: DetectorDriver) =>
    driver.effects.filter((effect) => effect.kind === 'decide').at(-1);
  const braked = { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 } as const;

  it('says since when, by the heartbeats before a step while they are within the watch', () => {
    const driver = new DetectorDriver(['t000', 't001', 't002']);
    driver.decide = () => braked;
    driver.run(300_000);
    driver.silent.add('t000');
    driver.registryNow = (at) => (at >= 480_000 ? at + hourMs : at);
    driver.run(200_000);
    expect(asked(driver)).toMatchObject({
      targetId: 't000',
      presence: { since: 360_000 - 900_000, sinceOrder: 12 },
    });
    driver.run(100_000);
    expect(asked(driver)).toMatchObject({
      presence: { since: 480_000 + hourMs - 900_000, sinceOrder: 16 },
    });
  });

  it('says nothing after an outage or a suspension', () => {
    const driver = new DetectorDriver(['t000', 't001', 't002']);
    driver.decide = () => braked;
    driver.run(300_000);
    driver.silent.add('t000');
    driver.run(200_000);
    driver.isRegistryUp = false;
    driver.run(100_000);
    driver.isRegistryUp = true;
    driver.run(50_000);
    expect(asked(driver)).toMatchObject({ presence: null });
    driver.run(100_000);
    expect(asked(driver)).not.toMatchObject({ presence: null });
    driver.wallNow += hourMs;
    driver.run(60_000);
    expect(asked(driver)).toMatchObject({ presence: null });
  });
});
