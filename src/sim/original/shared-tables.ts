/**
 * The two tables that an installation of the original has, as far as its rules look at them. Times are whole
 * seconds since 1970, as their text columns keep them. The statements are the original's, not ours.
 */
import type { MemoryRegistry } from '../../adapters/memory/registry.ts';
import { compareIds } from '../../core/ring.ts';

/** A target as the original reads it; `address` is NULL when both columns are. */
export interface OriginalTarget {
  readonly id: string;
  readonly address: string | null;
}

/** The statements that the original runs. Any of them may reject. */
export interface SharedTables {
  /** Active nodes with `last_seen` after the given second, in id order. */
  activeNodes(seenAfterSeconds: number): Promise<readonly OriginalTarget[]>;
  insertEvent(observerId: string, targetId: string, status: string): Promise<void>;
  countDeadObservers(targetId: string, afterSeconds: number): Promise<number>;
  lowestDeadObserver(targetId: string, afterSeconds: number): Promise<string | null>;
}

/** The same with the heartbeat that an installation writes: the row is active and seen now. */
export interface OriginalTables extends SharedTables {
  beat(id: string, ipAddress: string): void;
}

/** The tables inside a registry in memory, where nodes that run Ringwatch find the same rows. */
export class RegistryTables implements OriginalTables {
  readonly #registry: MemoryRegistry;
  readonly #nodeIds: readonly string[];

  /** `nodeIds` are the nodes that may have rows. */
  constructor(registry: MemoryRegistry, nodeIds: readonly string[]) {
    this.#registry = registry;
    this.#nodeIds = nodeIds;
  }

  /** The heartbeat: the row is active and seen now. */
  beat(id: string, ipAddress: string): void {
    this.#registry.putSharedNode({ id, ipAddress });
  }

  /** When a node was last seen, seconds since 1970; null without a row. */
  lastSeenSeconds(id: string): number | null {
    const row = this.#registry.readSharedNode(id);
    return row === null ? null : secondsOf(row.lastSeen);
  }

  activeNodes(seenAfterSeconds: number): Promise<readonly OriginalTarget[]> {
    const targets = this.#nodeIds
      .map((id) => this.#registry.readSharedNode(id))
      .filter((row) => row?.status === 'active' && secondsOf(row.lastSeen) > seenAfterSeconds)
      .filter((row) => row !== null)
      .map(({ id, internalIp, ipAddress }) => ({ id, address: internalIp ?? ipAddress }));
    return Promise.resolve(targets.sort((a, b) => compareIds(a.id, b.id)));
  }

  insertEvent(observerId: string, targetId: string, status: string): Promise<void> {
    this.#registry.appendSharedEvent({ observerId, targetId, status });
    return Promise.resolve();
  }

  countDeadObservers(targetId: string, afterSeconds: number): Promise<number> {
    return Promise.resolve(new Set(this.#deadObservers(targetId, afterSeconds)).size);
  }

  lowestDeadObserver(targetId: string, afterSeconds: number): Promise<string | null> {
    return Promise.resolve(this.#deadObservers(targetId, afterSeconds).sort(compareIds)[0] ?? null);
  }

  #deadObservers(targetId: string, afterSeconds: number): string[] {
    return this.#registry
      .readSharedEvents()
      .filter((event) => event.targetId === targetId && event.status === 'dead')
      .filter(({ createdAt = '' }) => secondsOf(createdAt) > afterSeconds)
      .map(({ observerId }) => observerId);
  }
}

/** Reads `YYYY-MM-DD HH:MM:SS`, UTC. */
function secondsOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`) / 1000;
}
