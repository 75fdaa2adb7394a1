/** Turns what the core wants written into entries with an identity of their own, and hands them to the outbox. */
import type { Effect } from '../core/effects.ts';
import type { Random } from '../ports/random.ts';
import type { EpochRef, NoteEntry } from '../ports/registry.ts';
import { newId } from './identity.ts';
import type { Outbox } from './outbox.ts';

type Note = Pick<NoteEntry, 'kind' | 'targetId' | 'targetEpoch' | 'detail'>;

export class Scribe {
  readonly #outbox: Outbox;
  readonly #random: Random;

  constructor(outbox: Outbox, random: Random) {
    this.#outbox = outbox;
    this.#random = random;
  }

  /** Writes a statement about a target. */
  record(
    self: EpochRef,
    { status, targetId, targetEpoch, evidence, knownDecision }: Extract<Effect, { kind: 'record' }>,
  ): void {
    const word = { kind: status, targetId, targetEpoch, evidence };
    this.#outbox.push({
      ...this.#signature(self),
      ...word,
      ...(status === 'recovered' ? { knownDecision } : {}),
    });
  }

  /** Writes a remark. */
  note(self: EpochRef, note: Note): void {
    const { kind, targetId, targetEpoch, detail } = note;
    this.#outbox.push({ ...this.#signature(self), kind, targetId, targetEpoch, detail });
  }

  #signature({ nodeId, epoch }: EpochRef): {
    operationId: string;
    observerId: string;
    observerEpoch: number;
  } {
    return { operationId: newId(this.#random), observerId: nodeId, observerEpoch: epoch };
  }
}
