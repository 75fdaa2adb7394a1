import { describe, expect, it } from 'vitest';
import type { ExperimentResult, FalseAccusation, MeasuredDeath } from './experiment.ts';
import { experimentOptions } from './experiment-options.ts';
import { summarize } from './summary.ts';

const death: MeasuredDeath = {
  nodeId: 'a',
  kind: 'process',
  at: 0,
  suspectMs: null,
  verdictMs: null,
  recoveredMs: null,
  runCount: 0,
  backMs: null,
};

const accusation: FalseAccusation = {
  kind: 'suspect',
  at: 0,
  observerId: 'o',
  targetId: 'a',
  isByHealthy: true,
  isOfHealthy: true,
};

/** Ten nodes for a hundredth of a year each. */
function resultOf(parts: Partial<ExperimentResult>): ExperimentResult {
  return {
    options: experimentOptions({ nodes: 10 }),
    deaths: [],
    falseAccusations: [],
    cost: { probeCount: 0, probeBytes: 0, registryCalls: {} },
    timeline: [],
    measuredMs: 0,
    nodeYears: 0.1,
    joinedCount: 10,
    story: [],
    ...parts,
  };
}

describe('summarize', () => {
  it('gives median, p99 and maximum by nearest rank, of what came', () => {
    const deaths = Array.from({ length: 200 }, (_, index) => ({ ...death, verdictMs: 200 - index }));
    const summary = summarize(resultOf({ deaths: [...deaths, death] }));
    expect(summary.timeToVerdict).toEqual({ count: 200, medianMs: 100, p99Ms: 198, maxMs: 200 });
    expect(summary.timeToSuspect).toEqual({ count: 0, medianMs: null, p99Ms: null, maxMs: null });
    expect(summary.neverConfirmedCount).toBe(1);
  });

  it('sorts deaths by how often they were recovered', () => {
    const deaths = [0, 0, 0, 1, 1, 2, 5].map((runCount) => ({ ...death, runCount }));
    expect(summarize(resultOf({ deaths }))).toMatchObject({
      deathCount: 7,
      neverRecoveredCount: 3,
      recoveredOnceCount: 2,
      recoveredMoreThanOnceCount: 2,
    });
  });

  it('knows the nodes that were back before a verdict confirmed their death', () => {
    const deaths = [death, { ...death, backMs: 5 }, { ...death, backMs: 5, verdictMs: 3 }];
    expect(summarize(resultOf({ deaths }))).toMatchObject({
      neverConfirmedCount: 2,
      neverConfirmedBackCount: 1,
    });
  });

  it('counts false accusations by kind and by health, for a node-year', () => {
    const falseAccusations = [
      accusation,
      { ...accusation, isOfHealthy: false },
      { ...accusation, isByHealthy: false },
      { ...accusation, kind: 'verdict' as const, isOfHealthy: false },
    ];
    const { falseSuspicions, falseVerdicts } = summarize(resultOf({ falseAccusations }));
    expect(falseSuspicions).toEqual({
      count: 3,
      ofHealthyCount: 2,
      byHealthyCount: 2,
      perNodeYear: 30,
      ofHealthyPerNodeYear: 20,
    });
    expect(falseVerdicts).toMatchObject({ count: 1, ofHealthyCount: 0, perNodeYear: 10 });
  });

  it('shares cost among nodes and hours', () => {
    const cost = {
      probeCount: 8_766,
      probeBytes: 87_660,
      registryCalls: { heartbeat: 1_753.2, join: 876.6 },
    };
    const summary = summarize(resultOf({ cost }));
    expect(summary.probesPerNodeHour).toBeCloseTo(10);
    expect(summary.probeBytesPerNodeHour).toBeCloseTo(100);
    expect(summary.registryCallsPerNodeHour).toBeCloseTo(3);
    expect(summary.registryCallsPerNodeHourByName['heartbeat']).toBeCloseTo(2);
  });

  it('has no rates of no time', () => {
    const cost = { probeCount: 1, probeBytes: 1, registryCalls: { join: 1 } };
    expect(summarize(resultOf({ nodeYears: 0, cost }))).toMatchObject({
      probesPerNodeHour: 0,
      registryCallsPerNodeHour: 0,
    });
  });
});
