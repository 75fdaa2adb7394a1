/** docs/simulator.md says what the simulator has. */
import { expect, test } from 'vitest';
import { bytesPerProbe } from '../../src/sim/experiment/probe-bytes.ts';
import { ExperimentOptionsError, experimentOptions, experimentPresets } from '../../src/sim/index.ts';
import { readMarkdown, tablesOf } from './markdown.ts';

const { text } = readMarkdown('docs/simulator.md');
const tables = tablesOf(text);
const columnOf = (head: string): string[] =>
  tables.find(({ header }) => header[0] === head)?.rows.map(([first = '']) => first.replaceAll('`', '')) ??
  [];

test('every option has a row, and there is no other row', () => {
  expect(columnOf('option').toSorted()).toEqual(Object.keys(experimentOptions()).toSorted());
});

test('the defaults that are numbers are the real ones', () => {
  const defaults = experimentOptions();
  const rows = tables.find(({ header }) => header[0] === 'option')?.rows ?? [];
  const numbers = rows.filter(([, value = '']) => /^\d+$/.test(value));

  expect(numbers.length).toBeGreaterThan(2);
  for (const [name = '', value] of numbers) {
    expect(Number(value), name).toBe(defaults[name.replaceAll('`', '') as 'seed']);
  }
});

test('every kind of fault has a row, and there is no other row', () => {
  expect(columnOf('kind').toSorted()).toEqual(faultKinds().toSorted());
});

test('every scenario has a row as it is', () => {
  const rows = tables.find(({ header }) => header[0] === 'scenario')?.rows;
  const actual = experimentPresets.map(({ name, nodes, description }) => {
    const { preset } = experimentOptions({}, name);
    return [`\`${name}\``, nodes.toLocaleString('en'), `\`${preset}\``, description];
  });

  expect(rows).toEqual(actual);
});

test('the weight of a probe is the one that is counted with', () => {
  expect(text).toContain(`their bytes, ${bytesPerProbe} for each`);
});

/** The validator names every kind when it is given another one. */
function faultKinds(): string[] {
  try {
    experimentOptions({ faults: [{ at: 0, kind: 'no such' as 'loss', lossRate: 0, durationMs: 0 }] });
  } catch (error) {
    if (!(error instanceof ExperimentOptionsError)) throw error;
    return /one of (.*), got/.exec(error.violations[0]?.message ?? '')?.[1]?.split(', ') ?? [];
  }
  return [];
}
