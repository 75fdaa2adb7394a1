import { describe, expect, it } from 'vitest';
import { latencies } from '../latency.ts';
import type { ExperimentInput } from './experiment-options.ts';
import { ExperimentOptionsError, experimentOptions } from './experiment-options.ts';
import { experimentPresets } from './presets.ts';

function violationsOf(input: ExperimentInput, scenario: string | null = null): readonly string[] {
  try {
    experimentOptions(input, scenario);
  } catch (error) {
    if (error instanceof ExperimentOptionsError) return error.violations.map(({ path }) => path);
    throw error;
  }
  return [];
}

describe('experimentOptions', () => {
  it('has a default for everything', () => {
    expect(experimentOptions()).toEqual({
      seed: 1,
      nodes: 100,
      rules: 'ringwatch',
      preset: 'default',
      settings: {},
      latency: latencies.lan,
      lossRate: 0,
      clocks: {},
      registry: {},
      handler: { takes: latencies.second, failureRate: 0 },
      warmUpMs: 420_000,
      durationMs: 3_600_000,
      crashCount: 0,
      backAfterMs: 406_200,
      faults: [],
    });
  });

  it('tells of everything that is wrong at once', () => {
    const wrong = {
      lossRate: 1.1,
      durationMs: 0,
      crashCount: 0.5,
      rules: 'others' as 'original',
      latency: { ...latencies.lan, medianMs: 100 },
    };
    expect(violationsOf(wrong)).toEqual(['lossRate', 'durationMs', 'crashCount', 'rules', 'latency']);
  });

  it('tells of settings by their path', () => {
    expect(violationsOf({ settings: { deadAfter: 0, jitter: 2 } })).toEqual([
      'settings.deadAfter',
      'settings.jitter',
    ]);
    expect(violationsOf({ preset: 'moon' as 'lan' })).toEqual(['preset']);
  });

  it('tells of faults by their place', () => {
    const faults = [
      { at: 0, kind: 'loss', lossRate: 2, durationMs: -1 },
      { at: 7_200_000, kind: 'leave', nodeId: 'unknown', backAfterMs: null },
      { at: 0, kind: 'slow', nodeIds: ['node-1'], durationMs: 1, stallMs: 0, freeMs: 0, timers: 'stop' },
      { at: 0, kind: 'link', fault: { to: ['node-1'] }, durationMs: 1 },
      { at: 0, kind: 'flood' as 'loss', lossRate: 1, durationMs: 1 },
    ] as const;
    expect(violationsOf({ nodes: 100, faults })).toEqual([
      'faults[0].durationMs',
      'faults[0].lossRate',
      'faults[1].at',
      'faults[1].nodeId',
      'faults[2].stallMs',
      'faults[2].nodeIds',
      'faults[3].to',
      'faults[4].kind',
    ]);
  });

  it('names the scenarios that there are', () => {
    expect(violationsOf({}, 'ten-crashes')).toEqual([]);
    expect(() => experimentOptions({}, 'eleven-crashes')).toThrow(
      /scenario: expected one of ten-crashes, .*"eleven/,
    );
  });

  it('lets what is written win over the scenario, and the scenario over the defaults', () => {
    expect(experimentOptions({}, 'heavy-loss')).toMatchObject({ nodes: 1_000, preset: 'lan' });
    const { nodes, preset, faults } = experimentOptions(
      { nodes: 200, preset: 'wan', seed: undefined },
      'heavy-loss',
    );
    expect([nodes, preset]).toEqual([200, 'wan']);
    expect(faults).toMatchObject([{ kind: 'link', fault: { to: { length: 2 }, lossRate: 0.8 } }]);
  });
});

describe.each(experimentPresets)('the scenario $name', ({ name, description }) => {
  it('is sound at every size, and drawn from the seed', () => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(description).not.toContain('\n');
    for (const nodes of [40, 128]) {
      expect(experimentOptions({ seed: 3, nodes }, name)).toEqual(
        experimentOptions({ seed: 3, nodes }, name),
      );
    }
    const { faults } = experimentOptions({ seed: 3 }, name);
    if (faults.length > 0) expect(experimentOptions({ seed: 4 }, name).faults).not.toEqual(faults);
  });

  it('refuses clocks, registries and handlers that cannot be, all at once', () => {
    const broken = {
      clocks: { 'node-999': { skewMs: 1 }, 'node-001': { skewMs: 1e12, driftPpm: Number.NaN } },
      registry: { staleReadRate: 2, followerLagMs: -1, lost: 1 },
      handler: { takes: { ...latencies.lan, leastMs: 1e9 }, failureRate: -1 },
    };
    expect(violationsOf(broken as ExperimentInput)).toEqual([
      'registry.lost',
      'registry.staleReadRate',
      'registry.followerLagMs',
      'handler.takes',
      'handler.failureRate',
      'clocks.node-999',
      'clocks.node-001.skewMs',
      'clocks.node-001.driftPpm',
    ]);
  });
});
