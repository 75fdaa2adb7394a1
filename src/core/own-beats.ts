/**
 * This observer's own heartbeats as the registry has them, and the full watch that they make. In a full watch each node
 * that lives has sent a heartbeat too. No clock of the registry takes part. Not for: when an observer votes (vote.ts).
 */
import type { NodeRecord } from './node.ts';
import type { Beat } from './reading.ts';
import type { Settings } from './settings.ts';

/** One of this observer's own heartbeats, and when it was first read, on the observer's monotonic clock. */
export interface SeenBeat {
  /** Its place in the registry's one order of heartbeats. */
  readonly order: number;
  readonly seenAt: number;
}

/** Remembered heartbeats are at least this part of a full watch apart, so that their number has a bound. */
const leastPart = 1 / 32;

/**
 * The own heartbeats that are remembered after a reading: the last one that is a full watch old, and those after it.
 * Readings too far apart, or an own heartbeat that stood still, break the watch: other nodes may have been kept from
 * beating meanwhile.
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
  const kept = watched.slice(Math.max(0, placeOfFull(watched, now, settings)));
  if (isCrowded(kept, settings)) kept.pop();
  return [...kept, { order: beat.order, seenAt: now }];
}

/**
 * Whether the newest one came too soon after the one before it to be remembered beside the next. Without it an older one
 * marks the full watch for a moment longer, and then fewer nodes are silent.
 */
function isCrowded(beats: readonly SeenBeat[], settings: Settings): boolean {
  const [before, last] = beats.slice(-2);
  if (before === undefined || last === undefined) return false;
  return last.seenAt - before.seenAt < leastPart * fullWatchMs(settings);
}

/**
 * The order of the own heartbeat with which the full watch up to the newest reading, at `readAt`, begins. Null without
 * one: then no node is silent.
 */
export function watchedSince(
  beats: readonly SeenBeat[],
  readAt: number | null,
  settings: Settings,
): number | null {
  const full = readAt === null ? undefined : beats[placeOfFull(beats, readAt, settings)];
  return full?.order ?? null;
}

/** Whether the node has sent no heartbeat in the whole of the full watch that begins there. */
export function isSilent({ beatOrder }: NodeRecord, since: number | null): boolean {
  return since !== null && beatOrder < since;
}

/** The place of the last beat that is a full watch old; -1 for none. */
function placeOfFull(beats: readonly SeenBeat[], now: number, settings: Settings): number {
  const until = now - fullWatchMs(settings);
  let place = -1;
  // They are in order. A loop, since every reading of every node comes by here.
  for (const { seenAt } of beats) {
    if (seenAt > until) break;
    place++;
  }
  return place;
}

/** How long a node waits before it repeats a heartbeat that failed. */
export function heartbeatRetryMs(heartbeatIntervalMs: number): number {
  return Math.min(1_000, heartbeatIntervalMs / 4);
}

/** In this time each node that lives has sent a heartbeat, even one whose heartbeat hung on a leader that was going. */
function fullWatchMs({ heartbeatWindowMs, registryTimeoutMs, heartbeatIntervalMs }: Settings): number {
  return heartbeatWindowMs + registryTimeoutMs + heartbeatRetryMs(heartbeatIntervalMs);
}
