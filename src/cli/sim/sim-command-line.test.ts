import { expect, test } from 'vitest';
import { experimentCommand, quoted } from './sim-command-line.ts';

test('the line has what was given and the seed, but not where the output goes', () => {
  const flags = { seed: '7', hours: '24', preset: 'lan', deadAfter: '9', html: 'a.html', json: true };

  expect(experimentCommand(flags, 7)).toBe('ringwatch sim --preset lan --hours 24 --seed 7 --dead-after 9');
  expect(experimentCommand({}, 1)).toBe('ringwatch sim --seed 1');
});

test('a word that a shell would take apart is quoted', () => {
  expect(quoted('plan.json')).toBe('plan.json');
  expect(quoted("it's $HOME")).toBe(`'it'\\''s $HOME'`);
  expect(quoted('')).toBe("''");
});
