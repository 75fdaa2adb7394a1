/** What a node remembers of the registry, beyond the epoch in which it has read it. Not for: what follows from it (went-back.ts). */
import type { KnownProgress } from './reading.ts';

/** What a node remembers of the registry from one epoch to the next. */
export interface RegistryMemory {
  /** Null before the first reading. */
  readonly known: KnownProgress | null;
  /** The highest epoch of any node that a row has shown. What the network says raises nothing. */
  readonly newestEpoch: number;
  /** The fence that was known when the newest reading was asked for: one that was given since may be missing from it. */
  readonly askedFence: number;
  /** Whether the registry is asked to raise its generation now. */
  readonly isRaising: boolean;
  /** Whether the registry's generation does not know this epoch. Until the node has joined again its row proves nothing. */
  readonly isForgotten: boolean;
  /** No open verdict is claimed before: nodes that the registry has forgotten join again first. */
  readonly claimsFrom: number;
}

/** What a process remembers at its start. */
export const nothingKnown: RegistryMemory = {
  known: null,
  newestEpoch: 0,
  askedFence: 0,
  isRaising: false,
  isForgotten: false,
  claimsFrom: Number.NEGATIVE_INFINITY,
};

/** What the next epoch of the same process begins with. */
export function carriedOver({ known, newestEpoch, claimsFrom }: RegistryMemory): RegistryMemory {
  const carried = known === null ? null : { ...known, newestBeat: 0 };
  return { ...nothingKnown, known: carried, newestEpoch, claimsFrom };
}
