/**
 * How old deaths and returns are at least, as this observer knows it by its own monotonic clock. It remembers which places
 * of the registry's one order of heartbeats it has read, and when. A gap between readings spoils nothing: what was read
 * before it is still at least as old. Not for: what weighs on the brake, or what
 * flaps (the registry's rules).
 */
import { placeOfAge, type SeenPlace, withPlace } from './places.ts';
import type { RoundReading } from './reading.ts';
import type { Settings } from './settings/settings.ts';

/**
 * Places that the observer had read a certain time ago. What comes before one has been there for that time. Null is not
 * known for so long: then nothing has.
 */
export interface AgeMarks {
  /** Of `brakeReturnMs` ago. */
  readonly returnMark: number | null;
  /** Of `brakeWindowMs` ago. */
  readonly deathMark: number | null;
  /** Of `flapWindowMs` ago. */
  readonly flapMark: number | null;
}

/** What an observer that has just started knows: nothing is old. */
export const unknownMarks: AgeMarks = { returnMark: null, deathMark: null, flapMark: null };

/** The places that are remembered for each mark, oldest first. */
export interface SeenPlaces {
  readonly brakeReturnMs: readonly SeenPlace[];
  readonly brakeWindowMs: readonly SeenPlace[];
  readonly flapWindowMs: readonly SeenPlace[];
}

/** Nothing read so far. */
export const noPlaces: SeenPlaces = { brakeReturnMs: [], brakeWindowMs: [], flapWindowMs: [] };

/**
 * The remembered places after a reading. Those above all that it shows are taken back: a registry that was restored from a
 * backup gives them again. Where only a follower lags, that costs as much of their age as it lags.
 */
export function withReading(
  places: SeenPlaces,
  reading: RoundReading,
  now: number,
  settings: Settings,
): SeenPlaces {
  const order = newestOrder(reading);
  const after = (seen: readonly SeenPlace[], ageMs: number): readonly SeenPlace[] => {
    const isAbove = (seen.at(-1)?.order ?? 0) > order;
    return withPlace(
      isAbove ? seen.filter((place) => place.order <= order) : seen,
      { order, seenAt: now },
      ageMs,
    );
  };
  return {
    brakeReturnMs: after(places.brakeReturnMs, settings.brakeReturnMs),
    brakeWindowMs: after(places.brakeWindowMs, settings.brakeWindowMs),
    flapWindowMs: after(places.flapWindowMs, settings.flapWindowMs),
  };
}

/** The marks at a moment. */
export function marksAt(places: SeenPlaces, now: number, settings: Settings): AgeMarks {
  return {
    returnMark: placeOfAge(places.brakeReturnMs, now, settings.brakeReturnMs),
    deathMark: placeOfAge(places.brakeWindowMs, now, settings.brakeWindowMs),
    flapMark: placeOfAge(places.flapWindowMs, now, settings.flapWindowMs),
  };
}

/** The newest heartbeat or join that the reading shows, of any node. */
function newestOrder({ self, successors, beating, watched }: RoundReading): number {
  let newest = self?.beatOrder ?? 0;
  for (const rows of [successors, beating, watched])
    for (const { beatOrder } of rows) if (beatOrder > newest) newest = beatOrder;
  return newest;
}
