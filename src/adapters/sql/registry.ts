/**
 * The registry over SQL: what SQLite and rqlite have in common, which is all but the transport. Each call is a few
 * reading statements, one transaction, or one of each; the statements are in the files beside this one, by concern.
 */
import type { DecideResult, RoundReading } from '../../core/reading.ts';
import type { Logger } from '../../ports/logger.ts';
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
import { readEvents } from './event-log.ts';
import type { SqlExecutor } from './executor.ts';
import { setMaintenance } from './maintenance.ts';
import { checkedNow, heartbeat, join, leave, refute, setHandler } from './membership.ts';
import { migrate } from './migrate.ts';
import { Problems } from './problems.ts';
import { prune } from './prune.ts';
import { readCluster, readNode } from './reading.ts';
import { record } from './record.ts';
import { claim, dismiss, finish, renew } from './recovery.ts';
import { readRound } from './round.ts';
import { readShape, type Shape } from './shape.ts';
import { decide } from './verdict.ts';

export interface SqlRegistryOptions {
  /** Told of rows that cannot be read. Default: nobody. */
  readonly logger?: Logger | undefined;
}

/** Implements the port over a `SqlExecutor`. Many monitors may share one object. */
export class SqlRegistry implements Registry {
  readonly #executor: SqlExecutor;
  readonly #problems: Problems;
  #shape: Promise<Shape> | null = null;

  constructor(executor: SqlExecutor, options: SqlRegistryOptions = {}) {
    this.#executor = executor;
    this.#problems = new Problems(options.logger ?? null);
  }

  /** How many different rows could not be read so far. */
  get badRowCount(): number {
    return this.#problems.count;
  }

  async migrate(): Promise<void> {
    const shape = await this.#guard(migrate(this.#executor));
    this.#shape = Promise.resolve(shape);
  }

  join(request: JoinRequest): Promise<JoinResult> {
    return this.#run(async (now) => join(this.#executor, await this.#readShape(), request, now));
  }

  heartbeat(request: EpochRef): Promise<HeartbeatResult> {
    return this.#run(async (now) => heartbeat(this.#executor, await this.#readShape(), request, now));
  }

  leave(request: EpochRef): Promise<void> {
    return this.#run((now) => leave(this.#executor, request, now));
  }

  setHandler(request: EpochRef & { readonly hasHandler: boolean }): Promise<void> {
    return this.#guard(setHandler(this.#executor, request));
  }

  setMaintenance(request: { readonly nodeId: string; readonly durationMs: number }): Promise<boolean> {
    return this.#run((now) => setMaintenance(this.#executor, request, now, this.#problems));
  }

  readRound(request: RoundRequest): Promise<RoundReading> {
    return this.#run((now) => readRound(this.#executor, request, now, this.#problems));
  }

  record(entries: readonly Entry[]): Promise<void> {
    return this.#run((now) => record(this.#executor, entries, now));
  }

  refute(request: EpochRef): Promise<void> {
    return this.#guard(refute(this.#executor, request));
  }

  decide(request: DecideRequest): Promise<DecideResult> {
    return this.#run((now) => decide(this.#executor, request, now, this.#problems));
  }

  claim(request: ClaimRequest): Promise<ClaimResult> {
    return this.#run((now) => claim(this.#executor, request, now, this.#problems));
  }

  renew(request: LeaseRef & { readonly leaseMs: number }): Promise<RenewResult> {
    return this.#run((now) => renew(this.#executor, request, now));
  }

  finish(request: FinishRequest): Promise<FinishResult> {
    return this.#run((now) => finish(this.#executor, request, now, this.#problems));
  }

  dismiss(request: DismissRequest): Promise<boolean> {
    return this.#run((now) => dismiss(this.#executor, request, now));
  }

  readNode(nodeId: string): Promise<NodeDetail | null> {
    return this.#run(async (now) =>
      readNode(this.#executor, await this.#readShape(), nodeId, now, this.#problems),
    );
  }

  readCluster(request: ClusterRequest): Promise<ClusterReading> {
    return this.#run(async (now) =>
      readCluster(this.#executor, await this.#readShape(), request, now, this.#problems),
    );
  }

  readEvents(query: EventQuery): Promise<EventPage> {
    return this.#run(async () => {
      if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > 10_000) {
        throw new RegistryError(
          'invalid',
          `limit: expected a whole number from 1 to 10000, got ${query.limit}`,
        );
      }
      return readEvents(this.#executor, query, this.#problems);
    });
  }

  prune(request: PruneRequest): Promise<PruneResult> {
    return this.#run((now) => prune(this.#executor, request, now));
  }

  close(): Promise<void> {
    return this.#guard(this.#executor.close());
  }

  #run<T>(call: (now: number) => Promise<T>): Promise<T> {
    return this.#guard(this.#executor.now().then((now) => call(checkedNow(now))));
  }

  /** Whatever a call throws leaves it as the port's own error. */
  async #guard<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof RegistryError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new RegistryError('ambiguous', `A registry call failed in an unexpected way: ${message}`, {
        cause: error,
      });
    }
  }

  /** Read once; again after a failure. */
  #readShape(): Promise<Shape> {
    if (this.#shape === null) {
      const shape = readShape(this.#executor);
      this.#shape = shape;
      shape.catch(() => {
        if (this.#shape === shape) this.#shape = null;
      });
    }
    return this.#shape;
  }
}
