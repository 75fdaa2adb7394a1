/** Chance for jitter and ids. Not for secrets. */
import type { Random } from '../../ports/random.ts';

/** The platform's generator, seeded by the operating system at the start of the process. */
export const systemRandom: Random = { next: () => Math.random() };
