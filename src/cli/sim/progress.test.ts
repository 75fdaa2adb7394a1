import { expect, test } from 'vitest';
import { plain } from '../terminal.ts';
import { progressLine } from './progress.ts';

const state = {
  title: 'Ringwatch',
  part: 0.25,
  done: '6 h of 24 h',
  virtualMs: 21_600_000,
  realMs: 10_000,
};

test('the line tells the part, the speed and the time that is left', () => {
  expect(progressLine(state, 99, plain)).toBe(
    'Ringwatch  █████░░░░░░░░░░░░░░░   25 %  6 h of 24 h  2,160 × real time  30 s left',
  );
});

test('the line fits: a narrow terminal has no bar', () => {
  const line = progressLine(state, 40, plain);

  expect(line).not.toContain('█');
  expect([...line].length).toBeLessThanOrEqual(40);
});

test('nothing is guessed at the beginning', () => {
  expect(progressLine({ ...state, part: 0, virtualMs: 0, realMs: 5 }, 99, plain)).not.toMatch(
    /left|real time/,
  );
});
