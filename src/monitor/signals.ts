/**
 * What other nodes let this one know: that a target has closed a connection, that an observer asks it to look, and who
 * probes it. All of it only makes this node look or read sooner; none of it proves anything.
 */

import type { Input } from '../core/effects.ts';
import type { ObserverRound } from '../core/round-spacing.ts';
import type { Settings } from '../core/settings/config.ts';
import type { DetectorState } from '../core/state.ts';
import type { LookRequest } from '../core/wire/look-message.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';
import type { Clock } from '../ports/clock.ts';
import type { Prober } from '../ports/prober.ts';
import { inputOfLook } from './look-requests.ts';
import { type ObserverProbe, ObserverRhythm } from './observer-rhythm.ts';

/** What the signals of one monitor are made of. */
export interface SignalsOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly prober: Prober;
  readonly state: () => DetectorState;
  /** Inputs before the start and after the end are ignored. */
  readonly dispatch: (input: Input) => void;
}

/** Takes in what other nodes let this one know. One for each monitor; `stop` ends it for good. */
export class Signals {
  readonly #options: SignalsOptions;
  readonly #rhythm: ObserverRhythm;
  readonly #endHints: (() => void) | undefined;

  constructor(options: SignalsOptions) {
    const { settings, clock, prober, dispatch } = options;
    this.#options = options;
    this.#rhythm = new ObserverRhythm({
      clock,
      roundMs: settings.probeIntervalMs * (1 + settings.jitter),
      onMissed: () => dispatch({ kind: 'self-suspected' }),
    });
    this.#endHints = prober.onClosed?.((targetId) =>
      dispatch({ kind: 'hinted', targetId, source: 'closed' }),
    );
  }

  /** A named probe of an observer has arrived at this node. */
  noteProbe(probe: ObserverProbe): void {
    this.#rhythm.noteProbe(probe);
  }

  /** When each node that probes this one comes next. */
  observers(): readonly ObserverRound[] {
    return this.#rhythm.rounds();
  }

  /** An observer's newest connection was closed, and not by this node: it reads whether it is accused. */
  noteObserverClosed(observer: PingSender): void {
    this.#rhythm.noteClosed(observer);
  }

  /** Another observer asks this one to look at a node. It is ignored where that node is not watched here. */
  receive(message: LookRequest, sender: PingSender): void {
    const { settings, state, dispatch } = this.#options;
    const input = inputOfLook(message, sender, settings.nodeId, state());
    if (input !== null) dispatch(input);
  }

  /** Nothing is let known any more. */
  stop(): void {
    this.#endHints?.();
    this.#rhythm.stop();
  }
}
