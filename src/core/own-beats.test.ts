import { describe, expect, it } from 'vitest';
import { DetectorDriver, nodeOf } from '../../test/harness/detector-driver.ts';
import { isSilent, watchBeats, watchedSince } from './own-beats.ts';
import type { SeenPlace } from './places.ts';
import { resolveSettings } from './settings/config.ts';

/** Heartbeats every second, a watch of 3 s and 2 s more. */
const settings = resolveSettings({ nodeId: 'self' }, 'local');
const hourMs = 3_600_000;

type Reading = readonly [now: number, order: number, hasGap?: boolean];

/** Reads at these instants, each time with its newest heartbeat of this place. */
function watch(readings: readonly Reading[]): number | null {
  let beats: readonly SeenPlace[] = [];
  let full: number | null = null;
  for (const [now, order, hasGap = false] of readings) {
    beats = watchBeats(beats, { order, at: 0 }, { now, hasGap, settings });
    full = watchedSince(beats, now, settings);
  }
  return full;
}

/** One reading a second, with a heartbeat in each. */
function steady(from: number, until: number): Reading[] {
  const readings: Reading[] = [];
  for (let now = from; now <= until; now += 1_000) readings.push([now, now / 1_000]);
  return readings;
}

describe('a full watch', () => {
  it('is there as soon as the own heartbeat of a full watch ago has been read', () => {
    expect(watch(steady(1_000, 6_000))).toBeNull();
    expect(watch(steady(1_000, 7_000))).toBe(1);
    expect(watch(steady(1_000, 10_000))).toBe(4);
  });

  it('is broken by a gap between readings, and there again a full watch later', () => {
    const resumed = (until: number): Reading[] => [
      ...steady(1_000, 20_000),
      [100_000, 100, true],
      ...steady(101_000, until),
    ];
    expect(watch(resumed(105_000))).toBeNull();
    expect(watch(resumed(106_000))).toBe(100);
  });

  it('is broken when the own heartbeat stands still for a heartbeat window, though readings go on', () => {
    const still: Reading[] = [11, 12, 13, 14, 15, 16, 17, 18].map((second) => [second * 1_000, 10]);
    const before = steady(1_000, 10_000);
    expect(watch([...before, ...still.slice(0, 2)])).not.toBeNull();
    expect(watch([...before, ...still.slice(0, 3)])).toBeNull();
    expect(watch([...before, ...still])).toBeNull();
  });

  it('begins with no heartbeat that stands still, however long that lasts, but with the next one', () => {
    const still = Array.from({ length: 20 }, (_, index): Reading => [11_000 + index * 1_000, 10]);
    const resumed = (until: number): Reading[] => [
      ...steady(1_000, 10_000),
      ...still,
      ...steady(31_000, until),
    ];
    expect(watch(resumed(36_000))).toBeNull();
    expect(watch(resumed(37_000))).toBe(31);
  });

  it('takes an older heartbeat that a lagging follower shows for nothing new', () => {
    const flapping: Reading[] = [11, 12, 13].map((second) => [second * 1_000, second % 2 ? 9 : 10]);
    expect(watch([...steady(1_000, 10_000), ...flapping])).toBeNull();
  });

  it('remembers few heartbeats however many come, and marks at most a little more than a full watch', () => {
    const many = resolveSettings(
      { nodeId: 'self', heartbeatIntervalMs: 10, heartbeatWindowMs: 60_000, registryTimeoutMs: 4_000 },
      'local',
    );
    let beats: readonly SeenPlace[] = [];
    for (let now = 10; now <= 200_000; now += 10) {
      beats = watchBeats(beats, { order: now, at: 0 }, { now, hasGap: false, settings: many });
      expect(beats.length).toBeLessThanOrEqual(36);
      if (now < 70_000) continue;
      const agoMs = now - (watchedSince(beats, now, many) ?? 0);
      expect(agoMs).toBeGreaterThanOrEqual(64_000);
      expect(agoMs).toBeLessThanOrEqual(66_100);
    }
    expect(beats.at(-1)?.order).toBe(200_000);
  });
});

describe('a node', () => {
  it('is silent when its newest heartbeat comes before the own one of a full watch ago', () => {
    const silent = [6, 7, 8].map((beatOrder) => isSilent(nodeOf('a', { beatOrder }), 7));
    expect(silent).toEqual([true, false, false]);
    expect(isSilent(nodeOf('a', { beatOrder: 0 }), null)).toBe(false);
  });
});

describe('a question of death', () => {
  it('says nothing of silence after an outage or a suspension', () => {
    const driver = new DetectorDriver(['t000', 't001', 't002']);
    const watchAsked = () => {
      const asked = driver.effects.filter((effect) => effect.kind === 'decide').at(-1);
      return asked?.watchedSince;
    };
    driver.decide = () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 });
    driver.run(300_000);
    driver.silent.add('t000');
    driver.run(200_000);
    expect(watchAsked()).toBe(1_300);
    driver.isRegistryUp = false;
    driver.run(100_000);
    driver.isRegistryUp = true;
    driver.run(50_000);
    expect(watchAsked()).toBeNull();
    driver.run(100_000);
    expect(watchAsked()).not.toBeNull();
    driver.wallNow += hourMs;
    driver.run(60_000);
    expect(watchAsked()).toBeNull();
  });
});
