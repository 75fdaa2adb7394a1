/**
 * Targets that drop off the ring though nobody's word takes them off it. Such a one may have died since its last
 * heartbeat, and be out of everybody's sight only because the registry's clock has stepped; if it lives, its next
 * heartbeat lists it again. So whoever watched it does so for a heartbeat window more. What is missed in that time is
 * held as any other target (peer.ts).
 */
import type { Settings } from './config.ts';
import type { NodeRecord } from './node.ts';
import { isJudged, type Peer } from './peer.ts';
import type { RoundReading } from './reading.ts';
import { isOnTheWay } from './ring.ts';

/** Since when a target whose row was read is not listed; null while it is, or where somebody's word or a verdict is why. */
export function unlistedSince(peer: Peer, row: NodeRecord, now: number): number | null {
  if (row.isListed || row.isConfirmedDead || !isJudged(row)) return null;
  return peer.unlistedSince ?? now;
}

/** Whether a reading would have had a node's row if that were on the ring: it reaches as far as its farthest successor. */
export function reachOf(
  { successors }: RoundReading,
  selfId: string,
  isWholeRing: boolean,
): (id: string) => boolean {
  const farthest = successors.at(-1)?.id;
  return (id) => isWholeRing || (farthest !== undefined && isOnTheWay(id, selfId, farthest));
}

/** Whether the target's row must be read, and the target be remembered, because it has dropped off the ring lately. */
export function isLingering({ unlistedSince: since }: Peer, now: number, settings: Settings): boolean {
  return since !== null && now - since < settings.heartbeatWindowMs;
}

/** The rows of targets that are watched though they are off the ring: only once the row has shown that nobody took them off it. */
export function lingeringNodes(
  peers: ReadonlyMap<string, Peer>,
  now: number,
  settings: Settings,
): NodeRecord[] {
  const nodes: NodeRecord[] = [];
  for (const peer of peers.values())
    if (!peer.node.isListed && isLingering(peer, now, settings)) nodes.push(peer.node);
  return nodes;
}
