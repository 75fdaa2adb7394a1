/** docs/errors.md has a row for every code in the source. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMarkdown, root, tablesOf } from './markdown.ts';

const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(root, 'src', path), 'utf8'))
  .join('\n');
const tables = tablesOf(readMarkdown('docs/errors.md').text);

test('every error class with every code of it has a row, and there is no other row', () => {
  const documented = tables
    .find(({ header }) => header[0] === 'class')
    ?.rows.map(([name, code = '']) => `${name} ${code.startsWith("the system's") ? '`(string)`' : code}`);
  const actual = errorClasses(source).flatMap(({ name, codes }) =>
    codes.map((code) => `\`${name}\` \`${code}\``),
  );

  expect(actual.length).toBeGreaterThan(5);
  expect(documented?.toSorted()).toEqual(actual.toSorted());
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
