import { expect, test } from 'vitest';
import { nearestOf } from './nearest-name.ts';

const known = ['port', 'host', 'jitter', 'neighbors', 'probeIntervalMs'];

test.each([
  ['prot', 'port'],
  ['JITTER', 'jitter'],
  ['neigbours', 'neighbors'],
  ['probeInterval', 'probeIntervalMs'],
])('%s means %s', (name, meant) => {
  expect(nearestOf(name, known)).toBe(meant);
});

test.each(['listen', 'logger', 'pool', 'x'])('%s means none of them', (name) => {
  expect(nearestOf(name, known)).toBeNull();
});
