/** Worlds that once broke a promise keep every one now. */
import { describe, it } from 'vitest';
import { runPlan, runTwins } from '../../src/sim/swarm/run.ts';
import { planOf, planPathOf, regressions } from './regressions.ts';
import { expectKept } from './swarm-seeds.ts';

describe('every promise is kept', () => {
  it.each(regressions)(
    'by the plan of seed $seed, which once showed that $wrong',
    { timeout: 300_000 },
    async ({ seed, needsTwin = false }) => {
      const run = needsTwin ? runTwins : runPlan;
      expectKept(await run(planOf(seed)), `npx ringwatch sim --plan ${planPathOf(seed)} --trace`);
    },
  );
});
