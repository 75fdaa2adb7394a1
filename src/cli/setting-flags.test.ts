import { expect, test } from 'vitest';
import { ConfigError, resolveSettings } from '../core/settings/config.ts';
import { readSettings, settingFlags } from './setting-flags.ts';

const base = { nodeId: 'node-a', preset: undefined } as const;

test('every setting has a flag and a variable, and no two are the same', () => {
  const names = Object.keys(resolveSettings({ nodeId: 'node-a' })).filter((name) => name !== 'nodeId');

  expect(settingFlags.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  expect(new Set(settingFlags.map(({ flag }) => flag)).size).toBe(names.length);
  expect(settingFlags.find(({ name }) => name === 'probeIntervalMs')).toMatchObject({
    flag: 'probe-interval',
    variable: 'RINGWATCH_PROBE_INTERVAL',
    kind: 'duration',
  });
});

test('what is written is read: durations, counts, fractions, switches and never', () => {
  const written = {
    probeIntervalMs: '5s',
    deadAfter: '9',
    maxDeadFraction: '1/2',
    jitter: '.2',
    refutation: 'false',
    handlerTimeoutMs: 'never',
  };

  expect(readSettings({ ...base, written })).toEqual({
    nodeId: 'node-a',
    probeIntervalMs: 5_000,
    deadAfter: 9,
    maxDeadFraction: 0.5,
    jitter: 0.2,
    refutation: false,
    handlerTimeoutMs: null,
  });
});

test('all that is wrong is told at once, by the names of the flags', () => {
  const written = { probeTimeoutMs: 'soon', refutation: 'perhaps', minQuorum: '0', suspectAfter: '1.5' };

  expect(violationsOf(() => readSettings({ ...base, nodeId: '', written }))).toEqual([
    '--probe-timeout: expected a duration such as 500ms, 10s, 5m or 1h, got "soon"',
    '--suspect-after: expected a whole number, got "1.5"',
    '--refutation: expected true or false, got "perhaps"',
    expect.stringMatching(/^--node-id: expected a string of 1 to 255 characters/),
    '--min-quorum: expected a whole number from 1 to 100, got 0',
  ]);
});

test('rules across settings name the flags on both sides', () => {
  const [violation] = violationsOf(() => readSettings({ ...base, written: { suspectAfter: '20' } }));

  expect(violation).toBe(
    '--suspect-after: expected at most --dead-after (12), got 20; a node is suspect before it is dead',
  );
});

test('rules across durations tell them as they were written, and others with their unit', () => {
  const written = { retryIntervalMs: '60s', probeIntervalMs: '5s', heartbeatWindowMs: '20s', leaseMs: '0' };

  expect(violationsOf(() => readSettings({ ...base, written }))).toEqual([
    '--lease: expected a duration from 100ms to 1 d, got 0',
    '--retry-interval: expected at most --probe-interval (5s), got 60s; a missed target is asked again sooner, not later',
    '--heartbeat-window: expected at least two heartbeat intervals (60s), got 20s; one late heartbeat must not count as silence',
  ]);
  expect(violationsOf(() => readSettings({ ...base, written: { handlerTimeoutMs: '0' } }))).toEqual([
    '--handler-timeout: expected a duration from 1ms to 30 d, or never, got 0',
  ]);
});

test('a number without a unit is asked for it', () => {
  expect(violationsOf(() => readSettings({ ...base, written: { probeIntervalMs: '10' } }))).toEqual([
    '--probe-interval: expected a duration such as 500ms, 10s, 5m or 1h, got "10" (10 what? write 10s or 10ms)',
  ]);
});

test('an unknown preset is refused with the names of the known ones', () => {
  const preset = 'fast' as 'lan';

  expect(violationsOf(() => readSettings({ ...base, preset, written: {} }))).toEqual([
    '--preset: expected one of default, original, local, lan, wan, got "fast"',
  ]);
});

function violationsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError)
      return error.violations.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}
