/** docs/registries.md names the tables and the URL parameters that exist. */
import { expect, test } from 'vitest';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import { migrations, migrationsTable, sharedTables } from '../../src/adapters/sql/schema.ts';
import { readMarkdown, tablesOf } from './markdown.ts';

const tables = tablesOf(readMarkdown('docs/registries.md').text);

test('every table of the database has a row, and there is no other row', () => {
  const documented = tables
    .find(({ header }) => header[0] === 'table')
    ?.rows.map(([name, whose]) => [name, whose]);
  const own = [migrationsTable, ...migrations.flatMap(({ statements }) => statements)]
    .map(({ sql }) => /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(sql)?.[1])
    .filter((name) => name !== undefined);
  const actual = [
    ...Object.keys(sharedTables).map((name) => [`\`${name}\``, 'shared']),
    ...own.map((name) => [`\`${name}\``, 'ours']),
  ];

  expect(documented?.toSorted()).toEqual(actual.toSorted());
});

test('every parameter of an rqlite URL has a row with its default and its limits', () => {
  const rows = tables.find(({ header }) => header[0] === 'parameter')?.rows ?? [];
  const documented = rows.flatMap(([names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const known = /known are (.*?)\./.exec(messageOf('rqlite://host?x=1'))?.[1]?.split(', ');
  const defaults = parseRqliteUrl('rqlite://host');

  expect(known?.length).toBeGreaterThan(5);
  expect(documented.toSorted()).toEqual(known?.toSorted());
  for (const [name = '', value, limits = ''] of rows.map(([cell = '', ...rest]) => [
    cell.replaceAll('`', ''),
    ...rest,
  ])) {
    const [least, most] = limits.split(' to ');
    if (!['timeout', 'deadline', 'freshness', 'connections'].includes(name)) continue;
    expect(messageOf(`rqlite://host?${name}=nonsense`)).toMatch(new RegExp(`from ${least} to ${most}\\b`));
    const actual = name === 'connections' ? defaults.connectionCount : defaults[`${name}Ms` as 'timeoutMs'];
    expect(value).toBe(name === 'connections' ? String(actual) : `${actual}ms`);
  }
  expect(defaults.tls).toBeNull();
});

function messageOf(url: string): string {
  try {
    parseRqliteUrl(url);
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
