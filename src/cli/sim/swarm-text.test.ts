import { expect, test } from 'vitest';
import type { SwarmResult } from '../../sim/swarm/run.ts';
import { plain } from '../terminal.ts';
import {
  addSeed,
  describeBroken,
  describeSeed,
  describeTotals,
  noTotals,
  replayCommand,
} from './swarm-text.ts';

const kept: SwarmResult = {
  seed: 1,
  broken: [],
  nodeCount: 5,
  faultCount: 3,
  faultCounts: { crash: 3 },
  hardshipCounts: { 'rack lost': 1, churn: 1 },
  verdictCount: 2,
  recoveryCount: 2,
  nodeMs: 31_557_600_000,
  story: [],
};
const broken: SwarmResult = {
  ...kept,
  seed: 950,
  broken: [{ promise: 'S3', at: 12_345, message: 'a node that lives: \u001b[2J' }],
};

test('a broken promise is told with its time and the line that runs it again', () => {
  const text = describeBroken(broken, 'seed 950', replayCommand(950), plain);

  expect(text).toBe(
    'seed 950: 1 broken promise\n  S3  12.345 s  a node that lives: \ufffd[2J\n  hardships: churn, rack lost\n  again: ringwatch sim --swarm --seed 950 --trace',
  );
});

test('a kept seed is told with the hardships of its world', () => {
  expect(describeSeed(kept)).toContain('3 faults (churn, rack lost), 2 verdicts');
});

test('totals add up, and name the seeds that broke a promise', () => {
  const totals = [kept, broken].reduce(addSeed, noTotals);

  expect(totals).toMatchObject({
    seedCount: 2,
    nodeYears: 2,
    faultCount: 6,
    brokenSeeds: [950],
    violationCount: 1,
  });
  expect(describeTotals(totals, plain)).toBe(
    '2 seeds, 2 virtual node-years, 6 faults, 4 verdicts, 4 recoveries.\n1 broken promise in 1 seed.',
  );
  expect(describeTotals(addSeed(noTotals, kept), plain)).toContain('Every promise was kept.');
});
