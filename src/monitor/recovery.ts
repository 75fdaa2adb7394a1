/**
 * One recovery that this node tries to own: claim, run the handler under a lease that is renewed, record the end.
 * It runs at least once, with one valid fence at a time. When the lease is lost, the handler is told to stop, and the
 * next claim gets a larger fence.
 */
import { retryDelayMs } from '../core/claims.ts';
import type { Settings } from '../core/settings/config.ts';
import type { Verdict } from '../core/verdict.ts';
import type { AbortHandle, CreateAbort } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import {
  type ClaimResult,
  type FinishRequest,
  type KnownProgress,
  type LeaseRef,
  type Registry,
  RegistryError,
} from '../ports/registry.ts';
import { CancelScope } from './cancel-scope.ts';
import { messageOf } from './emitter.ts';
import type { Death, DeathHandler, MonitorEvents } from './events.ts';
import { HeldLease } from './held-lease.ts';
import { newId } from './identity.ts';

export interface RecoveryOptions {
  readonly nodeId: string;
  readonly epoch: number;
  readonly ownerEpoch: number;
  /** What this node knows of the registry. */
  readonly known: KnownProgress | null;
  readonly settings: Settings;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  readonly createAbort: CreateAbort;
  readonly handler: DeathHandler;
  readonly emit: <Name extends 'handler-started' | 'handler-ended' | 'warning'>(
    event: Name,
    payload: MonitorEvents[Name],
  ) => void;
  /** The claim was answered. */
  readonly onClaimed: (isWon: boolean, answer: ClaimResult | null) => void;
}

type Claimed = Extract<ClaimResult, { outcome: 'claimed' }>;

/** How the handler came to its end. */
type Ending =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'lost'; readonly error: string }
  /** Not renewed in time: no failed attempt, and the next one need not wait. */
  | { readonly kind: 'expired'; readonly error: string }
  | { readonly kind: 'stopped' };

/** Wait after the first failure to record the end; doubles with each. */
const finishRetryDelayMs = 200;
const finishMaxRetryDelayMs = 6_400;

/** How long a handler may take to react when the monitor stops. */
const stopGraceMs = 250;

export class Recovery {
  /** What `run` has returned. */
  done: Promise<boolean> = Promise.resolve(false);
  readonly #options: RecoveryOptions;
  /** Ends with the handler. */
  readonly #handlerScope: CancelScope;
  /** Ends when the monitor stops. */
  readonly #monitorScope: CancelScope;
  /** Ends a little later: until then an end is recorded still. */
  readonly #graceScope: CancelScope;
  readonly #lease: AbortHandle;
  readonly #returned: AbortHandle;
  readonly #held: HeldLease;
  #end: (ending: Ending) => void = () => {};
  #isEnded = false;
  #isStopping = false;
  #cancelStopTimer: () => void = () => {};

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#held = new HeldLease({
      ...options,
      onLost: () => this.#end({ kind: 'lost', error: 'another node owns the recovery, or it was resolved' }),
      onReturned: () => this.#returned.abort(new Error(`node ${options.nodeId} has returned`)),
    });
    this.#handlerScope = new CancelScope(options.clock);
    this.#monitorScope = new CancelScope(options.clock);
    this.#graceScope = new CancelScope(options.clock);
    this.#lease = options.createAbort();
    this.#returned = options.createAbort();
  }

  /** Resolves when nothing of this recovery is left to do here; true when the claim was won. Never rejects. Call once. */
  run(): Promise<boolean> {
    this.done = this.#run();
    return this.done;
  }

  async #run(): Promise<boolean> {
    const claimId = newId(this.#options.random);
    const claim = await this.#claim(claimId);
    const isWon = claim?.outcome === 'claimed' && !this.#isStopping;
    this.#options.onClaimed(isWon, claim);
    if (!isWon) return false;
    const { nodeId, epoch } = this.#options;
    const lease: LeaseRef = { nodeId, epoch, claimId, fence: claim.fence };
    // The answer to a claim may come when its hold is over: then the lease is renewed before the handler runs.
    if (this.#held.leftMs <= 0) await this.#held.renew(lease).catch(() => undefined);
    await this.#own(lease, claim);
    return true;
  }

  /** Tells the handler to stop; `run` then resolves soon. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#lease.abort(new Error('the monitor stops'));
    this.#handlerScope.cancel();
    this.#monitorScope.cancel();
    const { clock } = this.#options;
    // A handler that ends in the last moment has its time to say so.
    const timers = [
      clock.setTimer(stopGraceMs, () => this.#end({ kind: 'stopped' })),
      clock.setTimer(2 * stopGraceMs, () => this.#graceScope.cancel()),
    ];
    this.#cancelStopTimer = () => {
      for (const timer of timers) timer.cancel();
    };
  }

  #claim(claimId: string): Promise<ClaimResult | null> {
    const { settings, nodeId, epoch, ownerEpoch, known } = this.#options;
    const request = {
      ...{ nodeId, epoch, ownerId: settings.nodeId, ownerEpoch, claimId, leaseMs: settings.leaseMs },
      ...{ retryBackoffMs: settings.retryBackoffMs, maxAttempts: settings.maxAttempts },
      ...(known === null ? {} : { known }),
    };
    return this.#held.claim(request, this.#monitorScope);
  }

  async #own(lease: LeaseRef, { verdict, abortedCount = 0 }: Claimed): Promise<void> {
    const { clock, emit } = this.#options;
    const startedAt = clock.now();
    const ref = { targetId: lease.nodeId, targetEpoch: lease.epoch, fence: lease.fence };
    emit('handler-started', { ...ref, attempt: verdict.attemptCount });
    const ending = await this.#runHandler(lease, verdict);
    const outcome = await this.#record(lease, ending, verdict.attemptCount - abortedCount);
    this.#cancelStopTimer();
    const error =
      ending.kind === 'completed' ? null : ending.kind === 'stopped' ? 'the monitor stops' : ending.error;
    emit('handler-ended', { ...ref, outcome, error, durationMs: clock.now() - startedAt });
  }

  #runHandler(lease: LeaseRef, verdict: Verdict): Promise<Ending> {
    const { handler, settings, clock } = this.#options;
    return new Promise((resolve) => {
      const timers = new Set<{ cancel(): void }>();
      this.#end = (ending) => {
        if (this.#isEnded) return;
        this.#isEnded = true;
        this.#handlerScope.cancel();
        for (const timer of timers) timer.cancel();
        if (ending.kind !== 'completed')
          this.#lease.abort(new Error(`the right to recover has ended: ${ending.kind}`));
        resolve(ending);
      };
      const expire = (): void =>
        this.#end({ kind: 'expired', error: 'the lease could not be renewed in time' });
      if (this.#held.leftMs <= 0) return expire();
      void this.#held.keep(lease, this.#handlerScope).then((isOver) => isOver && expire());
      this.#warnWhileSlow(settings.leaseMs, clock.now());
      if (settings.handlerTimeoutMs !== null) {
        const limit = settings.handlerTimeoutMs;
        timers.add(
          clock.setTimer(limit, () => {
            this.#end({ kind: 'failed', error: `the handler ran longer than handlerTimeoutMs (${limit})` });
          }),
        );
      }
      const death = this.#deathOf(lease, verdict);
      (async () => await handler(death.nodeId, death))().then(
        () => this.#end({ kind: 'completed' }),
        (error: unknown) => this.#end({ kind: 'failed', error: messageOf(error) }),
      );
    });
  }

  #deathOf(lease: LeaseRef, verdict: Verdict): Death {
    return {
      nodeId: lease.nodeId,
      epoch: lease.epoch,
      fence: lease.fence,
      attempt: verdict.attemptCount,
      voters: verdict.votes.map(({ observerId }) => observerId),
      reason: verdict.reason,
      evidence: verdict.votes,
      signal: this.#lease.signal,
      returned: this.#returned.signal,
    };
  }

  #warnWhileSlow(afterMs: number, startedAt: number): void {
    const { clock, emit, nodeId, settings } = this.#options;
    void this.#handlerScope.wait(afterMs).then((isWhole) => {
      if (!isWhole || this.#isEnded) return;
      const runsMs = Math.round(clock.now() - startedAt);
      const limit = settings.handlerTimeoutMs;
      const end = limit === null ? 'would end it' : `ends it after ${limit} ms`;
      const message = `the recovery handler for ${nodeId} has run for ${runsMs} ms; its lease is renewed (leaseMs ${settings.leaseMs}), handlerTimeoutMs ${end}`;
      emit('warning', { code: 'handler-slow', message, targetId: nodeId });
      this.#warnWhileSlow(afterMs * 2, startedAt);
    });
  }

  /** Records the end until the registry has it, or says that the recovery belongs to another node by now. */
  async #record(lease: LeaseRef, ending: Ending, attempt: number): Promise<'completed' | 'failed' | 'lost'> {
    if (ending.kind === 'lost' || ending.kind === 'stopped') return 'lost';
    const { registry, settings } = this.#options;
    const outcome = ending.kind === 'expired' ? 'aborted' : ending.kind;
    const error = ending.kind === 'completed' ? null : ending.error;
    const retryAfterMs = ending.kind === 'failed' ? retryDelayMs(settings, attempt) : 0;
    const request: FinishRequest = {
      ...lease,
      ...{ outcome, error, retryAfterMs, maxAttempts: settings.maxAttempts },
    };
    const maxDelayMs = Math.min(settings.leaseMs / 4, finishMaxRetryDelayMs);
    for (let delayMs = finishRetryDelayMs; ; delayMs *= 2) {
      try {
        const { registryTimeoutMs } = settings;
        const result = await this.#graceScope.call(registryTimeoutMs, () => registry.finish(request));
        return result === 'recorded' && ending.kind !== 'expired' ? ending.kind : 'lost';
      } catch (failure) {
        const isPermanent = failure instanceof RegistryError && !failure.isRepeatable;
        if (this.#isStopping || isPermanent) return 'lost';
        await this.#monitorScope.wait(Math.min(delayMs, maxDelayMs));
      }
    }
  }
}
