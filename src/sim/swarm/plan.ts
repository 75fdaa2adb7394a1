/**
 * A whole world drawn from one seed: its size, its settings, its weather, and a plan of faults. Each world has a random
 * choice of their kinds, so that rare ones are not drowned by common ones. This is swarm testing (Groce and others, "Swarm
 * testing", ISSTA 2012), and has given the swarm its name. Every draw has a stream of its own: a new one
 * leaves the others as they are.
 */

import { compareIds } from '../../core/ring.ts';
import type { Settings } from '../../core/settings/config.ts';
import { laterNodesOf, type PlannedFault } from '../fault-plan.ts';
import { seededRandom } from '../random.ts';
import { nodeIdsOf, type WorldOptions } from '../world.ts';
import { drawHardships } from './hardships.ts';
import { drawSingleFaults } from './single-faults.ts';
import { drawWorld } from './world-draw.ts';

export interface SwarmPlan {
  readonly seed: number;
  readonly options: WorldOptions;
  readonly settings: Settings;
  /** When the faults begin, and when they end. */
  readonly faultsBeginAt: number;
  readonly faultsEndAt: number;
  readonly faults: readonly PlannedFault[];
  /** The names of the groups of faults that were drawn as one. */
  readonly hardships: readonly string[];
  /** Whether all nodes that run are started anew when the faults end. */
  readonly endsWithRestart: boolean;
  /** Whether the registry's clock jumps past the membership window just before the last node dies. */
  readonly endsWithClockStep: boolean;
}

/** Draws the world of a seed. */
export function swarmPlan(seed: number): SwarmPlan {
  const random = seededRandom(seed, 'swarm');
  const { options, settings } = drawWorld(seed, random.stream('world'));
  const beginAt = settings.startupGracePeriodMs + 10 * settings.probeIntervalMs;
  const endAt = beginAt + random.stream('length').integer(60, 300) * settings.probeIntervalMs;
  const frame = { nodeIds: [...nodeIdsOf(options.nodes)].sort(compareIds), settings, beginAt, endAt };
  const hard = drawHardships(random.stream('hardships'), frame);
  const faults = [...drawSingleFaults(random.stream('faults'), frame), ...hard.faults];
  const laterNodes = laterNodesOf(faults);
  const nodes = [...new Set([...options.nodes, ...laterNodes])];
  const end = random.stream('end');
  return {
    seed,
    options: { ...options, nodes, laterNodes },
    settings,
    faultsBeginAt: beginAt,
    faultsEndAt: hard.endAt,
    faults: faults.toSorted((a, b) => a.at - b.at),
    hardships: hard.names,
    endsWithRestart: end.chance(0.1),
    endsWithClockStep: end.chance(0.25),
  };
}
