/**
 * A node's connection to the virtual registry: what an adapter for a real one promises, over a virtual network.
 * Every call settles within a bound; a write whose answer did not come is `ambiguous`, whether or not it had its effect.
 */
import type { Timer } from '../ports/clock.ts';
import type { NeighborsRequest } from '../ports/neighbors.ts';
import {
  type ClaimRequest,
  type ClusterRequest,
  type DecideRequest,
  type DismissRequest,
  type Entry,
  type EpochRef,
  type EventQuery,
  type FinishRequest,
  type HeartbeatRequest,
  type JoinRequest,
  type LeaseRef,
  type ObituaryRequest,
  type PruneRequest,
  type RaiseRequest,
  type Registry,
  RegistryError,
  type ReleaseRequest,
  type RetryRequest,
  type RoundRequest,
} from '../ports/registry.ts';
import { type Network, registryHost } from './network.ts';
import type { VirtualProcess } from './process.ts';
import { QueuedEvent } from './queued-event.ts';
import type { Scheduler } from './scheduler.ts';
import type { RegistryMethod, VirtualRegistry } from './virtual-registry.ts';

export interface RegistryLinkParts {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly registry: VirtualRegistry;
  readonly process: VirtualProcess;
  readonly nodeId: string;
  /** A call that takes longer has failed. */
  readonly timeoutMs: number;
}

type Run<Result> = (registry: Registry) => Promise<Result>;

export class RegistryLink implements Registry {
  readonly #parts: RegistryLinkParts;

  constructor(parts: RegistryLinkParts) {
    this.#parts = parts;
  }

  migrate() {
    return this.#write('migrate', null, (registry) => registry.migrate());
  }

  join(request: JoinRequest) {
    return this.#write('join', request, (registry) => registry.join(request));
  }

  heartbeat(request: HeartbeatRequest) {
    return this.#write('heartbeat', request, (registry) => registry.heartbeat(request));
  }

  leave(request: EpochRef) {
    return this.#write('leave', request, (registry) => registry.leave(request));
  }

  setHandler(request: EpochRef & { readonly hasHandler: boolean }) {
    return this.#write('setHandler', request, (registry) => registry.setHandler(request));
  }

  setMaintenance(request: { readonly nodeId: string; readonly durationMs: number }) {
    return this.#write('setMaintenance', request, (registry) => registry.setMaintenance(request));
  }

  readRound(request: RoundRequest) {
    return this.#read('readRound', request, (registry) => registry.readRound(request));
  }

  readNeighbors(request: NeighborsRequest) {
    return this.#read('readNeighbors', request, (registry) => registry.readNeighbors(request));
  }

  record(entries: readonly Entry[]) {
    return this.#write('record', entries, (registry) => registry.record(entries));
  }

  refute(request: EpochRef) {
    return this.#write('refute', request, (registry) => registry.refute(request));
  }

  decide(request: DecideRequest) {
    return this.#write('decide', request, (registry) => registry.decide(request));
  }

  obituary(request: ObituaryRequest) {
    return this.#write('obituary', request, (registry) => registry.obituary(request));
  }

  claim(request: ClaimRequest) {
    return this.#write('claim', request, (registry) => registry.claim(request));
  }

  renew(request: LeaseRef & { readonly leaseMs: number }) {
    return this.#write('renew', request, (registry) => registry.renew(request));
  }

  finish(request: FinishRequest) {
    return this.#write('finish', request, (registry) => registry.finish(request));
  }

  raise(request: RaiseRequest) {
    return this.#write('raise', request, (registry) => registry.raise(request));
  }

  dismiss(request: DismissRequest) {
    return this.#write('dismiss', request, (registry) => registry.dismiss(request));
  }

  retry(request: RetryRequest) {
    return this.#write('retry', request, (registry) => registry.retry(request));
  }

  releaseBrake(request: ReleaseRequest) {
    return this.#write('releaseBrake', request, (registry) => registry.releaseBrake(request));
  }

  readNode(nodeId: string) {
    return this.#read('readNode', nodeId, (registry) => registry.readNode(nodeId));
  }

  readCluster(request: ClusterRequest = {}) {
    return this.#read('readCluster', request, (registry) => registry.readCluster(request));
  }

  countRows(limit: number) {
    return this.#read('countRows', limit, (registry) => registry.countRows(limit));
  }

  readEvents(request: EventQuery) {
    return this.#read('readEvents', request, (registry) => registry.readEvents(request));
  }

  tryWrite() {
    return this.#write('tryWrite', null, (registry) => registry.tryWrite());
  }

  prune(request: PruneRequest) {
    return this.#write('prune', request, (registry) => registry.prune(request));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #read<Result>(method: RegistryMethod, request: unknown, run: Run<Result>): Promise<Result> {
    return this.#call({ method, request, run, isWrite: false });
  }

  #write<Result>(method: RegistryMethod, request: unknown, run: Run<Result>): Promise<Result> {
    return this.#call({ method, request, run, isWrite: true });
  }

  #call<Result>(call: Call<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      // What has ended says and hears nothing more.
      if (!this.#parts.process.hasEnded) new Exchange(this.#parts, call, resolve, reject).begin();
    });
  }
}

interface Call<Result> {
  readonly method: RegistryMethod;
  readonly request: unknown;
  readonly run: Run<Result>;
  readonly isWrite: boolean;
}

/** One call, and each event on its way: first it arrives at the registry, then its answer does at the node. */
class Exchange<Result> extends QueuedEvent {
  readonly #parts: RegistryLinkParts;
  readonly #call: Call<Result>;
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: unknown) => void;
  readonly #sentAt: number;
  #timeout: Timer | null = null;
  /** What the node does with the answer; null until there is one. */
  #hear: (() => void) | null = null;

  constructor(
    parts: RegistryLinkParts,
    call: Call<Result>,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#parts = parts;
    this.#call = call;
    this.#sentAt = parts.scheduler.now;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const { scheduler, network, registry, process, nodeId, timeoutMs } = this.#parts;
    this.#timeout = process.clock.setTimer(timeoutMs, () => this.#giveUp());
    const fate = network.fateOf(nodeId, registryHost);
    if (fate.kind === 'lost') return;
    if (fate.kind === 'rejected') {
      const error = this.#unavailable('connection refused');
      this.#hear = () => this.#fail(error);
      scheduler.add(fate.afterMs, this);
      return;
    }
    const { isWrite } = this.#call;
    const serverMs = isWrite ? registry.drawCommitMs() + registry.drawLatenessMs() : 0;
    this.kind = 'brief';
    scheduler.add(fate.afterMs + serverMs, this);
    const againMs = isWrite ? registry.drawDuplicateMs() : null;
    if (againMs !== null) scheduler.after(fate.afterMs + serverMs + againMs, () => this.#arriveAgain());
  }

  happen(): void {
    if (this.#hear === null) this.#arrive();
    else this.#parts.process.deliver(this.#hear);
  }

  #arrive(): void {
    const { registry } = this.#parts;
    if (registry.state === 'silent') return;
    if (registry.state === 'no-leader') {
      const error = this.#unavailable('leader not found');
      this.#reply(() => this.#fail(error));
      return;
    }
    if (registry.state === 'unwritable' && this.#call.isWrite) {
      const error = this.#unavailable('database or disk is full');
      this.#reply(() => this.#fail(error));
      return;
    }
    const isAnswerLost = this.#call.isWrite && registry.drawsLostAnswer();
    this.#apply().then(
      (result) => {
        if (!isAnswerLost) this.#reply(() => this.#succeed(result));
      },
      (error: unknown) => this.#reply(() => this.#fail(error)),
    );
  }

  #arriveAgain(): void {
    // Its answer goes nowhere, nor does its failure.
    if (this.#parts.registry.state === 'up') this.#apply().catch(() => undefined);
  }

  #apply(): Promise<Result> {
    const { method, request, run, isWrite } = this.#call;
    return this.#parts.registry.apply(
      { nodeId: this.#parts.nodeId, method, request, sentAt: this.#sentAt },
      isWrite,
      run,
    );
  }

  #reply(hear: () => void): void {
    const { scheduler, network, nodeId } = this.#parts;
    const fate = network.fateOf(registryHost, nodeId);
    if (fate.kind !== 'arrives') return;
    this.#hear = hear;
    this.kind = 'loud';
    scheduler.add(fate.afterMs, this);
  }

  #giveUp(): void {
    const { timeoutMs } = this.#parts;
    const { method, isWrite } = this.#call;
    const what = `no answer within ${timeoutMs} ms`;
    this.#fail(
      isWrite
        ? new RegistryError('ambiguous', `${method}: ${what}; it may have had its effect`)
        : this.#unavailable(what),
    );
  }

  /** Settling twice is harmless: the first one counts. */
  #succeed(result: Result): void {
    this.#timeout?.cancel();
    this.#resolve(result);
  }

  #fail(error: unknown): void {
    this.#timeout?.cancel();
    this.#reject(error);
  }

  #unavailable(why: string): RegistryError {
    return new RegistryError('unavailable', `${this.#call.method}: ${why}`);
  }
}
