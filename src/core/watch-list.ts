/**
 * Whom an observer watches: it walks clockwise until it holds K targets that answer, and watches what it
 * passes over on the way. Held targets stay, wherever they stand on the ring now.
 */
import type { NodeRecord } from './node.ts';
import { isAnswering, isHeld, isJudged, type Peer } from './peer.ts';

export interface WalkRequest {
  /** The listed nodes ahead, nearest first. */
  readonly successors: readonly NodeRecord[];
  readonly peers: ReadonlyMap<string, Peer>;
  /** K. */
  readonly neighbors: number;
  readonly cap: number;
}

export interface Walk {
  /** Whom to watch, held targets first in the order of their misses' begin, then the ring's order; at most `cap`. */
  readonly targets: readonly NodeRecord[];
  /** How many of the walked targets answer, as far as is known. */
  readonly answeringCount: number;
  /** How many successors the walk looked at. */
  readonly walkedCount: number;
}

/** Walks along the ring. With all nodes healthy the targets are exactly the next K. */
export function walkRing({ successors, peers, neighbors, cap }: WalkRequest): Walk {
  const targets = new Map<string, NodeRecord>();
  for (const peer of peers.values()) {
    if (isHeld(peer) && isProbed(peer.node) && targets.size < cap) targets.set(peer.node.id, peer.node);
  }
  let answeringCount = 0;
  let walkedCount = 0;
  for (const node of successors) {
    if (answeringCount === neighbors) break;
    walkedCount++;
    if (!isJudged(node)) continue;
    if (targets.size < cap || targets.has(node.id)) targets.set(node.id, node);
    const peer = peers.get(node.id);
    // What has no address cannot answer, so it takes nobody's place.
    if (node.address === '') continue;
    if (peer === undefined ? !node.isConfirmedDead : isAnswering(peer)) answeringCount++;
  }
  return { targets: [...targets.values()], answeringCount, walkedCount };
}

/** Whether probing the node makes sense now: it is judged, or it was confirmed dead and may come back while it is still listed. */
function isProbed(node: NodeRecord): boolean {
  return isJudged(node) && (node.isListed || !node.isConfirmedDead);
}

export interface LookAheadFacts {
  readonly current: number;
  readonly neighbors: number;
  readonly cap: number;
  readonly walk: Walk;
}

/**
 * How many successors to read next time: one more than the walk needed, so that a single silent target is
 * passed over without a further read; twice as many while K answering ones have not been found, up to the cap.
 */
export function nextLookAhead({ current, neighbors, cap, walk }: LookAheadFacts): number {
  const limit = Math.max(cap, neighbors) + 1;
  if (walk.answeringCount >= neighbors) return Math.min(limit, Math.max(walk.walkedCount, neighbors) + 1);
  return Math.min(limit, Math.max(current, neighbors + 1) * 2);
}
