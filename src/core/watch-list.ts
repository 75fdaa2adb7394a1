/**
 * Which nodes an observer watches: it walks clockwise until it holds K targets that answer, and watches what it
 * passes over on the way. Held targets stay, wherever they stand on the ring now.
 */
import type { NodeRecord } from './node.ts';
import { isAnswering, isConfirmedDead, isKeptOnList, isProbed, lastAnswerAt, type Peer } from './peer.ts';
import type { Settings } from './settings/settings.ts';

export interface WalkRequest {
  /** The nodes ahead that are on the ring and not in maintenance, nearest first. */
  readonly successors: readonly NodeRecord[];
  /** The next of them that beat, where that was asked for. */
  readonly beating: readonly NodeRecord[];
  readonly peers: ReadonlyMap<string, Peer>;
  /** K. */
  readonly neighbors: number;
  readonly cap: number;
}

export interface Walk {
  /** At most `cap`: held targets in the order in which they came, then the ring's order, then held ones that are confirmed dead. */
  readonly targets: readonly NodeRecord[];
  /** Whether the successors were enough for it. */
  readonly isEnough: boolean;
  /** Whether the list is full of targets of which too few answer. */
  readonly isFull: boolean;
  /** How many successors the walk looked at. */
  readonly walkedCount: number;
}

/**
 * Walks along the ring. With all nodes healthy the targets are exactly the next K. Past missed ones it goes on until K
 * are known to answer. Until then it watches as many that it knows nothing of as are missed. So it crosses a gap of any
 * length in steps that double. Where missed ones would fill the list, its last place is for the next node that beats:
 * its answer proves that the observer's own network works.
 */
export function walkRing({ successors, beating, peers, neighbors, cap: size }: WalkRequest): Walk {
  const targets = new Map<string, NodeRecord>();
  const cap = beating.length > 0 && size > 1 ? size - 1 : size;
  const held = [...peers.values()].filter((peer) => isKeptOnList(peer) && isProbed(peer.node));
  for (const peer of held) {
    if (!isConfirmedDead(peer) && targets.size < cap) targets.set(peer.node.id, peer.node);
  }
  let knownCount = 0;
  let unknownCount = 0;
  let missedCount = 0;
  let walkedCount = 0;
  const isEnough = (): boolean =>
    knownCount >= neighbors || (knownCount + unknownCount >= neighbors && unknownCount >= missedCount);
  for (const node of successors) {
    if (isEnough()) break;
    walkedCount++;
    if (targets.size < cap || targets.has(node.id)) targets.set(node.id, node);
    // What has no address cannot answer, so it takes no place from another node.
    if (node.address === '') continue;
    const peer = peers.get(node.id);
    if (peer === undefined) unknownCount++;
    else if (!isAnswering(peer)) missedCount++;
    else if (lastAnswerAt(peer) === null) unknownCount++;
    else knownCount++;
  }
  const isFull = !isEnough() && targets.size >= cap;
  const isSpare = ({ id }: NodeRecord): boolean => {
    const peer = peers.get(id);
    return !targets.has(id) && (peer === undefined || isAnswering(peer));
  };
  const next = beating.find(isSpare);
  if (next !== undefined && targets.size < size) targets.set(next.id, next);
  // Those that are confirmed dead come last: any other target has its place first.
  for (const peer of held) if (targets.size < size) targets.set(peer.node.id, peer.node);
  return { targets: [...targets.values()], isEnough: isEnough(), isFull, walkedCount };
}

/**
 * How many successors to read next time: one more than the walk needed. So it passes over a single missed target without
 * a further read. Twice as many while they were not enough, up to the cap.
 */
export function nextLookAhead(
  { isEnough, walkedCount }: Walk,
  asked: number,
  { neighbors, watchListCap }: Pick<Settings, 'neighbors' | 'watchListCap'>,
): number {
  const limit = Math.max(watchListCap, neighbors) + 1;
  if (isEnough) return Math.min(limit, Math.max(walkedCount, neighbors) + 1);
  return Math.min(limit, Math.max(asked, neighbors + 1) * 2);
}
