import { expect, test } from 'vitest';
import { durationFlag, durationProblem, formatDuration, parseDuration } from './durations.ts';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  [' 3 s ', 3_000],
  ['0', 0],
])('%j is %i milliseconds', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(['', '250', '1.5', 's', '-1s', '1e3', '10 seconds', '1h30m', 'never', '0x10', '١s'])(
  '%j is not a duration',
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);

test('a number alone is asked for its unit', () => {
  expect(durationProblem('10')).toBe(
    'expected a duration such as 500ms, 10s, 5m or 1h, got "10" (10 what? write 10s or 10ms)',
  );
  expect(durationProblem('soon', '40ms')).toBe('expected a duration such as 40ms, got "soon"');
});

test.each([
  [0, '0 ms'],
  [349.6, '350 ms'],
  [1_000, '1 s'],
  [1_540, '1.5 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [65_000, '1 min 5 s'],
  [3_599_600, '1 h'],
  [7_500_000, '2 h 5 min'],
  [90_000_000, '1 d 1 h'],
  [-5, '0 ms'],
])('%d milliseconds are told as %j', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test('a duration as a flag is read back as the same duration', () => {
  for (const durationMs of [0, 1, 250, 1_500, 10_000, 90_000, 300_000, 3_600_000, 86_400_000]) {
    expect(parseDuration(durationFlag(durationMs))).toBe(durationMs);
  }
  expect(durationFlag(300_000)).toBe('5m');
  expect(durationFlag(1_500)).toBe('1500ms');
});
