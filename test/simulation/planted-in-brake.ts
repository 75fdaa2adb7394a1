/** Bugs planted into the brake, each with within how many seeds its promise catches it. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { brakeLimit } from '../../src/core/verdict.ts';
import type { PlantedBug, Requests } from './planted-bugs.ts';

/** A registry that lets so many deaths more weigh than it should. */
function withRoomFor(more: (registry: MemoryRegistry) => Promise<number>) {
  return class extends MemoryRegistry {
    override async decide(request: Requests['decide']) {
      const { memberCount } = await super.readCluster({});
      const allowed = brakeLimit(request.maxDeadFraction, memberCount) + (await more(this));
      return super.decide({ ...request, maxDeadFraction: allowed / memberCount });
    }
  };
}

export const bugsInBrake: readonly PlantedBug[] = [
  { bug: 'the brake is off by one', promise: 'S5', within: 25, registry: withRoomFor(async () => 1) },
  {
    bug: 'a death whose recovery runs already does not hold the brake',
    promise: 'S5',
    within: 40,
    registry: withRoomFor(async (registry) => {
      const { verdicts } = await registry.readCluster({});
      return verdicts.filter(({ resolution, ownerId }) => resolution === null && ownerId !== null).length;
    }),
  },
  {
    bug: 'the end of a recovery frees the brake',
    promise: 'S5',
    within: 10,
    settings: () => ({ brakeWindowMs: 0 }),
  },
  {
    bug: 'a return frees the brake at once',
    promise: 'S5',
    within: 10,
    from: 5,
    settings: () => ({ brakeReturnMs: 0 }),
  },
];
