/**
 * Places in the registry's one order of heartbeats, each with when this observer read it first. What comes before a place
 * that was read so long ago is at least that old. No clock of the registry takes part.
 */

/** A place, and when it was first read, on the observer's monotonic clock. */
export interface SeenPlace {
  readonly order: number;
  readonly seenAt: number;
}

/** Remembered places are at least this part of the age apart that is asked for, so that their number has a bound. */
const leastPart = 1 / 32;

/**
 * The places that are remembered with one more, so that one of that age can be found: the last one that is so old, and
 * those after it. One that is not above the newest says nothing new.
 */
export function withPlace(
  places: readonly SeenPlace[],
  place: SeenPlace,
  ageMs: number,
): readonly SeenPlace[] {
  const newest = places.at(-1);
  if (newest !== undefined && place.order <= newest.order) return places;
  const kept = places.slice(Math.max(0, indexOfAge(places, place.seenAt, ageMs)));
  if (isCrowded(kept, ageMs)) kept.pop();
  return [...kept, place];
}

/** The newest place that was read so long ago; null without one. */
export function placeOfAge(places: readonly SeenPlace[], now: number, ageMs: number): number | null {
  return places[indexOfAge(places, now, ageMs)]?.order ?? null;
}

/**
 * Whether the newest one came too soon after the one before it to be remembered beside the next. Without it an older one
 * stands for the age for a moment longer.
 */
function isCrowded(places: readonly SeenPlace[], ageMs: number): boolean {
  const [before, last] = places.slice(-2);
  if (before === undefined || last === undefined) return false;
  return last.seenAt - before.seenAt < leastPart * ageMs;
}

/** The index of the last place that is so old; -1 for none. */
function indexOfAge(places: readonly SeenPlace[], now: number, ageMs: number): number {
  const until = now - ageMs;
  let index = -1;
  // They are in order. A loop, since every reading of every node comes by here.
  for (const { seenAt } of places) {
    if (seenAt > until) break;
    index++;
  }
  return index;
}
