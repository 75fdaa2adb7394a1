/** docs/original.md lists every wrong of the original, and the tests that it names exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { readMarkdown, root, tablesOf } from './markdown.ts';

const rows =
  tablesOf(readMarkdown('docs/original.md').text).find(({ header }) => header[0] === 'no')?.rows ?? [];

test('the wrongs are numbered from 1 to 28, each once', () => {
  expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 28 }, (_, index) => index + 1));
});

test('every wrong names a test, or says why it cannot occur', () => {
  expect(rows.filter(([, , guard = '']) => guard.length < 20)).toEqual([]);
});

test.each(rows.map(([number, , guard = '']) => [number, guard]))(
  'the tests that guard wrong %s exist',
  (_, guard = '') => {
    const missing = namedTests(guard).filter(({ path, title }) => !hasTest(path, title));

    expect(missing).toEqual([]);
  },
);

test('a test that does not exist is seen', () => {
  const guard =
    'see [a](../test/docs/links.test.ts) "every link of %s resolves" and "nothing of the kind"; [b](c.ts)';

  expect(namedTests(guard).map(({ path, title }) => hasTest(path, title))).toEqual([true, false]);
  expect(hasTest('test/no-such-file.ts', 'anything')).toBe(false);
});

/** Each link is followed by the titles of tests in that file, in double quotes. */
function namedTests(guard: string): { path: string; title: string }[] {
  return guard.split(/(?=\[[^\]]*\]\()/).flatMap((piece) => {
    const path = /^\[[^\]]*\]\(([^)]+)\)/.exec(piece)?.[1];
    if (path === undefined) return [];
    return [...piece.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({
      path: posix.join('docs', path),
      title,
    }));
  });
}

function hasTest(path: string, title: string): boolean {
  const file = join(root, path);
  return existsSync(file) && readFileSync(file, 'utf8').replaceAll('\\', '').includes(title);
}
