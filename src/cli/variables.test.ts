import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createProgram } from './program.ts';
import { misspeltVariables, variableNames } from './variables.ts';

test('every variable of an option is known', async () => {
  const { commands } = await createProgram([]);
  const all = commands.flatMap((command) => [command, ...command.commands]);
  const read = all.flatMap(({ options }) => options.flatMap(({ envVar }) => envVar ?? []));
  expect(read.length).toBeGreaterThan(50);
  expect([...new Set(read)].filter((name) => !variableNames.includes(name))).toEqual([]);
});

test('a misspelt one is told with the nearest name', () => {
  expect(
    misspeltVariables({ RINGWATCH_PROBE_INTERVALL: '5s', ringwatch_preset: 'lan', RINGWATCH_ADRESS: 'a' }),
  ).toEqual([
    'the variable RINGWATCH_PROBE_INTERVALL is not read by ringwatch; did you mean RINGWATCH_PROBE_INTERVAL?',
    'the variable ringwatch_preset is not read by ringwatch; did you mean RINGWATCH_PRESET?',
    'the variable RINGWATCH_ADRESS is not read by ringwatch; did you mean RINGWATCH_ADDRESS?',
  ]);
});

test('what is ours, and what is far from it, is no mistake', () => {
  const theirs = { RINGWATCH_SERVICE_HOST: '10.0.0.1', RINGWATCH_PORT: 'tcp://10.0.0.1:80', PATH: '/bin' };
  expect(misspeltVariables({ ...theirs, RINGWATCH_PRESET: 'lan', RINGWATCH_NODE: 'b' })).toEqual([]);
});

test('a hook that runs ringwatch is not warned of what it was given itself', () => {
  const sources = ['./agent-hooks.ts', '../agent/command-handler.ts'].map((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  );
  const given = sources.join().match(/\bRINGWATCH_[A-Z_]+(?=: )/g) ?? [];
  expect(given).toContain('RINGWATCH_EVENT');
  expect(given.filter((name) => !variableNames.includes(name))).toEqual([]);
});
