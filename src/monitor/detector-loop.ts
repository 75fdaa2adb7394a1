/**
 * The loop around the core: feeds it one input after the other, keeps its state, hands on its effects, and wakes it in
 * time. One timer. Not for: how an effect is performed.
 */

import { step } from '../core/detector.ts';
import type { Effect, Input } from '../core/effects.ts';
import type { RegistryMemory } from '../core/memory.ts';
import type { ObserverRound } from '../core/round-spacing.ts';
import type { Settings } from '../core/settings/config.ts';
import { type DetectorState, newDetector } from '../core/state.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { answerTo, insteadOf } from './faults.ts';

export interface DetectorLoopOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  /** When each node that probes this one comes next. Default: none is known. */
  readonly observers?: () => readonly ObserverRound[];
  /** Performs one effect. The loop does not wait for what it starts. */
  readonly perform: (effect: Exclude<Effect, { kind: 'wake' }>) => void;
  /** Told of a step or an effect that threw. */
  readonly onFault: (what: string, error: unknown) => void;
}

export class DetectorLoop {
  readonly #options: DetectorLoopOptions;
  readonly #inputs: Input[] = [];
  #state: DetectorState;
  #isStepping = false;
  #isRunning = false;
  #wake: { readonly at: number; readonly timer: Timer } | null = null;

  /** `epoch` is shown until the start. */
  constructor(epoch: number, options: DetectorLoopOptions) {
    this.#options = options;
    this.#state = newDetector(epoch);
  }

  get state(): DetectorState {
    return this.#state;
  }

  /** Begins with the first step of this epoch, and with what the one before remembers of the registry. Inputs before this are ignored. */
  start(epoch: number, memory?: RegistryMemory): void {
    this.#state = newDetector(epoch, memory);
    this.#isRunning = true;
    this.dispatch({ kind: 'started' });
  }

  /** Ignores all inputs from now on. */
  stop(): void {
    this.#isRunning = false;
    this.cancelWake();
  }

  /** No timer wakes the core until it asks for one again. */
  cancelWake(): void {
    this.#wake?.timer.cancel();
    this.#wake = null;
  }

  /** Feeds one input to the core. An input that comes while effects are performed waits until they are. */
  dispatch(input: Input): void {
    if (!this.#isRunning) return;
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
    }
  }

  #step(input: Input): void {
    const { settings, clock, random, onFault } = this.#options;
    let effects: readonly Effect[] = [];
    try {
      const moment = { now: clock.now(), wallNow: clock.wallNow(), random: random.next() };
      const next = step(settings, this.#state, input, moment);
      this.#state = next.state;
      effects = next.effects;
    } catch (error) {
      // The state is as it was before the input.
      onFault(`an input of kind "${input.kind}" could not be used`, error);
      this.#queue(insteadOf(input));
      if (this.#wake === null) this.#wakeAt(clock.now() + settings.probeIntervalMs);
    }
    // Each by itself: an effect that throws must not stop the others, least of all the order to wake.
    for (const effect of effects) {
      try {
        if (effect.kind === 'wake') this.#wakeAt(effect.at);
        else this.#options.perform(effect);
      } catch (error) {
        onFault(`an effect of kind "${effect.kind}" could not be performed`, error);
        this.#queue(answerTo(effect));
      }
    }
  }

  #queue(input: Input | null): void {
    if (input !== null) this.#inputs.push(input);
  }

  #wakeAt(at: number): void {
    if (this.#wake?.at === at) return;
    this.#wake?.timer.cancel();
    const { clock } = this.#options;
    this.#wake = { at, timer: clock.setTimer(Math.max(0, at - clock.now()), this.#onWake) };
  }

  readonly #onWake = (): void => {
    this.#wake = null;
    this.dispatch({ kind: 'woken', observers: this.#options.observers?.() ?? [] });
  };
}
