/**
 * This observer's own heartbeats as the registry has them, and the full watch that they make. In a full watch each node
 * that lives has sent a heartbeat too. No clock of the registry takes part. Not for: when an observer votes (vote.ts).
 */
import type { NodeRecord } from './node.ts';
import { placeOfAge, type SeenPlace, withPlace } from './places.ts';
import type { Beat } from './reading.ts';
import type { Settings } from './settings/settings.ts';

/**
 * The own heartbeats that are remembered after a reading: the last one that is a full watch old, and those after it.
 * Readings too far apart, or an own heartbeat that stood still, break the watch: other nodes may have been kept from
 * beating meanwhile. One that stood still begins no other watch: the next heartbeat does, and shows that nodes can beat.
 */
export function watchBeats(
  beats: readonly SeenPlace[],
  beat: Beat | null,
  { now, hasGap, settings }: { readonly now: number; readonly hasGap: boolean; readonly settings: Settings },
): readonly SeenPlace[] {
  const newest = beats.at(-1);
  const hasStopped =
    newest !== undefined && (newest.seenAt === ofNoAge || now - newest.seenAt >= settings.heartbeatWindowMs);
  if (hasStopped && (beat?.order ?? 0) <= newest.order) return [{ order: newest.order, seenAt: ofNoAge }];
  const watched = hasGap || hasStopped ? [] : beats;
  if (beat === null) return watched;
  // A lagging follower shows an older one again, which says nothing new.
  return withPlace(watched, { order: beat.order, seenAt: now }, fullWatchMs(settings));
}

/** When a heartbeat was seen that stands still: it never grows old. */
const ofNoAge = Number.POSITIVE_INFINITY;

/**
 * The order of the own heartbeat with which the full watch up to the newest reading, at `readAt`, begins. Null without
 * one: then no node is silent.
 */
export function watchedSince(
  beats: readonly SeenPlace[],
  readAt: number | null,
  settings: Settings,
): number | null {
  return readAt === null ? null : placeOfAge(beats, readAt, fullWatchMs(settings));
}

/** Whether the node has sent no heartbeat in the whole of the full watch that begins there. */
export function isSilent({ beatOrder }: NodeRecord, since: number | null): boolean {
  return since !== null && beatOrder < since;
}

/** How long a node waits before it repeats a heartbeat that failed. */
export function heartbeatRetryMs(heartbeatIntervalMs: number): number {
  return Math.min(1_000, heartbeatIntervalMs / 4);
}

/** In this time each node that lives has sent a heartbeat, even one whose heartbeat hung on a leader that was going. */
function fullWatchMs({ heartbeatWindowMs, registryTimeoutMs, heartbeatIntervalMs }: Settings): number {
  return heartbeatWindowMs + registryTimeoutMs + heartbeatRetryMs(heartbeatIntervalMs);
}
