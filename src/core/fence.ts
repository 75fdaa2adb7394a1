/**
 * A fence is one number of two parts: fence = generation × 2^32 + counter. Each claim takes the next one. When the registry
 * went back, the generation is raised, so that no fence of the lost time is given again. Both parts stay far below 2^53.
 */

const fencesOfGeneration = 2 ** 32;

/** The generation of a fence, from 0. The cluster's newest fence names the registry's own. */
export function generationOf(fence: number): number {
  return Math.floor(fence / fencesOfGeneration);
}

/** The number before the first fence of a generation: every fence of an earlier one is lower. */
export function beginOf(generation: number): number {
  return generation * fencesOfGeneration;
}
