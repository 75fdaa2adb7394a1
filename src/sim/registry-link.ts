/**
 * A node's connection to the virtual registry: what an adapter for a real one promises, over a virtual network.
 * Every call settles within a bound; a write whose answer did not come is `ambiguous`, whether or not it had its effect.
 */
import {
  type ClaimRequest,
  type DecideRequest,
  type DismissRequest,
  type Entry,
  type EpochRef,
  type EventQuery,
  type FinishRequest,
  type JoinRequest,
  type LeaseRef,
  type PruneRequest,
  type Registry,
  RegistryError,
  type RoundRequest,
} from '../ports/registry.ts';
import { type Network, registryHost } from './network.ts';
import type { VirtualProcess } from './process.ts';
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

  heartbeat(request: EpochRef) {
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

  record(entries: readonly Entry[]) {
    return this.#write('record', entries, (registry) => registry.record(entries));
  }

  refute(request: EpochRef) {
    return this.#write('refute', request, (registry) => registry.refute(request));
  }

  decide(request: DecideRequest) {
    return this.#write('decide', request, (registry) => registry.decide(request));
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

  dismiss(request: DismissRequest) {
    return this.#write('dismiss', request, (registry) => registry.dismiss(request));
  }

  readNode(nodeId: string) {
    return this.#read('readNode', nodeId, (registry) => registry.readNode(nodeId));
  }

  readCluster(request: { readonly membershipWindowMs: number }) {
    return this.#read('readCluster', request, (registry) => registry.readCluster(request));
  }

  readEvents(request: EventQuery) {
    return this.#read('readEvents', request, (registry) => registry.readEvents(request));
  }

  prune(request: PruneRequest) {
    return this.#write('prune', request, (registry) => registry.prune(request));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #read<Result>(method: RegistryMethod, request: unknown, run: Run<Result>): Promise<Result> {
    return this.#call(method, request, run, false);
  }

  #write<Result>(method: RegistryMethod, request: unknown, run: Run<Result>): Promise<Result> {
    return this.#call(method, request, run, true);
  }

  #call<Result>(
    method: RegistryMethod,
    request: unknown,
    run: Run<Result>,
    isWrite: boolean,
  ): Promise<Result> {
    const { scheduler, network, registry, process, nodeId, timeoutMs } = this.#parts;
    return new Promise((resolve, reject) => {
      // What has ended says and hears nothing more.
      if (process.hasEnded) return;
      let isSettled = false;
      const settle = (act: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        timeout.cancel();
        act();
      };
      const timeout = process.clock.setTimer(timeoutMs, () =>
        settle(() =>
          reject(
            isWrite
              ? new RegistryError(
                  'ambiguous',
                  `${method}: no answer within ${timeoutMs} ms; it may have had its effect`,
                )
              : new RegistryError('unavailable', `${method}: no answer within ${timeoutMs} ms`),
          ),
        ),
      );
      const reply = (act: () => void): void => {
        const fate = network.fateOf(registryHost, nodeId);
        if (fate.kind !== 'arrives') return;
        scheduler.after(fate.afterMs, () => process.deliver(() => settle(act)));
      };
      const arrive = (): void => {
        if (registry.state === 'silent') return;
        if (registry.state === 'no-leader') {
          reply(() => reject(new RegistryError('unavailable', `${method}: leader not found`)));
          return;
        }
        const isAnswerLost = isWrite && registry.drawsLostAnswer();
        registry.apply({ nodeId, method, request }, isWrite, run).then(
          (result) => {
            if (!isAnswerLost) reply(() => resolve(result));
          },
          (error: unknown) => reply(() => reject(error)),
        );
      };
      const arriveAgain = (): void => {
        if (registry.state !== 'up') return;
        // Its answer goes nowhere, nor does its failure.
        registry.apply({ nodeId, method, request }, isWrite, run).catch(() => undefined);
      };
      const fate = network.fateOf(nodeId, registryHost);
      if (fate.kind === 'lost') return;
      if (fate.kind === 'rejected') {
        const error = new RegistryError('unavailable', `${method}: connection refused`);
        scheduler.after(fate.afterMs, () => process.deliver(() => settle(() => reject(error))));
        return;
      }
      const serverMs = isWrite ? registry.drawCommitMs() + registry.drawLatenessMs() : 0;
      scheduler.after(fate.afterMs + serverMs, arrive);
      const againMs = isWrite ? registry.drawDuplicateMs() : null;
      if (againMs !== null) scheduler.after(fate.afterMs + serverMs + againMs, arriveAgain);
    });
  }
}
