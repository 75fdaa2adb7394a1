/** The simulator's own way to wait for what follows from an event leaves nothing behind. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { swarmPlan } from '../../src/sim/swarm/plan.ts';
import { runPlan } from '../../src/sim/swarm/run.ts';

const drain = async (): Promise<void> => void (await nextTurn());

it.each([1, 2, 3, 5, 7, 11, 13, 17])(
  'has the same history as under an exact drain, by seed %i',
  async (seed) => {
    const plan = swarmPlan(seed);
    const own = await runPlan(plan, true);
    const exact = await runPlan({ ...plan, options: { ...plan.options, drain } }, true);
    expect(own.story.length).toBeGreaterThan(10);
    expect(own.story).toEqual(exact.story);
  },
);
