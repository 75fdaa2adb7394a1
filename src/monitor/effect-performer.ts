/**
 * Performs the effects that the detector answers, and brings back what comes of each as an input.
 * Not for: when a monitor starts and stops (monitor.ts), or the wakes of the loop (detector-loop.ts).
 */
import type { Announcement, Effect, Input } from '../core/effects.ts';
import type { Random } from '../ports/random.ts';
import type { Entry, EpochRef } from '../ports/registry.ts';
import { EntryFactory, type Note } from './entry-factory.ts';
import type { LogFollower } from './log-follower.ts';
import type { LookRequests } from './look-requests.ts';
import type { Outbox } from './outbox.ts';
import type { ProbeRunner } from './probe-runner.ts';
import type { RegistryCalls } from './registry-calls.ts';

export interface EffectPerformerOptions {
  readonly probes: ProbeRunner;
  readonly calls: RegistryCalls;
  readonly log: LogFollower;
  readonly looks: LookRequests;
  readonly outbox: Outbox;
  readonly random: Random;
  /** The observer's present epoch. */
  readonly self: () => EpochRef;
  readonly dispatch: (input: Input) => void;
  readonly recover: (ref: EpochRef) => void;
  readonly announce: (announcement: Announcement) => void;
}

export class EffectPerformer {
  readonly #options: EffectPerformerOptions;
  readonly #entries: EntryFactory;

  constructor(options: EffectPerformerOptions) {
    this.#options = options;
    this.#entries = new EntryFactory(options.random);
  }

  perform(effect: Exclude<Effect, { kind: 'wake' }>): void {
    const { probes, calls, log, looks, outbox, self, dispatch, recover, announce } = this.#options;
    switch (effect.kind) {
      case 'probe':
        probes.probe(effect);
        break;
      case 'read-round':
        void calls.readRound(self(), effect).then((reading) => {
          dispatch(reading === null ? { kind: 'round-failed' } : { kind: 'round-read', reading });
          if (reading !== null) log.noteProgress(reading.progress);
        });
        break;
      case 'ask-others':
        void looks.askOthers(effect);
        break;
      case 'record':
        outbox.push(this.#entries.statement(self(), effect));
        break;
      case 'note':
        this.note({ ...effect, kind: effect.note });
        break;
      case 'refute':
        void calls.refute(self());
        break;
      case 'decide':
        void calls.decide(self(), effect).then((result) => {
          const { targetId, targetEpoch } = effect;
          dispatch({ kind: 'decided', targetId, targetEpoch, result });
          if (result?.outcome === 'dead' && result.isNew) log.look();
        });
        break;
      case 'obituary':
        void calls.obituary(self(), effect).then((result) => dispatch({ kind: 'obituary-answered', result }));
        break;
      case 'raise':
        void calls.raise(self(), effect).then((isRaised) => dispatch({ kind: 'raise-finished', isRaised }));
        break;
      case 'claim':
        recover(effect);
        break;
      case 'announce':
        announce(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  /** Has a remark written into the log. */
  note(note: Note): void {
    const { outbox, self } = this.#options;
    outbox.push(this.#entries.note(self(), note));
  }

  /** Has the end of an outage written into the log. */
  noteOutage(detail: Readonly<Record<string, unknown>>): void {
    this.note({ kind: 'outage', targetId: null, targetEpoch: null, detail });
  }

  /** The registry has taken an entry, or will not have it. */
  acknowledge(entry: Entry, kind: 'recorded' | 'not-recorded'): void {
    if (entry.kind !== 'suspect' && entry.kind !== 'dead' && entry.kind !== 'recovered') return;
    const { targetId, targetEpoch, kind: status } = entry;
    this.#options.dispatch({ kind, targetId, targetEpoch, status });
  }
}
