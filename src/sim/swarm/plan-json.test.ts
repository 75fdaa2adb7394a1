import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../adapters/memory/registry.ts';
import { type SwarmPlan, swarmPlan } from './plan.ts';
import { PlanError, planFromJson, planToJson } from './plan-json.ts';
import { runPlan } from './run.ts';

const violationsOf = (source: string): string[] => {
  try {
    planFromJson(source);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    expect(error.code).toBe('plan');
    return error.violations.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
};

interface LoosePlan {
  readonly options: object;
}

/** The text of a plan with something in it changed by hand. */
const edited = (edit: (plan: LoosePlan) => void): string => {
  const plan: LoosePlan = JSON.parse(planToJson(swarmPlan(2)));
  edit(plan);
  return JSON.stringify(plan);
};

describe('a plan as text', () => {
  it('is read back as it was, for hundreds of seeds', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const plan = swarmPlan(seed);
      expect(planFromJson(planToJson(plan))).toEqual(plan);
    }
  });

  it('runs as the plan that was written', async () => {
    for (const seed of [1, 3, 14]) {
      const plan = swarmPlan(seed);
      const again = await runPlan(planFromJson(planToJson(plan)), true);
      expect(again.story.length).toBeGreaterThan(10);
      expect(again).toEqual(await runPlan(plan, true));
    }
  });

  it('may hold every kind of fault', () => {
    const nodeIds = ['node-01', 'node-02'];
    const plan: SwarmPlan = {
      ...swarmPlan(2),
      options: { seed: 2, nodes: 3 },
      faults: [
        { at: 1, kind: 'link', durationMs: 5, fault: { to: nodeIds, flipFlop: { badMs: 1, goodMs: 2 } } },
        { at: 1, kind: 'slow', nodeIds, durationMs: 9, stallMs: 1, freeMs: 0, timers: 'go-on' },
        { at: 1, kind: 'churn', nodeIds, durationMs: 9, everyMs: 1, downForMs: 1, how: 'leave' },
        { at: 1, kind: 'join', nodeIds },
        { at: 1, kind: 'move', nodeIds },
        { at: 1, kind: 'gone', nodeIds, how: 'left', agoMs: 9 },
        { at: 1, kind: 'hang', nodeIds, part: 'ping-answer', durationMs: 9 },
        { at: 1, kind: 'restore', agoMs: 1 },
        { at: 1, kind: 'delete-rows', nodeIds },
        { at: 1, kind: 'registry', state: 'unwritable', durationMs: 1 },
        { at: 1, kind: 'cascade', victim: 'next', durationMs: 9, backAfterMs: null },
      ],
    };
    expect(planFromJson(planToJson(plan)).faults).toEqual(plan.faults);
  });

  it('is refused when code is part of the plan', () => {
    const plan = swarmPlan(1);
    const createRegistry = (now: () => number) => new MemoryRegistry({ now });
    expect(() => planToJson({ ...plan, options: { ...plan.options, createRegistry } })).toThrow(
      /options\.createRegistry: expected data, got code/,
    );
  });

  it('tells everything that is wrong at once', () => {
    const source = edited((plan) => {
      Object.assign(plan, { seed: -1, extra: 1, endsWithRestart: 'no', faultsEndAt: undefined });
      Object.assign(plan.options, { preset: 'moon', clocks: { stranger: {} }, drain: 1 });
      Object.assign(plan.options, { settings: { minQuorum: 0, nodeId: 'a', colour: 'red' } });
      Object.assign(plan, {
        faults: [
          { at: 5, kind: 'meteor' },
          { at: 'soon', kind: 'pause', nodeId: 'stranger', durationMs: -3, how: 'asleep' },
          { at: 5, kind: 'latency', durationMs: 1, latency: { leastMs: 5, medianMs: 1 } },
          7,
        ],
      });
    });
    expect(violationsOf(source).sort()).toMatchInlineSnapshot(`
      [
        "endsWithRestart: expected true or false, got "no"",
        "extra: expected none of that name, only format, seed, options, faultsBeginAt, faultsEndAt, faults, hardships, endsWithRestart, endsWithClockStep; take it out",
        "faultsEndAt: expected a value, got none; add it",
        "faults[0].kind: expected one of "crash", "pause", "cut", "link", "loss", "latency", "registry", "registry-clock", "wall-clock", "leave", "join", "move", "gone", "hang", "impostor", "restore", "delete-rows", "proxy-restart", "sidecar", "messages", "forger", "maintenance", "restart-all", "slow", "churn", "cascade", got "meteor"",
        "faults[1].at: expected milliseconds from 0 to 3155760000000, got "soon"",
        "faults[1].durationMs: expected milliseconds from 0 to 3155760000000, got -3",
        "faults[1].how: expected one of "stalled", "suspended", got "asleep"",
        "faults[1].nodeId: expected the id of a node of this plan, got "stranger"",
        "faults[2].latency.mostMs: expected a value, got none; add it",
        "faults[2].latency.p90Ms: expected a value, got none; add it",
        "faults[2].latency.p99Ms: expected a value, got none; add it",
        "faults[3]: expected an object, got 7",
        "options.clocks (its name): expected the id of a node of this plan, got "stranger"",
        "options.drain: expected none of that name, only nodes, preset, settings, network, registry, clocks, handler, startWithinMs, laterNodes, regions, rejoinAfterMs; take it out",
        "options.preset: expected one of "default", "original", "local", "lan", "wan", got "moon"",
        "options.settings.colour: expected the name of a setting that nodes share; take it out",
        "options.settings.minQuorum: expected a whole number from 1 to 100, got 0",
        "options.settings.nodeId: expected the name of a setting that nodes share; take it out",
        "seed: expected a whole number from 0 to 9007199254740991, got -1",
      ]
    `);
  });

  it.each([
    ['{', /^the text: expected a plan as `ringwatch sim --shrink` prints it/],
    ['7', /^the plan: expected an object, got 7/],
    ['{}', /^format: expected a value, got none; add it/],
    [
      edited((plan) => Object.assign(plan, { format: 'ringwatch plan 9' })),
      /^format: expected one of "ringwatch plan 1"/,
    ],
    [
      edited((plan) => Object.assign(plan, { faultsEndAt: 0 })),
      /^faultsEndAt: expected faultsBeginAt \(\d+\) or later, got 0/,
    ],
    [
      edited((plan) => Object.assign(plan.options, { nodes: ['a', 'a'] })),
      /expected ids that differ, got one twice/,
    ],
  ])('says what was expected instead of %s', (source, message) => {
    expect(violationsOf(source).join('\n')).toMatch(message);
  });
});
