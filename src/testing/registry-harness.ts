/** What the tests of a registry provide, so that the contract's cases can run against it. */
import type { Registry } from '../ports/registry.ts';

/** Makes registries of one kind. The harness closes them after the case, and keeps cases apart from each other. */
export interface RegistryHarness {
  /** A new registry without any rows, migrated. */
  open(): Promise<Registry>;
  /** A second connection to the same data; the same object where there are no connections. */
  another(registry: Registry): Promise<Registry>;
  /** Two connections to a new place without any tables, not migrated. */
  openUnmigrated(): Promise<readonly [Registry, Registry]>;
  /** Moves the registry's clock on, for every connection of this harness. Cases that need it are left out without it. */
  readonly advance?: (durationMs: number) => void | Promise<void>;
  /** Reads and writes the shared tables as a node that runs the original would. Cases that need it are left out without it. */
  readonly asOriginal?: (registry: Registry) => OriginalAccess;
}

/** The shared tables beside the registry. */
export interface OriginalAccess {
  /** The registry's time so long ago, as the shared tables write it: `YYYY-MM-DD HH:MM:SS`, UTC. */
  timeAgo(agoMs: number): string;
  /** Inserts or replaces a row of `dns_nodes`. */
  putNode(node: OriginalNode): Promise<void>;
  removeNode(id: string): Promise<void>;
  readNode(id: string): Promise<Required<OriginalNode> | null>;
  /** Appends to `node_health_events`. */
  appendEvent(event: OriginalEvent): Promise<void>;
  /** All of `node_health_events`, oldest first. */
  readEvents(): Promise<readonly Required<OriginalEvent>[]>;
}

/** A row of `dns_nodes`. */
export interface OriginalNode {
  readonly id: string;
  readonly ipAddress: string | null;
  /** Default null. */
  readonly internalIp?: string | null;
  /** Default `active`. */
  readonly status?: string;
  /** As text; default now. */
  readonly lastSeen?: string;
}

/** A row of `node_health_events`. */
export interface OriginalEvent {
  readonly observerId: string;
  readonly targetId: string;
  readonly status: string;
  /** As text; default now. */
  readonly createdAt?: string;
}

/** One thing that a registry must do. */
export interface RegistryContractCase {
  /** A claim. */
  readonly title: string;
  /** What the harness must be able to do for it. */
  readonly needs: readonly ('clock' | 'original')[];
  /** Rejects when the claim does not hold. */
  run(harness: RegistryHarness): Promise<void>;
}
