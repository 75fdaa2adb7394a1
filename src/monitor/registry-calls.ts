/** The monitor's calls to the registry, each with a time limit. */

import type { Effect, TargetRef } from '../core/effects.ts';
import type { DecideResult, RoundReading } from '../core/reading.ts';
import { slowCallMs } from '../core/registry-pace.ts';
import type { Settings } from '../core/settings/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { EpochRef, EventPage, EventQuery, Neighbors, Registry } from '../ports/registry.ts';
import type { CancelScope } from './cancel-scope.ts';
import { messageOf } from './emitter.ts';
import type { MonitorEvents } from './events.ts';
import { OncePer } from './once-per.ts';
import type { Outage } from './outage.ts';
import type { RegistryMeter } from './registry-meter.ts';
import { problemOfReading } from './usable-reading.ts';

export interface RegistryCallsOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly meter: Pick<RegistryMeter, 'ask'>;
  /** Cancelled when the monitor stops. */
  readonly scope: CancelScope;
  readonly emit: <Name extends 'warning' | 'waiting-for-quorum'>(
    event: Name,
    payload: MonitorEvents[Name],
  ) => void;
  readonly outage: Outage;
}

/** How often the registry is told of a dead application in a row; it waits longer after each failure. */
const obituaryTries = 4;
const obituaryRetryDelayMs = 100;

/** Refutations on their way at a time: one whose answer may be lost, and one more. */
const refutationLimit = 2;

export class RegistryCalls {
  readonly #options: RegistryCallsOptions;
  #refutationCount = 0;
  /** From when on a refutation that is not answered holds back no other one. */
  #refutableAt = Number.NEGATIVE_INFINITY;
  readonly #waiting = new OncePer<string>({ capacity: 100, repeatAfterMs: 600_000 });

  constructor(options: RegistryCallsOptions) {
    this.#options = options;
  }

  /** Listens where the registry can tell of changes; returns what ends it. A registry of the user's own may have no such call. */
  onChange(listener: () => void): () => void {
    return this.#options.registry.onChange?.(listener) ?? (() => undefined);
  }

  /** One round's reading; null when the registry did not give one. */
  readRound(
    self: EpochRef,
    { lookAhead, watched, beatingSince, freshness }: Extract<Effect, { kind: 'read-round' }>,
  ): Promise<RoundReading | null> {
    const { registry, outage } = this.#options;
    const { nodeId, epoch } = self;
    const request = { nodeId, epoch, lookAhead, watched, beatingSince, freshness };
    return this.#ask(() => registry.readRound(request)).then(
      (reading) => {
        const problem = problemOfReading(reading);
        if (problem === null) outage.noteSuccess('reading');
        else outage.noteFailure('reading', problem);
        return problem === null ? reading : null;
      },
      (error: unknown) => {
        outage.noteFailure('reading', error);
        return null;
      },
    );
  }

  /** Lines of the log. Rejects where the registry does not answer in time. */
  readEvents(query: EventQuery): Promise<EventPage> {
    const { registry, scope, settings } = this.#options;
    return scope.call(settings.registryTimeoutMs, () => registry.readEvents(query));
  }

  /** Who stands around a target; null when the registry did not tell. It is asked for the next miss again, so no one is told. */
  async readNeighbors(nodeId: string): Promise<Neighbors | null> {
    const { registry, settings } = this.#options;
    try {
      return await this.#ask(() => registry.readNeighbors({ nodeId, count: settings.neighbors }));
    } catch {
      return null;
    }
  }

  /** The registry's answer on a death; null when it gave none. */
  async decide(self: EpochRef, effect: Extract<Effect, { kind: 'decide' }>): Promise<DecideResult | null> {
    const { kind: _, ...question } = effect;
    const { minQuorum, strictQuorum, quorumWindowMs, maxDeadFraction, flapWindowMs } = this.#options.settings;
    const request = {
      ...question,
      ...{ observerId: self.nodeId, observerEpoch: self.epoch },
      ...{ minQuorum, isQuorumStrict: strictQuorum, quorumWindowMs },
      ...{ maxDeadFraction, flapWindowMs },
    };
    try {
      const result = await this.#ask(() => this.#options.registry.decide(request));
      // An early question counts some of the votes only.
      if (!question.isEarly) this.#tellWaiting(effect, result);
      return result;
    } catch (error) {
      this.#warn(`no answer on the death of ${effect.targetId}, asked again next round: ${messageOf(error)}`);
      return null;
    }
  }

  /**
   * Tells the registry that this node's application is dead, a few times where it does not answer. Null when it gave no
   * answer; the next round tells it again.
   */
  async obituary(
    self: EpochRef,
    effect: Extract<Effect, { kind: 'obituary' }>,
  ): Promise<DecideResult | null> {
    const { registry, settings, scope } = this.#options;
    const { kind: _, ...word } = effect;
    const { maxDeadFraction, flapWindowMs } = settings;
    const request = {
      ...{
        targetId: self.nodeId,
        targetEpoch: self.epoch,
        observerId: self.nodeId,
        observerEpoch: self.epoch,
      },
      ...word,
      ...{ maxDeadFraction, flapWindowMs },
    };
    for (let tryCount = 1; ; tryCount++) {
      try {
        return await this.#ask(() => registry.obituary(request));
      } catch (error) {
        if (tryCount < obituaryTries && (await scope.wait(obituaryRetryDelayMs * tryCount))) continue;
        this.#warn(`the registry was not told that the application is dead: ${messageOf(error)}`);
        return null;
      }
    }
  }

  /** Whether the registry's generation was raised now. Without an answer the next reading asks again. */
  async raise(self: EpochRef, effect: Extract<Effect, { kind: 'raise' }>): Promise<boolean> {
    const { epoch, known, epochFloor, liftsFloor } = effect;
    // No row has an epoch below 0.
    const request = { nodeId: self.nodeId, epoch: epoch ?? 0, known, epochFloor, liftsFloor };
    try {
      const result = await this.#ask(() => this.#options.registry.raise(request));
      return result === 'raised';
    } catch (error) {
      this.#warn(`the registry may have gone back, and does not say whether it has: ${messageOf(error)}`);
      return false;
    }
  }

  /**
   * Refutes an accusation. After a failure the next reading does it again. One whose answer is late may have been lost: a
   * newer accusation does not wait for its end.
   */
  async refute(self: EpochRef): Promise<void> {
    const { registry, clock } = this.#options;
    const isHeld = this.#refutationCount > 0 && clock.now() < this.#refutableAt;
    if (isHeld || this.#refutationCount >= refutationLimit) return;
    this.#refutationCount++;
    this.#refutableAt = clock.now() + slowCallMs;
    try {
      await this.#ask(() => registry.refute(self));
      this.#refutableAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      this.#warn(`this node is accused and could not refute: ${messageOf(error)}`);
    } finally {
      this.#refutationCount--;
    }
  }

  /** Tells the registry that this node has a handler. Retried until the registry has it or the monitor stops. */
  async announceHandler(self: EpochRef): Promise<void> {
    const { registry, settings, scope } = this.#options;
    const announce = (): Promise<void> => registry.setHandler({ ...self, hasHandler: true });
    await scope.retry(settings.probeIntervalMs, () => this.#ask(announce));
  }

  #ask<Value>(call: () => Promise<Value>): Promise<Value> {
    return this.#options.meter.ask(call);
  }

  #tellWaiting({ targetId, targetEpoch }: TargetRef, result: DecideResult): void {
    if (result.outcome !== 'pending' || result.reason !== 'votes') return;
    const { voteCount, quorum } = result;
    const { clock, emit } = this.#options;
    const key = `${targetId}\n${targetEpoch}\n${voteCount} of ${quorum}`;
    if (this.#waiting.isDue(key, clock.now()))
      emit('waiting-for-quorum', { targetId, targetEpoch, voteCount, quorum });
  }

  #warn(message: string): void {
    if (this.#options.scope.isCancelled) return;
    this.#options.emit('warning', { code: 'registry-error', message, targetId: null });
  }
}
