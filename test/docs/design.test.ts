/** The contract stays short, and every decision says whether it holds. */
import { expect, test } from 'vitest';
import { allMarkdown, readMarkdown } from './markdown.ts';

const records = allMarkdown().filter(({ path }) => /^docs\/decisions\/\d/.test(path));
const numbers = records.map(({ path }) => /\d{4}/.exec(path)?.[0]);

test('docs/design.md has at most 1,800 words', () => {
  expect(readMarkdown('docs/design.md').text.trim().split(/\s+/).length).toBeLessThanOrEqual(1_800);
});

test.each(records.map(({ path, text }) => [path, text]))('%s has a status', (_, text) => {
  expect(text).toMatch(/^# \d{4} [^\n]+\n\nStatus: (accepted|superseded by \d{4})\n/);
});

test('what supersedes a decision is a decision', () => {
  const successors = records.flatMap(({ text }) => /^Status: superseded by (\d{4})$/m.exec(text)?.[1] ?? []);

  expect(successors.filter((number) => !numbers.includes(number))).toEqual([]);
});
