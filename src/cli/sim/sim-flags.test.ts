import { expect, test } from 'vitest';
import { ConfigError } from '../../core/settings/config.ts';
import { always, latencies } from '../../sim/latency.ts';
import { readSimFlags } from './sim-flags.ts';
import type { ExperimentRequest, SimFlags } from './sim-request.ts';

function experiment(flags: SimFlags): ExperimentRequest {
  const request = readSimFlags(flags);
  if (request.kind !== 'experiment') throw new Error(`expected an experiment, got ${request.kind}`);
  return request;
}

function wrongIn(flags: SimFlags): string[] {
  try {
    readSimFlags(flags);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.violations.map(({ path }) => path).toSorted();
  }
}

test('every flag of an experiment becomes its option', () => {
  const [options] = experiment({
    nodes: '20',
    preset: 'lan',
    loss: '0.02',
    latency: 'wan',
    crash: '7',
    hours: '1.5',
    seed: '9',
    rules: 'original',
    backAfter: '4m',
    deadAfter: '9',
  }).experiments;

  expect(options).toMatchObject({
    nodes: 20,
    preset: 'lan',
    lossRate: 0.02,
    latency: latencies.wan,
    crashCount: 7,
    durationMs: 5_400_000,
    seed: 9,
    rules: 'original',
    backAfterMs: 240_000,
    settings: { deadAfter: 9 },
  });
});

test('something happens where nothing was said, and a scenario keeps its own crashes', () => {
  expect(experiment({}).experiments[0]?.crashCount).toBe(5);
  expect(experiment({ scenario: 'rack-cut-off' }).experiments[0]?.crashCount).toBe(0);
});

test('other flags change a scenario', () => {
  const { experiments, scenario } = experiment({ scenario: 'rack-cut-off', nodes: '15', preset: 'lan' });

  expect(scenario).toBe('rack-cut-off');
  expect(experiments[0]).toMatchObject({ nodes: 15, preset: 'lan' });
  expect(experiments[0]?.faults.length).toBeGreaterThan(0);
});

test('a comparison is the same experiment with other rules and nothing else', () => {
  const [own, other] = experiment({ nodes: '5', compare: 'original' }).experiments;

  expect(own?.rules).toBe('ringwatch');
  expect(other).toEqual({ ...own, rules: 'original' });
});

test('a latency may be a duration', () => {
  expect(experiment({ latency: '40ms' }).experiments[0]?.latency).toEqual(always(40));
});

test('everything that is wrong is told at once, by the flags', () => {
  const flags: SimFlags = {
    hours: 'x',
    loss: '2',
    nodes: '1',
    latency: 'far',
    compare: 'ringwatch',
    preset: 'fast',
    crash: '-1',
    scenario: 'nope',
    backAfter: 'soon',
    probeInterval: 'often',
    seeds: '1-2',
  };

  expect(wrongIn(flags)).toEqual(
    [
      ...['--hours', '--loss', '--nodes', '--latency', '--compare', '--preset', '--crash', '--scenario'],
      ...['--back-after', '--probe-interval', '--seeds'],
    ].toSorted(),
  );
});

test('rules across settings are told by the flags too', () => {
  expect(wrongIn({ suspectAfter: '9', deadAfter: '3' })).toEqual(['--suspect-after']);
  expect(wrongIn({ suspectAfter: '9', deadAfter: '3', nodes: '0' })).toEqual(['--nodes', '--suspect-after']);
  expect(wrongIn({ minutes: '9999999999' })).toEqual(['--minutes']);
  expect(wrongIn({ minutes: '0' })).toEqual(['--minutes']);
  expect(wrongIn({ minutes: '1', hours: '1' })).toEqual(['--minutes']);
});

test.each([
  [{ seed: '950' }, { firstSeed: 950, lastSeed: 950 }],
  [{ seeds: '1-100' }, { firstSeed: 1, lastSeed: 100 }],
  [
    { seeds: '7-7', shrink: true },
    { firstSeed: 7, lastSeed: 7, isShrunk: true },
  ],
  [{}, { firstSeed: 1, lastSeed: 1, isShrunk: false }],
])('a swarm takes its seeds from %j', (flags, wanted) => {
  expect(readSimFlags({ swarm: true, ...flags })).toMatchObject({ kind: 'swarm', ...wanted });
});

test.each([['100-1'], ['1'], ['a-b'], ['1-99999999999999999999']])('%s is no range of seeds', (seeds) => {
  expect(wrongIn({ swarm: true, seeds })).toEqual(['--seeds']);
});

test.each([
  [
    'swarm',
    { swarm: true, hours: '2', deadAfter: '4', html: 'a.html' },
    ['--dead-after', '--hours', '--html'],
  ],
  ['plan', { plan: 'plan.json', seed: '3', csv: 'a.csv' }, ['--csv', '--seed']],
  ['list', { list: true, nodes: '3' }, ['--nodes']],
] as const)('what --%s has no use for is refused', (_mode, flags, wanted) => {
  expect(wrongIn(flags)).toEqual(wanted);
});

test('a plan is read from its file, and may be made smaller', () => {
  expect(readSimFlags({ plan: 'plan.json', shrink: true })).toEqual({
    kind: 'plan',
    path: 'plan.json',
    isShrunk: true,
    isTraced: false,
    isJson: false,
  });
});

test('a smaller plan and a story are not printed together', () => {
  expect(wrongIn({ swarm: true, shrink: true, trace: true })).toEqual(['--trace']);
});

test('dense worlds take a preset, its edits, seeds, and rules to go without', () => {
  const request = readSimFlags({
    dense: true,
    seeds: '3-9',
    preset: 'default',
    deadAfter: '9',
    without: 'hints, fresh-proof',
  });

  expect(request).toMatchObject({
    ...{ kind: 'dense', firstSeed: 3, lastSeed: 9, preset: 'default' },
    settings: { deadAfter: 9 },
    without: ['hints', 'fresh-proof'],
  });
  expect(readSimFlags({ dense: true })).toMatchObject({ preset: 'lan', firstSeed: 1, without: [] });
});

test.each([
  [{ dense: true, nodes: '5' }, ['--nodes']],
  [{ dense: true, preset: 'original' }, ['--preset']],
  [{ dense: true, without: 'luck' }, ['--without']],
  [{ dense: true, watchListCap: '1' }, ['--watch-list-cap']],
  [{ without: 'hints' }, ['--without']],
] as const)('what dense worlds cannot be given is told: %j', (flags, paths) => {
  expect(wrongIn(flags)).toEqual(paths);
});
