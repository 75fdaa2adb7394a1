/**
 * A registry in memory, for tests and for simulation: the same rules as on a database, and the answers at once.
 * Several monitors share one object.
 */
import type { SharedEventRow, SharedNodeRow } from '../../ports/rows.ts';
import { timestamp } from '../../registry/original/time.ts';
import { StoreRegistry } from '../../registry/registry.ts';
import { select } from '../../registry/rule.ts';
import { MemoryStore, type StoreSnapshot } from './store.ts';

/** What a registry in memory needs. */
export interface MemoryRegistryOptions {
  /** The registry's clock, milliseconds since 1970. */
  readonly now: () => number;
}

/** A row of `dns_nodes` as the original writes it. */
export interface SharedNode {
  readonly id: string;
  readonly ipAddress: string | null;
  readonly internalIp?: string | null;
  /** Default: as it is. */
  readonly region?: string | null;
  /** Default `active`. */
  readonly status?: string;
  /** As text; default now. */
  readonly lastSeen?: string;
}

/** A row of `node_health_events` as the original writes it. */
export interface SharedStatement {
  readonly observerId: string;
  readonly targetId: string;
  readonly status: string;
  /** As text; default now. */
  readonly createdAt?: string;
}

const sharedNodes = select('sharedNodes', [['id', '=']]);
const sharedEvents = select('sharedEvents', [], { orderBy: [['id', 'asc']] });

/** Implements the port over plain objects. */
export class MemoryRegistry extends StoreRegistry {
  readonly #store: MemoryStore;

  constructor({ now }: MemoryRegistryOptions) {
    const store = new MemoryStore(now);
    // One object is the whole registry, so that its calls need no number of their own to be told apart.
    super(store, { random: () => 0.5 });
    this.#store = store;
  }

  /** Inserts or replaces a row of the shared table, as a node that runs the original would. */
  putSharedNode(node: SharedNode): void {
    const known = this.#sharedRow(node.id);
    const row: SharedNodeRow = {
      id: node.id,
      ipAddress: node.ipAddress,
      internalIp: node.internalIp ?? null,
      region: node.region ?? known?.region ?? null,
      status: node.status ?? 'active',
      lastSeen: node.lastSeen ?? timestamp(this.#store.now()),
      createdAt: known?.createdAt ?? null,
      updatedAt: known?.updatedAt ?? null,
    };
    this.#write({ kind: 'put', table: 'sharedNodes', row: { ...row } });
  }

  /** Deletes a row of the shared table. */
  removeSharedNode(id: string): void {
    this.#write({ kind: 'delete', query: sharedNodes(id) });
  }

  /** Appends to the shared event log, as a node that runs the original would. */
  appendSharedEvent({ observerId, targetId, status, createdAt }: SharedStatement): void {
    const row = { observerId, targetId, status, createdAt: createdAt ?? timestamp(this.#store.now()) };
    this.#write({ kind: 'append', table: 'sharedEvents', row });
  }

  /** The shared event log, oldest first. */
  readSharedEvents(): Required<SharedStatement>[] {
    const [rows] = this.#store.read([sharedEvents()]);
    return rows.map(({ observerId, targetId, status, createdAt }: SharedEventRow) => ({
      observerId,
      targetId,
      status,
      createdAt,
    }));
  }

  /** A row of the shared table; null when there is none. */
  readSharedNode(id: string): Required<SharedNode> | null {
    const row = this.#sharedRow(id);
    if (row === undefined) return null;
    const { ipAddress, internalIp, region, status, lastSeen } = row;
    return { id, ipAddress, internalIp, region, status, lastSeen };
  }

  /** Every row at this moment, as a backup has them. */
  snapshot(): StoreSnapshot {
    return this.#store.snapshot();
  }

  /** Goes back to a backup. */
  restore(snapshot: StoreSnapshot): void {
    this.#store.restore(snapshot);
  }

  #sharedRow(id: string): SharedNodeRow | undefined {
    return this.#store.read([sharedNodes(id)])[0][0];
  }

  #write(write: Parameters<MemoryStore['commit']>[0]['writes'][number]): void {
    this.#store.commit({ operationIds: [], guards: [], writes: [write], now: this.#store.now() });
  }
}
