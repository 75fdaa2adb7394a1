import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { marksAt, noPlaces, unknownMarks, withReading } from './marks.ts';
import type { RoundReading } from './reading.ts';
import { resolveSettings } from './settings/config.ts';

const settings = resolveSettings({ nodeId: 'self', brakeReturnMs: 3_000, brakeWindowMs: 20_000 });

function readingOf(self: number, ...others: readonly number[]): RoundReading {
  const rows = others.map((beatOrder, index) => nodeOf(`n${index}`, { beatOrder }));
  return {
    ...{ self: nodeOf('self', { beatOrder: self }), ownBeat: null, isSelfDead: false, accuserIds: [] },
    ...{ successors: rows.slice(0, 1), beating: [], watched: rows.slice(1) },
    ...{ statements: [], openVerdicts: [], progress: { fence: 0, newestEvent: 0, epochFloor: 0 } },
  };
}

/** One reading a second, in which the newest place is that second. */
function read(from: number, until: number, before = noPlaces) {
  let places = before;
  for (let second = from; second <= until; second++)
    places = withReading(places, readingOf(second), second * 1_000, settings);
  return places;
}

describe('what an observer knows of the age of deaths', () => {
  it('is nothing when it has just started', () => {
    expect(marksAt(noPlaces, 5_000, settings)).toEqual(unknownMarks);
    expect(marksAt(read(1, 3), 3_500, settings)).toEqual(unknownMarks);
  });

  it('is the newest place that it had read so long ago, of any node', () => {
    expect(marksAt(read(1, 10), 10_000, settings)).toMatchObject({ returnMark: 7, deathMark: null });
    expect(marksAt(read(1, 30), 30_000, settings)).toMatchObject({ returnMark: 27, deathMark: 10 });
    const places = withReading(noPlaces, readingOf(3, 8, 12), 0, settings);
    expect(marksAt(places, 3_000, settings)).toMatchObject({ returnMark: 12 });
  });

  it('stays what it is over a gap between readings', () => {
    expect(marksAt(read(1, 30), 60_000, settings)).toMatchObject({ returnMark: 30, deathMark: 30 });
  });

  it('is no place that a registry which went back gives again', () => {
    const places = withReading(read(1, 30), readingOf(20), 31_000, settings);
    expect(marksAt(places, 60_000, settings)).toMatchObject({ returnMark: 20, deathMark: 20 });
    expect(marksAt(read(32, 40, places), 42_000, settings)).toMatchObject({ returnMark: 39, deathMark: 20 });
  });

  it('is remembered in a bounded number of places', () => {
    let places = noPlaces;
    for (let step = 1; step <= 50_000; step++)
      places = withReading(places, readingOf(step), step * 10, settings);
    for (const remembered of Object.values(places)) expect(remembered.length).toBeLessThan(70);
    const { returnMark, deathMark } = marksAt(places, 500_000, settings);
    expect(returnMark).toBeGreaterThan(50_000 - 330);
    expect(returnMark).toBeLessThanOrEqual(50_000 - 300);
    expect(deathMark).toBeGreaterThan(50_000 - 2_100);
    expect(deathMark).toBeLessThanOrEqual(50_000 - 2_000);
  });
});
