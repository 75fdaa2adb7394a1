/** What the cluster makes of a death, one stage after the other: for tables and plots. */
import type { MeasuredDeath } from '../../../sim/experiment/experiment.ts';

/** In their order. `name` is the colour's too. */
export const stages = [
  { name: 'suspect', title: 'suspected', timeOf: ({ suspectMs }: MeasuredDeath) => suspectMs },
  { name: 'verdict', title: 'confirmed', timeOf: ({ verdictMs }: MeasuredDeath) => verdictMs },
  { name: 'recovered', title: 'recovered', timeOf: ({ recoveredMs }: MeasuredDeath) => recoveredMs },
] as const;
