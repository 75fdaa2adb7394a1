/**
 * The right to run one recovery, as its owner has it: asked for, renewed, and over when the owner must have stopped. The
 * owner counts that on its own monotonic clock, from when it sent the newest request that was granted. When the answer came
 * does not matter, so that a late one counts too. Not for: the handler, and how it ended (recovery.ts).
 */
import { ownerHoldMs, type Settings } from '../core/settings/config.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type ClaimRequest,
  type ClaimResult,
  type LeaseRef,
  type Registry,
  RegistryError,
  type RenewResult,
} from '../ports/registry.ts';
import type { CancelScope } from './cancel-scope.ts';
import { withDeadline } from './deadline.ts';

export interface HeldLeaseOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly clock: Clock;
  /** A renewal was answered: the lease is ours no more, and will not be again. */
  readonly onLost: () => void;
  /** A renewal was answered: the node has returned. May be called more than once. */
  readonly onReturned: () => void;
}

/** How often a claim that was certainly not granted is asked. */
const claimTries = 4;

/** Wait after a claim's first failure; grows by as much with each, up to a round. */
const claimRetryDelayMs = 100;

export class HeldLease {
  readonly #options: HeldLeaseOptions;
  /** For how long the owner runs without a renewal. */
  readonly #holdMs: number;
  #endsAt = Number.NEGATIVE_INFINITY;

  constructor(options: HeldLeaseOptions) {
    this.#options = options;
    this.#holdMs = ownerHoldMs(options.settings);
  }

  /** For how long the owner may still run without another renewal, in milliseconds; 0 or less for no longer. */
  get leftMs(): number {
    return this.#endsAt - this.#options.clock.now();
  }

  /**
   * Asks for the lease, a few times where the registry does not answer. A claim whose answer is lost may have been granted:
   * then the same id asks for the same lease until there is an answer. Null when there is none. Never rejects.
   */
  async claim(request: Omit<ClaimRequest, 'holdMs'>, scope: CancelScope): Promise<ClaimResult | null> {
    const { registry, clock, settings } = this.#options;
    // What a late answer says counts as well.
    let answer: ClaimResult | null = null;
    const ask = async (): Promise<ClaimResult> => {
      answer = await registry.claim({ ...request, holdMs: this.#holdMs });
      return answer;
    };
    let isPerhapsMine = false;
    for (let tryCount = 1; tryCount <= claimTries || isPerhapsMine; tryCount++) {
      if (scope.isCancelled || answer !== null) return answer;
      // Counted from before the call that may have begun the lease, so that it ends here no later than in the registry.
      if (!isPerhapsMine) this.#endsAt = clock.now() + this.#holdMs;
      try {
        return await scope.call(settings.registryTimeoutMs, ask);
      } catch (error) {
        if (!(error instanceof RegistryError && error.isRepeatable)) return null;
        isPerhapsMine ||= error.code === 'ambiguous';
        await scope.wait(Math.min(claimRetryDelayMs * tryCount, settings.probeIntervalMs));
      }
    }
    return null;
  }

  /** Renews the lease, and waits for the answer for so long. Rejects without one; a later one counts all the same. */
  async renew(lease: LeaseRef, limitMs = this.#holdMs / 3): Promise<void> {
    const { registry, clock, settings } = this.#options;
    const sentAt = clock.now();
    await withDeadline(clock, limitMs, async () => {
      this.#take(await registry.renew({ ...lease, leaseMs: settings.leaseMs }), sentAt);
    });
  }

  #take(result: RenewResult, sentAt: number): void {
    const { onLost, onReturned } = this.#options;
    if (result.outcome === 'lost') {
      this.#endsAt = Number.NEGATIVE_INFINITY;
      onLost();
      return;
    }
    this.#endsAt = Math.max(this.#endsAt, sentAt + this.#holdMs);
    if (result.hasReturned) onReturned();
  }

  /**
   * Renews the lease at a third of the time that the owner may run without it, and sooner after a failure. A call that hangs
   * leaves time for another one. Resolves when the scope is cancelled, with true when the time is over: this node may be cut
   * off, and about to be found dead. Never rejects.
   */
  async keep(lease: LeaseRef, scope: CancelScope): Promise<boolean> {
    const { registryTimeoutMs } = this.#options.settings;
    // A lease whose first answer was lost has less left.
    let delayMs = this.leftMs / 3;
    while (this.leftMs > 0) {
      if (!(await scope.wait(Math.min(delayMs, this.leftMs)))) return false;
      if (this.leftMs <= 0) break;
      try {
        await this.renew(lease, Math.min(registryTimeoutMs, this.#holdMs / 3, this.leftMs));
        delayMs = this.#holdMs / 3;
      } catch {
        delayMs = this.#holdMs / 10;
      }
    }
    return !scope.isCancelled;
  }
}
