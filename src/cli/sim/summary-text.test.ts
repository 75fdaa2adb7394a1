import { expect, test } from 'vitest';
import { aDeath, aResult } from '../../../test/harness/experiment-result.ts';
import { plain } from '../terminal.ts';
import { summaryText } from './summary-text.ts';

function linesOf(text: string, label: string): string[] {
  return text.split('\n').filter((line) => line.trim().startsWith(label));
}

function lineOf(text: string, label: string): string {
  return linesOf(text, label)[0] ?? '';
}

test('the summary tells times, deaths, accusations and cost', () => {
  const text = summaryText([aResult()], plain);

  expect(linesOf(text, 'suspected')[0]).toMatch(/4 s +5 s$/);
  expect(linesOf(text, 'confirmed')).toEqual([
    expect.stringMatching(/16 s +20 s$/),
    expect.stringMatching(/2 +66\.7 %$/),
  ]);
  expect(lineOf(text, 'never confirmed')).toMatch(/1 +33\.3 %$/);
  expect(lineOf(text, 'more than once')).toMatch(/1 +33\.3 %$/);
  expect(lineOf(text, 'suspicions')).toMatch(/1 +877$/);
  expect(lineOf(text, 'probes')).toMatch(/ 3,600$/);
  expect(lineOf(text, 'bytes of probes')).toMatch(/1\.08 MB$/);
  expect(lineOf(text, 'registry calls')).toMatch(/ 1,080$/);
});

test('what never came has no time, and no deaths have no parts', () => {
  expect(lineOf(summaryText([aResult({ deaths: [aDeath()] })], plain), 'confirmed')).toMatch(/– +–$/);
  expect(linesOf(summaryText([aResult({ deaths: [] })], plain), 'confirmed')[1]).toMatch(/0 +–$/);
});

test('a percentile is told of many deaths only', () => {
  const of = (count: number): string =>
    summaryText(
      [aResult({ deaths: Array.from({ length: count }, () => aDeath({ verdictMs: 1_000 })) })],
      plain,
    );
  expect(of(99)).not.toContain('p99');
  expect(of(100)).toContain('p99');
});

test('two sets of rules stand side by side, under their names', () => {
  const result = aResult();
  const other = { ...result, options: { ...result.options, rules: 'original' as const }, deaths: [] };
  const text = summaryText([result, other], plain);

  expect(text.split('\n')[0]).toMatch(/^ +Ringwatch +the original$/);
  expect(linesOf(text, 'confirmed')[1]).toMatch(/2 +66\.7 % +0 +–$/);
});

test('no line is wider than a usual terminal', () => {
  const result = aResult();
  const other = { ...result, options: { ...result.options, rules: 'permutation-rings' as const } };
  const widths = summaryText([result, other], plain)
    .split('\n')
    .map((line) => line.length);

  expect(Math.max(...widths)).toBeLessThanOrEqual(80);
});
