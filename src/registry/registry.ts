/** The registry over a store: which rule each call runs. Not for: how a rule runs (transactions.ts). */
import type { DecideResult, RoundReading } from '../core/reading.ts';
import type { Neighbors, NeighborsRequest } from '../ports/neighbors.ts';
import {
  type ClaimRequest,
  type ClaimResult,
  type ClusterReading,
  type ClusterRequest,
  type DecideRequest,
  type DismissRequest,
  type DisposableRegistry,
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
  type ObituaryRequest,
  type PruneRequest,
  type PruneResult,
  type RaiseRequest,
  type RaiseResult,
  RegistryError,
  type ReleaseRequest,
  type RenewResult,
  type RetryRequest,
  type RoundRequest,
} from '../ports/registry.ts';
import type { Awaitable, Freshness, Store } from '../ports/store.ts';
import { asRegistryError, orThrow, rethrowAsRegistryError } from './as-registry-error.ts';
import { after, settled } from './awaitable.ts';
import { decide } from './decide.ts';
import { writeNothing } from './events.ts';
import { raise } from './generation.ts';
import { Heartbeats } from './heartbeats.ts';
import { setMaintenance } from './maintenance.ts';
import { join, leave, refute, setHandler } from './membership.ts';
import { readNeighbors } from './neighbors.ts';
import { obituary } from './obituary.ts';
import { dismiss, retry } from './operator.ts';
import type { Scope } from './original/import.ts';
import { Imports } from './original/imports.ts';
import { countRows, readCluster, readNode } from './people.ts';
import { Problems } from './problems.ts';
import { prune } from './prune.ts';
import { readEvents } from './read-log.ts';
import { claim, finish, leaseStateOf, renew } from './recovery.ts';
import type { StoreRegistryOptions } from './registry-options.ts';
import { releaseBrake } from './release.ts';
import { readRound } from './round.ts';
import type { Rule } from './rule.ts';
import { record } from './statements.ts';
import { Transactions } from './transactions.ts';

/** Implements the port over a `Store`. Many monitors may share one object. */
export class StoreRegistry implements DisposableRegistry {
  readonly #store: Store;
  readonly #problems: Problems;
  readonly #transactions: Transactions;
  readonly #heartbeats: Heartbeats;
  readonly #imports: Imports;
  readonly #objectId: string;
  #callCount = 0;

  constructor(store: Store, { logger, problems, pause, random }: StoreRegistryOptions) {
    this.#store = store;
    this.#problems = problems ?? new Problems(logger ?? null);
    this.#transactions = new Transactions({
      store,
      problems: this.#problems,
      // Not a promise: a call on a store that answers at once stays one step, even where it begins again.
      pause: pause ?? (() => undefined),
      random,
    });
    this.#objectId = String(random());
    this.#heartbeats = new Heartbeats(this.#transactions, store);
    this.#imports = new Imports(this.#transactions, store);
  }

  /** How many different rows could not be used so far. */
  get badRowCount(): number {
    return this.#problems.count;
  }

  async migrate(): Promise<void> {
    await this.#guarded(() => this.#store.migrate());
  }

  join(request: JoinRequest): Promise<JoinResult> {
    this.#heartbeats.noteJoin(request);
    return this.#guarded(() =>
      after(
        this.#transactions.run((now) => join(request, now)),
        orThrow,
      ),
    );
  }

  heartbeat(request: HeartbeatRequest): Promise<HeartbeatResult> {
    this.#imports.noteHeartbeat(request);
    return this.#guarded(() =>
      after(this.#heartbeats.beat(request), (result) =>
        result !== 'beating' ? result : after(this.#importDue(request), () => result),
      ),
    );
  }

  leave(request: EpochRef): Promise<void> {
    return this.#call((now) => leave(request, now));
  }

  async setHandler(request: EpochRef & { readonly hasHandler: boolean }): Promise<void> {
    await this.#guarded(() => this.#transactions.tryOnce(() => setHandler(request)));
  }

  setMaintenance(request: { readonly nodeId: string; readonly durationMs: number }): Promise<boolean> {
    const { durationMs } = request;
    if (!Number.isFinite(durationMs) || durationMs < 0) {
      const message = `Expected the milliseconds of a maintenance, 0 to end it, got ${durationMs}.`;
      return Promise.reject(new RegistryError('invalid', message));
    }
    const callId = `${this.#objectId}:${++this.#callCount}`;
    return this.#call((now) => setMaintenance(request, callId, now));
  }

  readRound(request: RoundRequest): Promise<RoundReading> {
    return this.#guarded(() =>
      after(
        this.#transactions.run((now) => readRound(request, now), request.freshness ?? 'cheap'),
        ({ reading, cluster }) => {
          this.#imports.noteReading(cluster);
          return reading;
        },
      ),
    );
  }

  readNeighbors(request: NeighborsRequest): Promise<Neighbors> {
    return this.#call((now) => readNeighbors(request, now), 'cheap');
  }

  async record(entries: readonly Entry[]): Promise<void> {
    if (entries.length > 0) await this.#call((now) => record(entries, now));
  }

  async refute(request: EpochRef): Promise<void> {
    await this.#guarded(() => this.#transactions.tryOnce(() => refute(request)));
  }

  decide(request: DecideRequest): Promise<DecideResult> {
    // What nodes of the original say counts too, up to this moment; where one vote may be enough, all that they say.
    const decideAfter = (scope: Scope): Awaitable<DecideResult | null> =>
      this.#transactions.run((now) =>
        after(this.#imports.run(scope), ({ upTo }) =>
          decide(request, { upTo, isWhole: scope === 'all' || !this.#store.hasOriginal }, now),
        ),
      );
    return this.#guarded(() =>
      after(decideAfter({ nodeId: request.targetId }), (result) =>
        result === null ? (decideAfter('all') as Awaitable<DecideResult>) : result,
      ),
    );
  }

  obituary(request: ObituaryRequest): Promise<DecideResult> {
    // Another program may have put the node into maintenance, or taken it off the ring.
    return this.#call((now) =>
      after(this.#imports.run({ nodeId: request.targetId }), () => obituary(request, now)),
    );
  }

  claim(request: ClaimRequest): Promise<ClaimResult> {
    const claimNow = (isImported: boolean) =>
      this.#transactions.run((now) => claim(request, isImported, now));
    return this.#guarded(() =>
      after(claimNow(false), (result) =>
        result === null
          ? after(
              this.#imports.run({ nodeId: request.nodeId }),
              () => claimNow(true) as Awaitable<ClaimResult>,
            )
          : result,
      ),
    );
  }

  renew(request: LeaseRef & { readonly leaseMs: number }): Promise<RenewResult> {
    return this.#guarded(() =>
      after(
        this.#transactions.tryOnce((now) => renew(request, now)),
        (done) => this.#transactions.run(() => leaseStateOf(request, done !== null)),
      ),
    );
  }

  finish(request: FinishRequest): Promise<FinishResult> {
    return this.#call((now) => finish(request, now));
  }

  raise(request: RaiseRequest): Promise<RaiseResult> {
    return this.#call((now) => raise(request, now));
  }

  dismiss(request: DismissRequest): Promise<boolean> {
    return this.#call((now) => dismiss(request, now));
  }

  retry(request: RetryRequest): Promise<boolean> {
    return this.#call((now) => retry(request, now));
  }

  releaseBrake(request: ReleaseRequest): Promise<void> {
    const { durationMs, count = 1 } = request;
    const problem =
      Number.isFinite(durationMs) && durationMs >= 0
        ? null
        : `the milliseconds of a release, got ${durationMs}`;
    const isCount = Number.isSafeInteger(count) && count >= 1;
    if (problem !== null || !isCount) {
      const expected = problem ?? `a whole number of verdicts from 1, got ${count}`;
      return Promise.reject(new RegistryError('invalid', `Expected ${expected}.`));
    }
    return this.#call((now) => releaseBrake(request, now));
  }

  readNode(nodeId: string): Promise<NodeDetail | null> {
    return this.#call(
      (now) => after(this.#imports.run({ nodeId }), () => readNode(nodeId, now)),
      'committed',
    );
  }

  readCluster(request: ClusterRequest = {}): Promise<ClusterReading> {
    return this.#call((now) => readCluster(request, now), 'committed');
  }

  countRows(limit: number): Promise<number> {
    return this.#call(() => countRows(limit), 'cheap');
  }

  readEvents(query: EventQuery): Promise<EventPage> {
    return this.#call(() => readEvents(query), query.freshness ?? 'committed');
  }

  async tryWrite(): Promise<void> {
    const operationId = `try:${this.#objectId}:${++this.#callCount}`;
    await this.#guarded(() => this.#transactions.tryOnce(() => writeNothing(operationId)));
  }

  prune(request: PruneRequest): Promise<PruneResult> {
    return this.#call((now) => prune(request, now));
  }

  onChange(listener: () => void): () => void {
    return this.#store.onChange?.(listener) ?? (() => undefined);
  }

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    await this.#guarded(() => this.#store.close());
  }

  #call<T>(make: (now: number) => Awaitable<Rule<T>>, freshness?: Freshness): Promise<T> {
    return this.#guarded(() => this.#transactions.run(make, freshness));
  }

  /** A heartbeat is done even where the import after it fails; the next one comes in its time. */
  #importDue(request: HeartbeatRequest): Awaitable<void> {
    return settled(
      () => this.#imports.runDue(request),
      (error) => {
        const reason = asRegistryError(error).message;
        this.#problems.tell('dns_nodes', null, `Rows of the original could not be imported: ${reason}`);
      },
    );
  }

  /** Whatever a call throws leaves it as the port's own error. */
  #guarded<T>(call: () => Awaitable<T>): Promise<T> {
    try {
      const value = call();
      return value instanceof Promise ? value.catch(rethrowAsRegistryError) : Promise.resolve(value);
    } catch (error) {
      return Promise.reject(asRegistryError(error));
    }
  }
}
