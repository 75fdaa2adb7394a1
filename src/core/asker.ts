/** What a question of death tells of the node that asks it: since when it has watched, and what it has read of the registry. */
import type { AskerFacts } from './effects.ts';
import { marksAt } from './marks.ts';
import { watchedSince } from './own-beats.ts';
import type { StepContext } from './step-context.ts';

/** The facts of now. */
export function askerFacts({ state, settings, now }: StepContext): AskerFacts {
  const { own, ring, memory } = state;
  const facts = {
    watchedSince: watchedSince(own.beats, ring.readAt, settings),
    marks: marksAt(own.places, now, settings),
  };
  // Nothing is known before the first reading.
  if (memory.known === null) return { ...facts, newestBeat: 0 };
  const { fence, newestEvent, newestBeat } = memory.known;
  return { ...facts, newestBeat, known: { fence, newestEvent } };
}
