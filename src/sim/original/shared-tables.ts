/**
 * The two tables that an installation of the original has, as far as its rules look at them. Times are whole
 * seconds since 1970, as their text columns keep them. The statements are the original's, not ours.
 */
import { compareIds } from '../../core/ring.ts';

/** A row of `dns_nodes`. */
export interface SharedNode {
  readonly id: string;
  readonly ipAddress: string | null;
  readonly internalIp: string | null;
  readonly status: string;
  readonly lastSeenSeconds: number;
}

/** A row of `node_health_events`. */
export interface SharedEvent {
  readonly observerId: string;
  readonly targetId: string;
  readonly status: string;
  readonly createdSeconds: number;
}

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

/** The tables in memory, stamped by one clock. */
export class MemoryTables implements SharedTables {
  readonly nodes = new Map<string, SharedNode>();
  readonly events: SharedEvent[] = [];
  readonly #now: () => number;

  /** `now` is the database's clock, milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The heartbeat: the row is active and seen now. */
  beat(id: string, address: string): void {
    this.nodes.set(id, {
      id,
      ipAddress: address,
      internalIp: null,
      status: 'active',
      lastSeenSeconds: this.#nowSeconds(),
    });
  }

  activeNodes(seenAfterSeconds: number): Promise<readonly OriginalTarget[]> {
    const rows = [...this.nodes.values()]
      .filter(({ status, lastSeenSeconds }) => status === 'active' && lastSeenSeconds > seenAfterSeconds)
      .sort((a, b) => compareIds(a.id, b.id));
    return Promise.resolve(
      rows.map(({ id, internalIp, ipAddress }) => ({ id, address: internalIp ?? ipAddress })),
    );
  }

  insertEvent(observerId: string, targetId: string, status: string): Promise<void> {
    this.events.push({ observerId, targetId, status, createdSeconds: this.#nowSeconds() });
    return Promise.resolve();
  }

  countDeadObservers(targetId: string, afterSeconds: number): Promise<number> {
    return Promise.resolve(new Set(this.#deadObservers(targetId, afterSeconds)).size);
  }

  lowestDeadObserver(targetId: string, afterSeconds: number): Promise<string | null> {
    return Promise.resolve(this.#deadObservers(targetId, afterSeconds).sort(compareIds)[0] ?? null);
  }

  #deadObservers(targetId: string, afterSeconds: number): string[] {
    return this.events
      .filter(
        (event) =>
          event.targetId === targetId && event.status === 'dead' && event.createdSeconds > afterSeconds,
      )
      .map(({ observerId }) => observerId);
  }

  #nowSeconds(): number {
    return Math.floor(this.#now() / 1000);
  }
}
