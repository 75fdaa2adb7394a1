/** docs/errors.md has a row for every code that users can meet. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMarkdown, root, tablesOf } from './markdown.ts';

const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
const textOf = (wanted: readonly string[]): string =>
  wanted.map((path) => readFileSync(join(root, 'src', path), 'utf8')).join('\n');
const source = textOf(paths);
/** What an entry point exports, or the command line ends with, is met by users; other classes never leave their adapter. */
const doors = textOf(paths.filter((path) => path.endsWith('index.ts') || path.startsWith('cli/')));
const tables = tablesOf(readMarkdown('docs/errors.md').text);

test('every error class that users can meet has a row for each of its codes, and no row is of another one', () => {
  const rows = tables.find(({ header }) => header[0] === 'class')?.rows ?? [];
  const documented = rows.map(
    ([name, code = '']) => `${name} ${code.startsWith("the system's") ? '`(string)`' : code}`,
  );
  const existing = errorClasses(source).flatMap(({ name, codes }) =>
    codes.map((code) => ({ name, row: `\`${name}\` \`${code}\`` })),
  );
  const met = existing.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(doors)).map(({ row }) => row);

  expect(met.length).toBeGreaterThan(5);
  expect(met.filter((row) => !documented.includes(row))).toEqual([]);
  expect(documented.filter((row) => !existing.some((one) => one.row === row))).toEqual([]);
});

test('every code of a warning has a row, and there is no other row', () => {
  const documented = tables.find(({ header }) => header[0] === 'code')?.rows.map(([code]) => code);
  const actual = unionOf(source, 'WarningCode').map((code) => `\`${code}\``);

  expect(actual.length).toBeGreaterThan(5);
  expect(documented?.toSorted()).toEqual(actual.toSorted());
});

test('a class without a code is seen', () => {
  expect(errorClasses('class A extends Error {\n}\n')).toEqual([{ name: 'A', codes: ['(none)'] }]);
});

function errorClasses(text: string): { name: string; codes: string[] }[] {
  return [...text.matchAll(/class (\w+) extends \w*Error \{(.*?)^\}/gms)].map(([, name = '', body = '']) => {
    const [, literal, type] = /readonly code(?:: \w+ =| =) '([^']+)'|readonly code: (\w+);/.exec(body) ?? [];
    if (literal !== undefined) return { name, codes: [literal] };
    if (type === 'string') return { name, codes: ['(string)'] };
    return { name, codes: type === undefined ? ['(none)'] : unionOf(text, type) };
  });
}

function unionOf(text: string, type: string): string[] {
  const union = new RegExp(`type ${type} =([^;]*);`).exec(text)?.[1] ?? '';
  return [...union.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
}
