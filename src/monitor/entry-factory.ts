/** Makes the entries that the registry records: what the core wants written, with the observer and an operation id. */
import type { Effect } from '../core/effects.ts';
import type { Random } from '../ports/random.ts';
import type { Entry, EpochRef, NoteEntry } from '../ports/registry.ts';
import { newId } from './identity.ts';

/** What a note says, without the observer and the operation id. */
export type Note = Pick<NoteEntry, 'kind' | 'targetId' | 'targetEpoch' | 'detail'>;

export class EntryFactory {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A statement about a target. */
  statement(self: EpochRef, effect: Extract<Effect, { kind: 'record' }>): Entry {
    const { targetId, targetEpoch } = effect;
    const grounds =
      effect.status === 'recovered'
        ? { evidence: null, knownDecision: effect.knownDecision }
        : { evidence: effect.evidence };
    return { ...this.#origin(self), kind: effect.status, targetId, targetEpoch, ...grounds };
  }

  /** A remark. */
  note(self: EpochRef, { kind, targetId, targetEpoch, detail }: Note): Entry {
    return { ...this.#origin(self), kind, targetId, targetEpoch, detail };
  }

  #origin({ nodeId, epoch }: EpochRef): { operationId: string; observerId: string; observerEpoch: number } {
    return { operationId: newId(this.#random), observerId: nodeId, observerEpoch: epoch };
  }
}
