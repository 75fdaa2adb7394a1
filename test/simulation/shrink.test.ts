/** A failing plan is made smaller, and the small one still shows the same failure. */
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { type SwarmPlan, swarmPlan } from '../../src/sim/swarm/plan.ts';
import { PlanError, planFromJson, planToJson } from '../../src/sim/swarm/plan-json.ts';
import { runPlan } from '../../src/sim/swarm/run.ts';
import { type ShrinkStep, type ShrunkPlan, shrinkPlan } from '../../src/sim/swarm/shrink.ts';
import { nodeIdsOf } from '../../src/sim/world.ts';
import type { Requests } from './planted-bugs.ts';

class OneVoiceIsEnough extends MemoryRegistry {
  override decide(request: Requests['decide']) {
    return super.decide({ ...request, minQuorum: 1 });
  }
}

class VotesAreNotTakenBack extends MemoryRegistry {
  override record(entries: Requests['record']) {
    return super.record(entries.filter(({ kind }) => kind !== 'recovered'));
  }
}

const planted = (
  seed: number,
  Registry: new (options: { now: () => number }) => MemoryRegistry,
): SwarmPlan => {
  const plan = swarmPlan(seed);
  const createRegistry = (now: () => number) => new Registry({ now });
  return { ...plan, options: { ...plan.options, createRegistry } };
};

const sizeOf = ({ options }: SwarmPlan): number => nodeIdsOf(options.nodes).length;

/** Whether a plan has a crash of that node. */
const kills = (nodeId: string) => (plan: SwarmPlan) =>
  plan.faults.some((fault) => fault.kind === 'crash' && fault.nodeIds.includes(nodeId));

async function expectSmall(plan: SwarmPlan, { plan: small, promise, isSmallest }: ShrunkPlan): Promise<void> {
  expect(plan.faults.length).toBeGreaterThan(7);
  expect(small.faults.length).toBeLessThanOrEqual(3);
  expect(sizeOf(small)).toBeLessThan(sizeOf(plan));
  expect(small.faultsEndAt).toBeLessThan(plan.faultsEndAt);
  expect(isSmallest).toBe(true);
  expect((await runPlan(small)).broken.map((one) => one.promise)).toContain(promise);
}

describe('a failing plan', () => {
  it('shrinks to what a planted bug needs, and still breaks the same promise', async () => {
    const plan = planted(118, OneVoiceIsEnough);
    const shrunk = await shrinkPlan(plan);
    expect(shrunk.promise).toBe('S2');
    await expectSmall(plan, shrunk);
  });

  it('keeps the faults without which it would not fail', async () => {
    const plan = planted(115, VotesAreNotTakenBack);
    const shrunk = await shrinkPlan(plan);
    await expectSmall(plan, shrunk);
    expect(shrunk.plan.faults.length).toBeGreaterThan(0);
  });

  it('shrinks in the same way every time', async () => {
    const plan = planted(118, OneVoiceIsEnough);
    expect(await shrinkPlan(plan, { limit: 10 })).toEqual(await shrinkPlan(plan, { limit: 10 }));
  });

  it('is never run more often than the limit says, and the best so far comes back', async () => {
    const steps: ShrinkStep[] = [];
    const shrunk = await shrinkPlan(planted(118, OneVoiceIsEnough), {
      limit: 4,
      onStep: (step) => steps.push(step),
    });
    expect(shrunk).toMatchObject({ runCount: 4, isSmallest: false });
    expect(steps.map(({ runCount, limit }) => [runCount, limit])).toEqual([
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(steps.at(-1)?.plan).toBe(shrunk.plan);
  });

  it('is refused when it does not fail', async () => {
    await expect(shrinkPlan(swarmPlan(1))).rejects.toThrow(PlanError);
    await expect(shrinkPlan(swarmPlan(1), { isStillFailing: () => false })).rejects.toThrow(
      /expected a plan that fails/,
    );
  });
});

describe('a search whose failure is known', () => {
  const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

  it('ends with the one crash, the one node and the plainest world that fail', async () => {
    let tried = 0;
    for (const seed of seeds) {
      const plan = swarmPlan(seed);
      const victim = plan.faults.flatMap((fault) => (fault.kind === 'crash' ? fault.nodeIds : [])).at(-1);
      if (victim === undefined) continue;
      tried++;
      const { plan: small, promise, isSmallest } = await shrinkPlan(plan, { isStillFailing: kills(victim) });
      expect({ promise, isSmallest }).toEqual({ promise: null, isSmallest: true });
      const { seed: _, nodes, preset: __, ...options } = small.options;
      expect([nodes, options, small.endsWithRestart, small.hardships]).toEqual([[victim], {}, false, []]);
      expect(small.faults).toMatchObject([{ kind: 'crash', nodeIds: [victim], backAfterMs: null }]);
    }
    expect(tried).toBeGreaterThan(50);
  });

  it('tries valid plans only', async () => {
    for (const seed of seeds.slice(0, 60)) {
      let turn = 0;
      await shrinkPlan(swarmPlan(seed), {
        isStillFailing: (plan) => {
          expect(planFromJson(planToJson(plan))).toEqual(plan);
          return turn++ % 3 !== 1;
        },
      });
      expect(turn).toBeGreaterThan(3);
    }
  });
});
