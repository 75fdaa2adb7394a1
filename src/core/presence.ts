/**
 * Since when a node must have been heard of to be one that could vote. An observer compares heartbeats with its own
 * ones in the registry, which go through the same steps of the registry's clock and the same outages as everybody's,
 * and never with what that clock says now. Not for: which nodes it has itself watched to be silent (vote.ts).
 */
import type { Settings } from './config.ts';
import type { Beat, Presence } from './reading.ts';

/** One of this observer's own heartbeats, and when it saw the registry have it, on its own monotonic clock. */
export interface SeenBeat extends Beat {
  readonly seenAt: number;
}

/** How many beats are remembered; beyond it two become one that stands for both. */
const beatLimit = 64;

/**
 * The own heartbeats that are remembered after a reading: those of the newest unbroken watch, back to and including the
 * last one that is at least a full watch old. Readings too far apart, or an own heartbeat that stood still, break it:
 * others may have been kept from beating meanwhile.
 */
export function watchBeats(
  beats: readonly SeenBeat[],
  beat: Beat | null,
  { now, hasGap, settings }: { readonly now: number; readonly hasGap: boolean; readonly settings: Settings },
): readonly SeenBeat[] {
  const newest = beats.at(-1);
  const isBroken = hasGap || (newest !== undefined && now - newest.seenAt >= settings.heartbeatWindowMs);
  const watched = isBroken ? [] : beats;
  // A lagging follower shows an older one again, which says nothing new.
  if (beat === null || (watched.length > 0 && beat.order <= (newest?.order ?? 0))) return watched;
  const fullAt = lastFull(watched, now, settings);
  return thinned([...watched.slice(Math.max(0, fullAt)), { ...beat, seenAt: now }]);
}

/** Merges the second and the third of too many: the lower of their instants, placed and seen as late as the later. */
function thinned(beats: readonly SeenBeat[]): readonly SeenBeat[] {
  if (beats.length <= beatLimit) return beats;
  const [first, second, third, ...rest] = beats;
  if (!first || !second || !third) return beats;
  return [first, { ...third, at: Math.min(second.at, third.at) }, ...rest];
}

/**
 * Since when whoever is there has been heard of; null while this observer has not watched its own heartbeats go on for
 * long enough to know. `lastReadAt` is when it read last.
 */
export function presenceOf(
  beats: readonly SeenBeat[],
  lastReadAt: number | null,
  settings: Settings,
): Presence | null {
  const fullAt = lastReadAt === null ? -1 : lastFull(beats, lastReadAt, settings);
  const full = beats[fullAt];
  if (full === undefined) return null;
  // The lowest, since the clock may have stepped either way in between; a window less, since nobody beats in step.
  const since = Math.min(...beats.slice(fullAt).map(({ at }) => at)) - settings.membershipWindowMs;
  return { sinceOrder: full.order, since };
}

/** The place of the last beat that is a full watch old; -1 for none. */
function lastFull(beats: readonly SeenBeat[], now: number, settings: Settings): number {
  const until = now - watchMs(settings);
  let place = -1;
  // They are in order. A loop, since every reading of every node comes by here.
  for (const { seenAt } of beats) {
    if (seenAt > until) break;
    place++;
  }
  return place;
}

/** In this time everybody who is there has beaten, even one whose heartbeat hung on a leader that was going. */
function watchMs({ heartbeatWindowMs, registryTimeoutMs }: Settings): number {
  return heartbeatWindowMs + registryTimeoutMs;
}
