/**
 * Which nodes each node watches, as far as the registry shows it: the walk that a monitor makes, from what it has said.
 * Pure. One node costs about as much as it watches, so that a large cluster is told in time.
 */
import { withAnswer } from '../../core/answers.ts';
import { newPeer, type Peer } from '../../core/peer.ts';
import { accuse } from '../../core/statement.ts';
import { walkRing } from '../../core/watch-list.ts';
import type { NodeDetail, ObserverStatement } from '../../ports/registry.ts';

/** One node that another one watches. */
export interface WatchView {
  readonly id: string;
  /** Whether it is past K, and watched because others on the way do not answer. */
  readonly isBeyond: boolean;
}

/** How many nodes past K a watch list is followed. */
const beyondLimit = 61;

/** Whether the node is on the ring, in maintenance too. */
export function isOnRing({ lifecycle }: NodeDetail): boolean {
  return lifecycle === 'alive' || lifecycle === 'maintenance';
}

/** The ring of one reading, whose nodes are in byte order of their ids. */
export class WatchedRing {
  readonly #neighbors: number;
  readonly #nodes: readonly NodeDetail[];
  readonly #placeOf = new Map<string, number>();
  /** Those that are walked along, and how many of them come up to each node. */
  readonly #walked: readonly NodeDetail[];
  readonly #walkedUpTo: readonly number[];

  /** `neighbors` is K. */
  constructor(nodes: readonly NodeDetail[], neighbors: number) {
    this.#nodes = nodes;
    this.#neighbors = neighbors;
    this.#walked = nodes.filter(({ lifecycle }) => lifecycle === 'alive');
    let count = 0;
    this.#walkedUpTo = nodes.map(({ id, lifecycle }, place) => {
      this.#placeOf.set(id, place);
      if (lifecycle === 'alive') count++;
      return count;
    });
  }

  /** Whom the node watches, in the ring's order from there, by its own statements; none off the ring. */
  watchesOf(node: NodeDetail, sayings: readonly ObserverStatement[]): WatchView[] {
    const place = this.#placeOf.get(node.id);
    if (place === undefined || !isOnRing(node)) return [];
    const accused = new Map<string, Peer>();
    for (const statement of sayings) {
      const target = this.#nodes[this.#placeOf.get(statement.targetId) ?? -1];
      if (target === undefined || target.id === node.id) continue;
      const peer = newPeer(target);
      const isPresent = statement.targetEpoch === target.epoch;
      accused.set(
        target.id,
        isPresent ? { ...peer, statement: accuse(statement.status, peer) } : answered(peer),
      );
    }
    const first = new Set(this.#after(place, this.#neighbors).map(({ id }) => id));
    const distance = (id: string): number =>
      ((this.#placeOf.get(id) ?? 0) - place + this.#nodes.length) % this.#nodes.length;
    return this.#walk(place, accused)
      .sort((one, other) => distance(one.id) - distance(other.id))
      .map(({ id, lifecycle }) => ({ id, isBeyond: lifecycle === 'alive' && !first.has(id) }));
  }

  /** Looks further ahead, as a monitor does, only where what it sees is not enough. */
  #walk(place: number, accused: ReadonlyMap<string, Peer>) {
    const neighbors = this.#neighbors;
    const cap = neighbors + beyondLimit;
    for (let lookAhead = Math.min(cap, neighbors + 1); ; lookAhead = Math.min(cap, 2 * lookAhead)) {
      const successors = this.#after(place, lookAhead);
      const peers = new Map(accused);
      // An observer that has not accused a node is assumed to have had its answer.
      for (const node of successors) if (!peers.has(node.id)) peers.set(node.id, answered(newPeer(node)));
      const { targets, isEnough } = walkRing({ successors, beating: [], peers, neighbors, cap });
      if (isEnough || successors.length < lookAhead || lookAhead >= cap) return [...targets];
    }
  }

  /** At most `count` nodes of the walk after the one at this place, and not itself. */
  #after(place: number, count: number): NodeDetail[] {
    const isWalked = this.#nodes[place]?.lifecycle === 'alive';
    const from = this.#walkedUpTo[place] ?? 0;
    const others = this.#walked.length - (isWalked ? 1 : 0);
    return Array.from({ length: Math.min(count, others) }, (_, step) => {
      return this.#walked[(from + step) % this.#walked.length];
    }).filter((node) => node !== undefined);
  }
}

function answered(peer: Peer): Peer {
  const answers = withAnswer(null, { sentAt: 0, cameAt: 0, dueAt: 0, hasStalled: false });
  return { ...peer, answers };
}
