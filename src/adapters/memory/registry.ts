/**
 * A registry in memory, for tests and for simulation: the same answers as the SQL registries give, at once.
 * Several monitors share one object; each call is one transaction because nothing else runs meanwhile.
 */
import type { DecideResult, RoundReading } from '../../core/reading.ts';
import {
  type ClaimRequest,
  type ClaimResult,
  type ClusterReading,
  type ClusterRequest,
  type DecideRequest,
  type DismissRequest,
  type Entry,
  type EpochRef,
  type EventPage,
  type EventQuery,
  type FinishRequest,
  type FinishResult,
  type HeartbeatRequest,
  type HeartbeatResult,
  type JoinRequest,
  type JoinResult,
  type LeaseRef,
  type NodeDetail,
  type PruneRequest,
  type PruneResult,
  type Registry,
  RegistryError,
  type RenewResult,
  type RoundRequest,
} from '../../ports/registry.ts';
import { heartbeat, join, leave, livingRow, setMaintenance } from './membership.ts';
import { prune } from './prune.ts';
import { readCluster, readEvents, readNode } from './reading.ts';
import { record, refute } from './record.ts';
import { claim, dismiss, finish, renew } from './recovery.ts';
import { readRound } from './round.ts';
import { lastSeenText } from './rules.ts';
import { parseTimestamp, timestamp } from './shared-time.ts';
import { Tables } from './tables.ts';
import { decide } from './verdict.ts';

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

/** Implements the port over plain objects. */
export class MemoryRegistry implements Registry {
  readonly #tables = new Tables();
  readonly #now: () => number;

  constructor({ now }: MemoryRegistryOptions) {
    this.#now = now;
  }

  async migrate(): Promise<void> {}

  async join(request: JoinRequest): Promise<JoinResult> {
    return join(this.#tables, request, this.#now());
  }

  async heartbeat(request: HeartbeatRequest): Promise<HeartbeatResult> {
    if (request.membershipWindowMs !== undefined) this.#tables.windowMs = request.membershipWindowMs;
    return heartbeat(this.#tables, request, this.#now());
  }

  async leave(request: EpochRef): Promise<void> {
    leave(this.#tables, request, this.#now());
  }

  async setHandler(request: EpochRef & { readonly hasHandler: boolean }): Promise<void> {
    const own = livingRow(this.#tables.members.get(request.nodeId), request.epoch);
    if (own !== null) own.hasHandler = request.hasHandler;
  }

  async setMaintenance(request: { readonly nodeId: string; readonly durationMs: number }): Promise<boolean> {
    return setMaintenance(this.#tables, request, this.#now());
  }

  async readRound(request: RoundRequest): Promise<RoundReading> {
    return readRound(this.#tables, request, this.#now());
  }

  async record(entries: readonly Entry[]): Promise<void> {
    record(this.#tables, entries, this.#now());
  }

  async refute(request: EpochRef): Promise<void> {
    refute(this.#tables, request);
  }

  async decide(request: DecideRequest): Promise<DecideResult> {
    return decide(this.#tables, request, this.#now());
  }

  async claim(request: ClaimRequest): Promise<ClaimResult> {
    return claim(this.#tables, request, this.#now());
  }

  async renew(request: LeaseRef & { readonly leaseMs: number }): Promise<RenewResult> {
    return renew(this.#tables, request, this.#now());
  }

  async finish(request: FinishRequest): Promise<FinishResult> {
    return finish(this.#tables, request, this.#now());
  }

  async dismiss(request: DismissRequest): Promise<boolean> {
    return dismiss(this.#tables, request, this.#now());
  }

  async readNode(nodeId: string): Promise<NodeDetail | null> {
    return readNode(this.#tables, nodeId, this.#now());
  }

  async readCluster(request: ClusterRequest): Promise<ClusterReading> {
    return readCluster(this.#tables, request, this.#now());
  }

  async readEvents(query: EventQuery): Promise<EventPage> {
    if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > 10_000) {
      throw new RegistryError(
        'invalid',
        `limit: expected a whole number from 1 to 10000, got ${query.limit}`,
      );
    }
    return readEvents(this.#tables, query);
  }

  async prune(request: PruneRequest): Promise<PruneResult> {
    return prune(this.#tables, request, this.#now());
  }

  async close(): Promise<void> {}

  /** Inserts or replaces a row of the shared table, as a node that runs the original would. */
  putSharedNode(node: SharedNode): void {
    const lastSeen = node.lastSeen ?? timestamp(this.#now());
    const member = this.#tables.member(node.id);
    if (lastSeenText(member.shared) !== lastSeen) member.sharedOrder = ++this.#tables.lastBeatOrder;
    this.#tables.putShared(member, {
      ipAddress: node.ipAddress,
      internalIp: node.internalIp ?? null,
      region: node.region ?? member.shared?.region ?? null,
      status: node.status ?? 'active',
      lastSeen,
      lastSeenAt: parseTimestamp(lastSeen),
    });
  }

  /** Deletes a row of the shared table. */
  removeSharedNode(id: string): void {
    this.#tables.removeShared(this.#tables.member(id));
  }

  /** Appends to the shared event log, as a node that runs the original would. */
  appendSharedEvent(statement: SharedStatement): void {
    this.#tables.appendShared({
      observerId: statement.observerId,
      targetId: statement.targetId,
      status: statement.status,
      at: parseTimestamp(statement.createdAt ?? timestamp(this.#now())),
      isOurs: false,
    });
  }

  /** The shared event log, oldest first. */
  readSharedEvents(): Required<SharedStatement>[] {
    return this.#tables.sharedEvents.map(({ observerId, targetId, status, at }) => ({
      observerId,
      targetId,
      status,
      createdAt: at === null ? '' : timestamp(at),
    }));
  }

  /** A row of the shared table; null when there is none. */
  readSharedNode(id: string): Required<SharedNode> | null {
    const shared = this.#tables.members.get(id)?.shared ?? null;
    if (shared === null) return null;
    const { ipAddress, internalIp, region, status } = shared;
    return { id, ipAddress, internalIp, region, status, lastSeen: lastSeenText(shared) };
  }
}
