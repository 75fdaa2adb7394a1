/** The monitor's calls to the registry, each with a time limit, and whether the registry is out of reach. */
import type { Settings } from '../core/config.ts';
import type { Effect } from '../core/effects.ts';
import type { DecideResult, RoundReading } from '../core/reading.ts';
import type { Clock } from '../ports/clock.ts';
import type { EpochRef, Registry } from '../ports/registry.ts';
import type { CancelScope } from './cancel-scope.ts';
import { withDeadline } from './deadline.ts';
import { messageOf } from './emitter.ts';
import type { MonitorEvents } from './events.ts';
import { problemOfReading } from './usable-reading.ts';

export interface RegistryCallsOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Cancelled when the monitor stops. */
  readonly scope: CancelScope;
  readonly emit: <Name extends 'outage' | 'warning'>(event: Name, payload: MonitorEvents[Name]) => void;
  /** The registry is back after so many milliseconds. */
  readonly onOutageEnd: (durationMs: number) => void;
}

export class RegistryCalls {
  readonly #options: RegistryCallsOptions;
  #outageSince: number | null = null;
  #isRefuting = false;

  constructor(options: RegistryCallsOptions) {
    this.#options = options;
  }

  get isOutage(): boolean {
    return this.#outageSince !== null;
  }

  /** One round's reading; null when the registry did not give one. */
  readRound(
    self: EpochRef,
    { lookAhead, watched, beatingSince }: Extract<Effect, { kind: 'read-round' }>,
  ): Promise<RoundReading | null> {
    const { registry } = this.#options;
    const request = { nodeId: self.nodeId, epoch: self.epoch, lookAhead, watched, beatingSince };
    return this.#ask(() => registry.readRound(request)).then(
      (reading) => {
        const problem = problemOfReading(reading);
        if (problem === null) this.#endOutage();
        else this.noteFailure(problem);
        return problem === null ? reading : null;
      },
      (error: unknown) => {
        this.noteFailure(error);
        return null;
      },
    );
  }

  /** The registry's answer on a death; null when it gave none. */
  async decide(self: EpochRef, effect: Extract<Effect, { kind: 'decide' }>): Promise<DecideResult | null> {
    const { targetId, targetEpoch, watchedSince, newestBeat, known, refutationCount } = effect;
    const { minQuorum, strictQuorum, quorumWindowMs, maxDeadFraction, brakeWindowMs } =
      this.#options.settings;
    const request = {
      ...{ targetId, targetEpoch, watchedSince, newestBeat, known, refutationCount },
      ...{ observerId: self.nodeId, observerEpoch: self.epoch },
      ...{ minQuorum, isQuorumStrict: strictQuorum, quorumWindowMs },
      ...{ maxDeadFraction, brakeWindowMs },
    };
    try {
      return await this.#ask(() => this.#options.registry.decide(request));
    } catch (error) {
      this.#warn(`no answer on the death of ${targetId}, asked again next round: ${messageOf(error)}`);
      return null;
    }
  }

  /** Whether the registry's generation was raised now. Without an answer the next reading asks again. */
  async raise(self: EpochRef, effect: Extract<Effect, { kind: 'raise' }>): Promise<boolean> {
    const { known, epochFloor, liftsFloor } = effect;
    const request = { ...self, known, epochFloor, liftsFloor };
    try {
      const result = await this.#ask(() => this.#options.registry.raise(request));
      return result === 'raised';
    } catch (error) {
      this.#warn(`the registry may have gone back, and does not say whether it has: ${messageOf(error)}`);
      return false;
    }
  }

  /** Refutes an accusation. After a failure the next round does it again. */
  async refute(self: EpochRef): Promise<void> {
    if (this.#isRefuting) return;
    this.#isRefuting = true;
    try {
      await this.#ask(() => this.#options.registry.refute(self));
    } catch (error) {
      this.#warn(`this node is accused and could not refute: ${messageOf(error)}`);
    } finally {
      this.#isRefuting = false;
    }
  }

  /** Tells the registry that this node has a handler. Retried until the registry has it or the monitor stops. */
  async announceHandler(self: EpochRef): Promise<void> {
    const { registry, settings, scope } = this.#options;
    const announce = (): Promise<void> => registry.setHandler({ ...self, hasHandler: true });
    await scope.retry(settings.probeIntervalMs, () => this.#ask(announce));
  }

  /** A reading failed: the outage begins, if it has not begun. */
  noteFailure(error: unknown): void {
    if (this.isOutage || this.#options.scope.isCancelled) return;
    this.#outageSince = this.#options.clock.now();
    this.#options.emit('outage', { isOn: true, message: messageOf(error) });
  }

  #endOutage(): void {
    if (this.#outageSince === null || this.#options.scope.isCancelled) return;
    const durationMs = Math.round(this.#options.clock.now() - this.#outageSince);
    this.#outageSince = null;
    this.#options.onOutageEnd(durationMs);
    this.#options.emit('outage', {
      isOn: false,
      message: `the registry was out of reach for ${durationMs} ms`,
    });
  }

  #ask<Value>(call: () => Promise<Value>): Promise<Value> {
    return withDeadline(this.#options.clock, this.#options.settings.registryTimeoutMs, call);
  }

  #warn(message: string): void {
    if (this.#options.scope.isCancelled) return;
    this.#options.emit('warning', { code: 'registry-error', message, nodeId: null });
  }
}
