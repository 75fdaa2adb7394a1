/** docs/registries.md names the tables and the URL parameters that exist. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import { migrate } from '../../src/adapters/sql/migrate.ts';
import { sharedTables } from '../../src/adapters/sql/schema.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { readMarkdown, tablesOf } from './markdown.ts';

const tables = tablesOf(readMarkdown('docs/registries.md').text);

test('every table of the database has a row, and there is no other row', async () => {
  const documented = tables
    .find(({ header }) => header[0] === 'table')
    ?.rows.map(([name, whose]) => [name, whose]);
  const shared = Object.keys(sharedTables).map((name) => [`\`${name}\``, 'shared']);
  const own = (await ownTables()).map((name) => [`\`${name}\``, 'ours']);

  expect(documented?.toSorted()).toEqual([...shared, ...own].toSorted());
});

test('every parameter of an rqlite URL has a row with its default and its limits', () => {
  const rows = tables.find(({ header }) => header[0] === 'parameter')?.rows ?? [];
  const documented = rows.flatMap(([names = '']) =>
    [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  );
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

async function ownTables(): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'ringwatch-tables-'));
  const executor = await SqliteExecutor.open(join(directory, 'cluster.db'));
  try {
    await migrate(executor);
    const named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'ringwatch%'";
    const [result] = await executor.read([{ sql: named, values: [] }]);
    return (result?.rows ?? []).map(({ name }) => String(name));
  } finally {
    await executor.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function messageOf(url: string): string {
  try {
    parseRqliteUrl(url);
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
