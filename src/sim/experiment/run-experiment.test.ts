import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../fault-plan.ts';
import { always, latencies } from '../latency.ts';
import { registryHost } from '../network.ts';
import { type ExperimentInput, experimentOptions } from './experiment-options.ts';
import { runExperiment } from './run-experiment.ts';
import { summarize } from './summary.ts';

/** Five nodes whose rounds are exact: every message takes a millisecond. */
const tiny: ExperimentInput = {
  nodes: 5,
  settings: { jitter: 0, startupGracePeriodMs: 0 },
  latency: always(1),
  warmUpMs: 100_000,
  durationMs: 1_000_000,
};

const run = (input: ExperimentInput) => runExperiment(experimentOptions({ ...tiny, ...input }));
const crashOf = (nodeId: string, how: 'process' | 'machine', at = 100_000): PlannedFault => {
  return { at, kind: 'crash', nodeIds: [nodeId], how, backAfterMs: null };
};

describe('runExperiment', () => {
  it('counts three probes and one read a round, and a heartbeat every third round, of each node', async () => {
    const result = await run({});
    expect(result.cost.probeCount).toBe(5 * 100 * 3);
    expect(result.cost.registryCalls['readRound']).toBe(5 * 100);
    expect(result.cost.registryCalls['heartbeat']).toBeGreaterThanOrEqual(5 * 33);
    expect(result.cost.registryCalls['heartbeat']).toBeLessThanOrEqual(5 * 34);
    const { probesPerNodeHour, falseSuspicions } = summarize(result);
    expect(probesPerNodeHour).toBeCloseTo(1_080);
    expect(falseSuspicions.count).toBe(0);
    expect(result.timeline.reduce((sum, { probeCount }) => sum + probeCount, 0)).toBe(1_500);
  });

  it('times a death by the misses that the settings ask for', async () => {
    // Refused at once: suspect with the third miss, between two and three rounds after the death; dead with the twelfth.
    const { deaths, timeline } = await run({ preset: 'original', faults: [crashOf('node-03', 'process')] });
    expect(deaths).toHaveLength(1);
    const [death] = deaths;
    expect(death).toMatchObject({ nodeId: 'node-03', at: 100_000, runCount: 1, backMs: null });
    expect(death?.suspectMs).toBeGreaterThanOrEqual(20_000);
    expect(death?.suspectMs).toBeLessThanOrEqual(30_000);
    expect(death?.verdictMs).toBeGreaterThanOrEqual(110_000);
    expect(death?.verdictMs).toBeLessThanOrEqual(130_000);
    // The handler takes a second.
    expect((death?.recoveredMs ?? 0) - (death?.verdictMs ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect(timeline.at(5)?.downCount).toBe(0);
    expect(timeline.at(-1)?.downCount).toBe(1);
    expect(timeline.reduce((sum, { verdictCount }) => sum + verdictCount, 0)).toBe(1);
  });

  it('calls it false when a node that lives alone is confirmed dead, and says that it was sick', async () => {
    const others = ['node-01', 'node-02', 'node-03', 'node-04', registryHost];
    const cut: PlannedFault = { at: 50_000, kind: 'cut', some: ['node-05'], others, durationMs: 300_000 };
    const { deaths, falseAccusations, timeline } = await run({ faults: [cut] });
    expect(deaths).toEqual([]);
    const verdicts = falseAccusations.filter(({ kind }) => kind === 'verdict');
    expect(verdicts).toMatchObject([{ targetId: 'node-05', isByHealthy: true, isOfHealthy: false }]);
    expect(timeline.reduce((sum, { recoveryCount }) => sum + recoveryCount, 0)).toBe(1);
  });

  it('draws as many crashes as are asked for, and brings their nodes back', async () => {
    const { deaths } = await run({ crashCount: 4, backAfterMs: 300_000, durationMs: 4_000_000 });
    expect(deaths).toHaveLength(4);
    expect(deaths.map(({ runCount }) => runCount)).toEqual([1, 1, 1, 1]);
    expect(deaths.every(({ backMs, at }) => backMs === null || (backMs > 299_999 && at <= 3_700_000))).toBe(
      true,
    );
  });

  it('shows a node that is down for less than a slice, and says who had joined', async () => {
    const crash = { ...crashOf('node-03', 'process'), backAfterMs: 1_000 };
    const { timeline, joinedCount } = await run({ faults: [crash], durationMs: 3_600_000 });
    expect(timeline.filter(({ downCount }) => downCount === 1)).toHaveLength(1);
    expect(joinedCount).toBe(5);
    expect((await run({ lossRate: 1, durationMs: 1_000 })).joinedCount).toBe(0);
  });

  it('lets its caller breathe and stop within a slice', async () => {
    let breathCount = 0;
    const stopped = await runExperiment(
      experimentOptions({ nodes: 100, durationMs: 86_400_000, warmUpMs: 0 }),
      { breathe: async () => void breathCount++, isStopped: () => breathCount >= 3 },
    );
    expect(breathCount).toBe(3);
    expect(stopped.measuredMs).toBeLessThan(86_400_000 / 120);
  });

  it('has nodes that join later, and churn', async () => {
    const { cost, timeline } = await run({
      faults: [
        { at: 500_000, kind: 'join', nodeIds: ['node-05'] },
        {
          at: 600_000,
          kind: 'churn',
          nodeIds: ['node-01', 'node-02'],
          durationMs: 200_000,
          everyMs: 50_000,
          downForMs: 20_000,
          how: 'leave',
        },
      ],
    });
    // One join of the late node, and one after each leave.
    expect(cost.registryCalls['leave']).toBeGreaterThanOrEqual(2);
    expect(cost.registryCalls['join']).toBe(1 + (cost.registryCalls['leave'] ?? 0));
    expect(timeline.map(({ downCount }) => downCount)).toEqual(timeline.map(() => 0));
  });

  it('gives the same result for the same options, and another one for another seed', async () => {
    const input = {
      lossRate: 0.1,
      crashCount: 2,
      settings: {},
      faults: [
        {
          at: 300_000,
          kind: 'slow',
          nodeIds: ['node-02'],
          durationMs: 200_000,
          stallMs: 20_000,
          freeMs: 100,
          timers: 'go-on',
        },
      ],
    } as const;
    for (const rules of ['ringwatch', 'original', 'permutation-rings'] as const) {
      const options = experimentOptions({ ...tiny, ...input, rules });
      const [once, again] = [
        await runExperiment(options, { isStoryKept: true }),
        await runExperiment(options, { isStoryKept: true }),
      ];
      expect(again).toEqual(once);
      expect(once.story.length).toBeGreaterThan(10);
      const other = await runExperiment({ ...options, seed: 2 });
      expect(other.deaths).not.toEqual(once.deaths);
    }
  });

  it('lets the caller breathe, hear of progress and stop', async () => {
    const heard: [number, number][] = [];
    let breathCount = 0;
    const result = await runExperiment(experimentOptions(tiny), {
      onProgress: (virtualMs, ofMs) => void heard.push([virtualMs, ofMs]),
      breathe: async () => void breathCount++,
      isStopped: () => (heard.at(-1)?.[0] ?? 0) >= 600_000,
    });
    expect(breathCount).toBe(heard.length);
    expect(new Set(heard.map(([, ofMs]) => ofMs))).toEqual(new Set([1_100_000]));
    expect(heard.map(([virtualMs]) => virtualMs)).toEqual(
      heard.map(([virtualMs]) => virtualMs).toSorted((a, b) => a - b),
    );
    expect(result.measuredMs).toBeGreaterThanOrEqual(500_000);
    expect(result.measuredMs).toBeLessThan(510_000);
    expect(result.nodeYears).toBeCloseTo((5 * result.measuredMs) / (365.25 * 86_400_000), 12);
  });
});

describe('the original in an experiment', () => {
  it('loses nearly all deaths, since the dead leave its ring as they are declared', async () => {
    const results = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((seed) =>
        run({ seed, rules: 'original', faults: [crashOf('node-03', 'process')] }),
      ),
    );
    const deaths = results.flatMap((result) => result.deaths);
    expect(deaths).toHaveLength(6);
    expect(deaths.filter(({ runCount }) => runCount === 0).length).toBeGreaterThanOrEqual(4);
    expect(deaths.every(({ suspectMs }) => suspectMs !== null && suspectMs <= 33_000)).toBe(true);
  });

  it('kills nodes that live when halves do not see each other', async () => {
    const nodeIds = ['node-01', 'node-02', 'node-03', 'node-04', 'node-05', 'node-06'];
    const halves: PlannedFault = {
      at: 50_000,
      kind: 'cut',
      some: nodeIds.filter((_, index) => index % 2 === 0),
      others: nodeIds.filter((_, index) => index % 2 === 1),
      durationMs: 300_000,
    };
    const falseVerdicts = async (rules: 'original' | 'ringwatch'): Promise<number> =>
      summarize(await run({ nodes: 6, rules, faults: [halves] })).falseVerdicts.count;
    expect(await falseVerdicts('original')).toBeGreaterThan(0);
    expect(await falseVerdicts('ringwatch')).toBe(0);
  });

  it('feels an outage of the registry', async () => {
    const outage: PlannedFault = { at: 0, kind: 'registry', state: 'silent', durationMs: 500_000 };
    const { cost } = await run({ rules: 'original', faults: [outage] });
    expect(cost.registryCalls['readRing']).toBeGreaterThanOrEqual(5 * 49);
    expect(cost.registryCalls['readRing']).toBeLessThanOrEqual(5 * 52);
  });

  it('keeps wrong clocks, a bad registry and failing handlers from changing what is found', async () => {
    const { deaths, falseAccusations, cost } = await run({
      faults: [crashOf('node-03', 'machine')],
      clocks: { 'node-01': { skewMs: 3_600_000 }, 'node-02': { skewMs: -86_400_000, driftPpm: 100 } },
      registry: { lostAnswerRate: 0.2, staleReadRate: 0.5, followerLagMs: 500, duplicateRate: 0.1 },
      handler: { takes: latencies.second, failureRate: 1 },
      durationMs: 600_000,
    });
    expect(deaths).toHaveLength(1);
    expect(deaths[0]?.verdictMs).toBeLessThan(150_000);
    expect(deaths[0]?.runCount).toBeGreaterThan(1);
    expect(deaths[0]?.recoveredMs).toBeNull();
    expect(falseAccusations).toEqual([]);
    expect(cost.registryCalls['finish']).toBeGreaterThan(1);
  });
});
