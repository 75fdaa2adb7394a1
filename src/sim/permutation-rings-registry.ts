/**
 * A registry whose rounds show each observer its subjects on K permutation rings instead of its successors on the
 * one sorted ring. Everything else, votes, verdicts and recovery, is the memory registry's, so that the same monitor
 * can be measured with either. Knows only nodes that have joined through it.
 * Not for: production; rows are found by looking at whole rings.
 */
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import type { NodeRecord } from '../core/node.ts';
import type { RoundReading } from '../core/reading.ts';
import type { JoinRequest, JoinResult, RoundRequest } from '../ports/registry.ts';
import {
  idsAfter,
  indexOnRing,
  type RingPlace,
  type RingStanding,
  ringPlace,
  ringSubjects,
  sortedPlace,
} from './permutation-rings.ts';
import type { CreateRegistry } from './virtual-registry.ts';

/** Whom observers watch. */
export interface RingsOptions {
  /** The seed of the permutations; null for the sorted ring: then the subjects are the next `ringCount` ids. */
  readonly seed: number | null;
  /** K: `neighbors` of the monitors' settings. */
  readonly ringCount: number;
  /**
   * Whether an observer goes on along each ring past what is silent. Default false: the subjects are the K nodes that
   * the rings give, whether or not they answer. A verdict takes one of them off the rings.
   */
  readonly walksOn?: boolean;
}

/** Makes the shared registry of a world whose nodes watch along such rings. */
export function permutationRingRegistry(options: RingsOptions): CreateRegistry {
  return (now) => new PermutationRingRegistry(options, now);
}

/** How far along each ring the first question of a round looks. */
const firstDepth = 3;

class PermutationRingRegistry extends MemoryRegistry {
  readonly #options: RingsOptions;
  readonly #ids = new Set<string>();
  readonly #rings: RingPlace[][];

  constructor(options: RingsOptions, now: () => number) {
    super({ now });
    this.#options = options;
    this.#rings = Array.from({ length: options.ringCount }, () => []);
  }

  override async join(request: JoinRequest): Promise<JoinResult> {
    const result = await super.join(request);
    if (!this.#ids.has(request.nodeId)) {
      this.#ids.add(request.nodeId);
      for (const [index, ring] of this.#rings.entries()) {
        const place = this.#placeOf(request.nodeId, index);
        ring.splice(indexOnRing(ring, place), 0, place);
      }
    }
    return result;
  }

  override async readRound(request: RoundRequest): Promise<RoundReading> {
    // The rows that all walks may need are asked for together; further ones only when a walk has passed over all of its own.
    for (let depth = firstDepth; ; depth *= 8) {
      const ahead = this.#rings.map((ring, index) =>
        idsAfter(ring, this.#placeOf(request.nodeId, index), depth),
      );
      const watched = [...request.watched, ...ahead.flat()];
      const reading = await super.readRound({ ...request, lookAhead: 0, watched });
      const successors = this.#successorsOf(request, ahead, reading.watched);
      if (successors === null && depth < this.#ids.size) continue;
      const held = new Set(request.watched);
      for (const { id } of successors ?? []) held.delete(id);
      return {
        ...reading,
        successors: successors ?? [],
        watched: reading.watched.filter(({ id }) => held.has(id)),
      };
    }
  }

  /** Null when a walk needs to see more of its ring. */
  #successorsOf(
    request: RoundRequest,
    ahead: readonly (readonly string[])[],
    read: readonly NodeRecord[],
  ): NodeRecord[] | null {
    const rows = new Map(read.map((row) => [row.id, row]));
    const held = new Set(request.watched);
    const standingOf = (id: string): RingStanding => {
      const row = rows.get(id);
      if (row === undefined || !isOnRing(row)) return 'off';
      return held.has(id) ? 'silent' : 'on';
    };
    const walksOn = this.#options.walksOn ?? false;
    const subjects = ringSubjects(ahead, standingOf, walksOn);
    const isWhole = ahead.every((ids) => ids.length >= this.#ids.size - 1);
    if (!subjects.isComplete && !isWhole) return null;
    const ids = new Set(subjects.ids);
    if (walksOn) {
      // As on the one ring: a target that falls silent before the next reading has a stand-in.
      const spare = ringSubjects(ahead, (id) => (ids.has(id) ? 'off' : standingOf(id)), false);
      for (const id of spare.ids) ids.add(id);
    }
    return [...ids].slice(0, request.lookAhead).flatMap((id) => rows.get(id) ?? []);
  }

  #placeOf(id: string, ring: number): RingPlace {
    const { seed } = this.#options;
    return seed === null ? sortedPlace(id) : ringPlace(id, seed, ring);
  }
}

/** On the ring and not in maintenance. */
function isOnRing({ lifecycle }: NodeRecord): boolean {
  return lifecycle === 'alive';
}
