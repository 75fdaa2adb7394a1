/** Every link in the documentation leads somewhere. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { allMarkdown, anchorsOf, linksOf, readMarkdown, root } from './markdown.ts';

const files = allMarkdown();

test('there is documentation to check', () => {
  expect(files.map(({ path }) => path)).toContain('README.md');
});

test.each(files.map((file) => [file.path, file.text]))('every link of %s resolves', (path, text) => {
  const broken = linksOf(text).filter((link) => !resolves(path, link));

  expect(broken).toEqual([]);
});

test.each(files.map((file) => [file.path, file.text]))('every file that %s names exists', (_, text) => {
  const named = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|json|md|sh|txt))`/g)].map(
    ([, path = '']) => path,
  );
  const missing = named.filter(
    (path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)),
  );

  expect(missing).toEqual([]);
});

test('every decision is in the list of decisions', () => {
  const records = files
    .map(({ path }) => /^docs\/decisions\/(\d.*)$/.exec(path)?.[1])
    .filter((name) => name !== undefined);

  expect(records.length).toBeGreaterThan(5);
  expect(linksOf(readMarkdown('docs/decisions/README.md').text).toSorted()).toEqual(records.toSorted());
});

test('a broken link, a broken anchor and an absolute path are seen', () => {
  expect(linksOf('[a](b.md) `[c](d.md)` ![e](f.png "g")\n```\n[h](i.md)\n```\n')).toEqual(['b.md', 'f.png']);
  expect(resolves('docs/design.md', 'no-such-page.md')).toBe(false);
  expect(resolves('docs/design.md', 'design.md#no-such-heading')).toBe(false);
  expect(resolves('docs/design.md', 'design.md#ring-and-watch-list')).toBe(true);
  expect(resolves('docs/design.md', '/README.md')).toBe(false);
});

function resolves(from: string, link: string): boolean {
  if (/^https?:\/\//.test(link)) return URL.canParse(link);
  if (link.startsWith('/')) return false;
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : posix.join(posix.dirname(from), file);
  if (path.startsWith('..') || !existsSync(join(root, path))) return false;
  return anchor === undefined || (path.endsWith('.md') && anchorsOf(readMarkdown(path).text).has(anchor));
}
