import { expect, test } from 'vitest';
import { durationAxis, numberAxis } from './axis.ts';

const labels = (axis: { readonly ticks: readonly { readonly label: string }[] }): string[] =>
  axis.ticks.map(({ label }) => label);

test.each([
  [900, 'ms', ['0', '200', '400', '600', '800', '1,000']],
  [73_000, 's', ['0', '15', '30', '45', '60', '75']],
  [3_600_000, 'min', ['0', '10', '20', '30', '40', '50', '60']],
  [86_400_000, 'h', ['0', '4', '8', '12', '16', '20', '24']],
  [3_155_760_000_000, 'd', ['0', '10,000', '20,000', '30,000', '40,000']],
])('an axis of %d ms has round ticks in %s', (mostMs, unit, wanted) => {
  const axis = durationAxis(mostMs);

  expect(axis.unit).toBe(unit);
  expect(labels(axis)).toEqual(wanted);
  expect(axis.most).toBeGreaterThanOrEqual(mostMs);
});

test('an axis of time may end where the data ends', () => {
  const axis = durationAxis(5_400_000, false);

  expect(axis.most).toBe(5_400_000);
  expect(axis.ticks.every(({ at }) => at <= axis.most)).toBe(true);
});

test.each([
  [0, ['0', '1']],
  [1, ['0', '1']],
  [3, ['0', '2', '4']],
  [180, ['0', '100', '200']],
])('counts up to %d have whole ticks', (most, wanted) => {
  expect(labels(numberAxis(most, { isWhole: true, tickCount: 2 }))).toEqual(wanted);
});

test('small numbers have an axis of their size', () => {
  const axis = numberAxis(0.03, { tickCount: 2 });

  expect(axis.most).toBeGreaterThanOrEqual(0.03);
  expect(axis.most).toBeLessThan(0.1);
});
