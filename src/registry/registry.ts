/**
 * The registry over a store: each call reads rows, lets a rule say what is to be written, and writes it if what was read
 * is still so; else it begins again. On a store that answers at once a call is one uninterrupted step.
 */
import type { DecideResult, RoundReading } from '../core/reading.ts';
import type { Logger } from '../ports/logger.ts';
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
} from '../ports/registry.ts';
import type { Awaitable, Freshness, Query, Store, Write } from '../ports/store.ts';
import { after } from './awaitable.ts';
import { decide } from './decide.ts';
import { setMaintenance } from './maintenance.ts';
import { type BeatFacts, beat, beatFacts, join, leave, refute, setHandler } from './membership.ts';
import { type Imported, importOriginal, type Scope } from './original/import.ts';
import { readCluster, readEvents, readNode } from './people.ts';
import { Problems } from './problems.ts';
import { prune } from './prune.ts';
import { claim, dismiss, finish, leaseStateOf, renew } from './recovery.ts';
import { readRound } from './round.ts';
import { Committed, type Made, type Rule, type Step } from './rule.ts';
import { record } from './statements.ts';

/** How often a call begins again before it gives up: some seconds, with the pauses below. */
const tryLimit = 20;
const longestPauseMs = 400;

/** Default of `importEveryMs`. */
const importEveryMs = 30_000;

/** How many nodes' facts for heartbeats are remembered; a process has a few. */
const beatFactsLimit = 100_000;

export interface StoreRegistryOptions {
  /** Told of rows that cannot be used. Default: none. */
  readonly logger?: Logger | undefined;
  /** Counts and tells of rows that cannot be used, where the store does so too. Default: one for `logger`. */
  readonly problems?: Problems | undefined;
  /** Waits for about so long before a call begins again. Not needed by a store that answers at once. */
  readonly pause?: ((ms: number) => Promise<void>) | undefined;
  /** Uniform in [0, 1): parts calls that are in each other's way. */
  readonly random?: (() => number) | undefined;
}

/** Implements the port over a `Store`. Many monitors may share one object. */
export class StoreRegistry implements Registry {
  readonly #store: Store;
  readonly #problems: Problems;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #random: () => number;
  readonly #beatFacts = new Map<string, BeatFacts & { readonly epoch: number }>();
  #windowMs: number | undefined;
  #importedAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store, { logger, problems, pause, random }: StoreRegistryOptions = {}) {
    this.#store = store;
    this.#problems = problems ?? new Problems(logger ?? null);
    this.#pause = pause ?? (() => Promise.resolve());
    this.#random = random ?? (() => 0.5);
  }

  /** How many different rows could not be used so far. */
  get badRowCount(): number {
    return this.#problems.count;
  }

  async migrate(): Promise<void> {
    await this.#guarded(() => this.#store.migrate());
  }

  async join(request: JoinRequest): Promise<JoinResult> {
    this.#beatFacts.delete(request.nodeId);
    return this.#call((now) => join(request, now));
  }

  async heartbeat(request: HeartbeatRequest): Promise<HeartbeatResult> {
    this.#windowMs = request.membershipWindowMs ?? this.#windowMs;
    const result = await this.#guarded(() => after(this.#now(), (now) => this.#beat(request, now, 0)));
    if (result === 'beating' && this.#store.hasOriginal) await this.#guarded(() => this.#importDue(request));
    return result;
  }

  async leave(request: EpochRef): Promise<void> {
    return this.#call((now) => leave(request, now));
  }

  async setHandler(request: EpochRef & { readonly hasHandler: boolean }): Promise<void> {
    await this.#guarded(() => after(this.#now(), (now) => this.#commit(setHandler(request), now)));
  }

  async setMaintenance(request: { readonly nodeId: string; readonly durationMs: number }): Promise<boolean> {
    return this.#call((now) => setMaintenance(request, now));
  }

  async readRound(request: RoundRequest): Promise<RoundReading> {
    const { reading, cluster } = await this.#call((now) => readRound(request, now), 'cheap');
    this.#importedAt = cluster?.importedAt ?? this.#importedAt;
    return reading;
  }

  async record(entries: readonly Entry[]): Promise<void> {
    if (entries.length > 0) await this.#call((now) => record(entries, now));
  }

  async refute(request: EpochRef): Promise<void> {
    await this.#guarded(() => after(this.#now(), (now) => this.#commit(refute(request), now)));
  }

  async decide(request: DecideRequest): Promise<DecideResult> {
    // What observers of the original say counts too, up to this moment.
    return this.#call((now) =>
      after(this.#import({ nodeId: request.targetId }), ({ upTo }) => decide(request, upTo, now)),
    );
  }

  async claim(request: ClaimRequest): Promise<ClaimResult> {
    return this.#call((now) => claim(request, now));
  }

  async renew(request: LeaseRef & { readonly leaseMs: number }): Promise<RenewResult> {
    const isRenewed = await this.#guarded(() =>
      after(this.#now(), (now) => after(this.#commit(renew(request, now), now), (result) => result !== null)),
    );
    return isRenewed ? this.#call(() => leaseStateOf(request)) : { outcome: 'lost' };
  }

  async finish(request: FinishRequest): Promise<FinishResult> {
    return this.#call((now) => finish(request, now));
  }

  async dismiss(request: DismissRequest): Promise<boolean> {
    return this.#call((now) => dismiss(request, now));
  }

  async readNode(nodeId: string): Promise<NodeDetail | null> {
    return this.#call((now) => after(this.#import({ nodeId }), () => readNode(nodeId, now)), 'committed');
  }

  async readCluster(request: ClusterRequest): Promise<ClusterReading> {
    return this.#call((now) => readCluster(request, now), 'committed');
  }

  async readEvents(query: EventQuery): Promise<EventPage> {
    return this.#call(() => readEvents(query), 'committed');
  }

  async prune(request: PruneRequest): Promise<PruneResult> {
    return this.#call((now) => prune(request, now));
  }

  async close(): Promise<void> {
    await this.#guarded(() => this.#store.close());
  }

  /** Begins again until what was read is still so when it is written. */
  #call<T>(make: (now: number) => Awaitable<Rule<T>>, freshness: Freshness = 'leader'): Promise<T> {
    return this.#guarded(() => this.#attempt(make, freshness, 1));
  }

  #attempt<T>(make: (now: number) => Awaitable<Rule<T>>, freshness: Freshness, tryCount: number): Awaitable<T> {
    return after(this.#now(), (now) =>
      after(make(now), (rule) =>
        after(this.#made(rule, freshness), (step) =>
          after(this.#commit(step, now), (result) => {
            if (result !== null) return step.outcome instanceof Committed ? step.outcome.of(result) : step.outcome;
            return after(this.#pauseAfter(tryCount), () => this.#attempt(make, freshness, tryCount + 1));
          }),
        ),
      ),
    );
  }

  /** Answers a rule's queries until it makes a step. */
  #made<T>(made: Made<T>, freshness: Freshness): Awaitable<Step<T>> {
    if (!('queries' in made)) return made;
    return after(this.#read(made.queries, freshness), (facts) => this.#made(made.decide(facts), freshness));
  }

  #read(queries: readonly Query[], freshness: Freshness): Awaitable<readonly unknown[]> {
    if (this.#store.hasOriginal) return this.#store.read(queries, freshness);
    const asked = queries.filter((query) => !isShared(query));
    return after(this.#store.read(asked, freshness), (answers) => {
      let next = 0;
      return queries.map((query) => (isShared(query) ? (query.shape.isCount ? 0 : []) : answers[next++]));
    });
  }

  /** The result of the commit; null when something has moved. A step without writes needs none. */
  #commit<T>(
    { writes, guards, operationIds, problems }: Step<T>,
    now: number,
  ): Awaitable<{ readonly fence: number; readonly deletedCounts: readonly number[] } | null> {
    for (const { table, key, message } of problems) this.#problems.report(table, key, message);
    if (writes.length === 0) return nothing;
    const { hasOriginal } = this.#store;
    const commit = {
      operationIds,
      guards: hasOriginal ? guards : guards.filter((guard) => guard.kind === 'rev' || !isShared(guard.query)),
      writes: hasOriginal ? writes : writes.filter((write) => !isSharedWrite(write)),
      now,
    };
    return after(this.#store.commit(commit), (result) => (result.outcome === 'done' ? result : null));
  }

  #pauseAfter(tryCount: number): Awaitable<void> {
    if (tryCount >= tryLimit) {
      throw new RegistryError(
        'unavailable',
        `The registry's rows changed ${tryLimit} times while one call was made; nothing was written. Too many nodes write at once: call again later.`,
      );
    }
    return this.#pause(this.#random() * Math.min(longestPauseMs, 10 * 2 ** tryCount));
  }

  #beat(request: HeartbeatRequest, now: number, tryCount: number): Awaitable<HeartbeatResult> {
    const { nodeId, epoch } = request;
    const known = this.#beatFacts.get(nodeId);
    const facts = known?.epoch === epoch ? known : this.#made(beatFacts(request), 'leader');
    return after<BeatFacts | Step<BeatFacts | null>, HeartbeatResult>(facts, (found) => {
      const row = 'outcome' in found ? (found.outcome as BeatFacts | null) : found;
      if (row === null) return 'over';
      return after(this.#commit(beat(request, row, now), now), (result) => {
        if (result === null) {
          this.#beatFacts.delete(nodeId);
          return after(this.#pauseAfter(tryCount + 1), () => this.#beat(request, now, tryCount + 1));
        }
        if (this.#beatFacts.size >= beatFactsLimit) this.#beatFacts.clear();
        const lifecycle = row.lifecycle === 'away' && row.keepsShared ? 'alive' : row.lifecycle;
        const { keepsShared, maintenanceUntil } = row;
        this.#beatFacts.set(nodeId, { epoch, lifecycle, keepsShared, maintenanceUntil });
        return 'beating';
      });
    });
  }

  /** Imports what nodes of the original have written, when no node has done so for a while. */
  #importDue({ importEveryMs: everyMs = importEveryMs }: HeartbeatRequest): Awaitable<unknown> {
    return after(this.#now(), (now) => {
      const ageMs = now - this.#importedAt;
      return ageMs >= 0 && ageMs < everyMs ? null : this.#import('all', everyMs);
    });
  }

  #import(scope: Scope, everyMs = 0): Awaitable<Imported> {
    if (!this.#store.hasOriginal) return { upTo: 0 };
    const request = { scope, everyMs, membershipWindowMs: this.#windowMs };
    return this.#attempt((now) => importOriginal(request, now), 'leader', 1);
  }

  #now(): Awaitable<number> {
    return after(this.#store.now(), (now) => {
      if (Number.isFinite(now) && now >= 0) return Math.round(now);
      throw new RegistryError('invalid', `Expected the registry's clock in milliseconds since 1970, got ${now}.`);
    });
  }

  /** Whatever a call throws leaves it as the port's own error. */
  async #guarded<T>(call: () => Awaitable<T>): Promise<T> {
    try {
      const value = call();
      return value instanceof Promise ? await value : value;
    } catch (error) {
      if (error instanceof RegistryError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new RegistryError('ambiguous', `A registry call failed in an unexpected way: ${message}`, {
        cause: error,
      });
    }
  }
}

const nothing = { fence: 0, deletedCounts: [] };

const sharedTables: ReadonlySet<string> = new Set(['sharedNodes', 'sharedEvents', 'listed', 'foreignEvents']);

function isShared({ shape }: Query): boolean {
  return sharedTables.has(shape.from);
}

function isSharedWrite(write: Write): boolean {
  return write.kind === 'delete' ? isShared(write.query) : sharedTables.has(write.table);
}
