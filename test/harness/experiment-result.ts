/** A made-up result of an experiment, for tests of how results are shown. */
import type { ExperimentResult, MeasuredDeath } from '../../src/sim/experiment/experiment.ts';
import { experimentOptions } from '../../src/sim/experiment/experiment-options.ts';

/** One death; what is not given never came. */
export function aDeath(death: Partial<MeasuredDeath> = {}): MeasuredDeath {
  return {
    nodeId: 'node-01',
    kind: 'process',
    at: 1_000,
    suspectMs: null,
    verdictMs: null,
    recoveredMs: null,
    runCount: 0,
    backMs: null,
    ...death,
  };
}

/** Ten nodes for an hour; three deaths, the last of which no verdict confirmed. */
export function aResult(result: Partial<ExperimentResult> = {}): ExperimentResult {
  const options = experimentOptions({ nodes: 10, durationMs: 3_600_000, seed: 7, preset: 'lan' });
  return {
    options,
    deaths: [
      aDeath({ suspectMs: 3_000, verdictMs: 16_000, recoveredMs: 18_000, runCount: 1 }),
      aDeath({ nodeId: 'node-02', suspectMs: 4_000, verdictMs: 20_000, recoveredMs: 22_000, runCount: 2 }),
      aDeath({ nodeId: 'node-03', at: 3_000_000, suspectMs: 5_000 }),
    ],
    falseAccusations: [
      {
        kind: 'suspect',
        at: 1_800_000,
        observerId: 'node-04',
        targetId: 'node-05',
        isByHealthy: true,
        isOfHealthy: true,
      },
    ],
    cost: {
      probeCount: 36_000,
      probeBytes: 10_800_000,
      registryCalls: { heartbeat: 3_600, readRound: 7_200 },
    },
    timeline: Array.from({ length: 60 }, (_, minute) => ({
      at: minute * 60_000,
      downCount: minute === 50 ? 1 : 0,
      suspectCount: minute === 0 ? 3 : 0,
      verdictCount: minute === 0 ? 2 : 0,
      recoveryCount: minute === 0 ? 2 : 0,
      probeCount: 600,
      registryCallCount: 180,
    })),
    measuredMs: 3_600_000,
    nodeYears: 10 / (365.25 * 24),
    joinedCount: 10,
    story: [],
    ...result,
  };
}
