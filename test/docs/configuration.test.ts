/** docs/configuration.md says what src/core/config.ts does. */
import { expect, test } from 'vitest';
import { resolveSettings, type Settings, validateConfig } from '../../src/core/config.ts';
import { readMarkdown, tablesOf } from './markdown.ts';

const tables = tablesOf(readMarkdown('docs/configuration.md').text);
const defaults = resolveSettings({ nodeId: 'node-a' });
const names = Object.keys(defaults) as (keyof Settings)[];

test('every setting has a row with its default and its limits, and there is no other row', () => {
  const documented = tables
    .filter(({ header }) => header[1] === 'default')
    .flatMap(({ rows }) => rows.map(([name, value, limits]) => ({ name, value, limits })));
  const actual = names.map((name) => ({
    name: `\`${name}\``,
    value: name === 'nodeId' ? 'none' : shown(defaults[name]),
    limits: limitsOf(name),
  }));

  expect(byName(documented)).toEqual(byName(actual));
});

test('every rule across settings that the validator names has a row', () => {
  const table = tables.find(({ header }) => header[0] === 'rule');
  const broken: Partial<Settings>[] = [
    { suspectAfter: 13 },
    { retryIntervalMs: 10_001 },
    { minQuorum: 4 },
    { watchListCap: 2 },
    { minSilenceRefusedMs: 1 },
    { minSilenceNoConnectionMs: 1 },
    { retryIntervalRefusedMs: 10_001 },
    { probeTimeoutFloorMs: 3_001 },
    { heartbeatWindowMs: 59_999 },
    { membershipWindowMs: 59_999 },
    { quorumWindowMs: 54_999 },
    { outboxCapacity: 127 },
  ];
  const paths = broken.flatMap((edit) => validateConfig({ ...defaults, ...edit })).map(({ path }) => path);

  expect(paths).toHaveLength(broken.length);
  expect(table?.rows.map(([rule = '']) => /`(\w+)`/.exec(rule)?.[1]).toSorted()).toEqual(paths.toSorted());
});

/** What the validator says when the setting is nonsense has the limits in it. */
function limitsOf(name: keyof Settings): string {
  const [violation] = validateConfig({ ...defaults, [name]: Number.NaN });
  const message = violation?.message ?? '';
  if (name === 'nodeId') return /string of (.*? characters)/.exec(message)?.[1] ?? message;
  if (message.startsWith('expected true or false')) return 'true or false';
  const range = /from (\S+) to ([^,]+),/.exec(message);
  if (range === null) return message;
  const limits = `${shown(Number(range[1]))} to ${shown(Number(range[2]))}`;
  return message.includes('or null') ? `${limits}, or null` : limits;
}

function shown(value: unknown): string {
  if (value === null) return 'never';
  if (value === 1 / 3) return '1/3';
  return typeof value === 'number' ? value.toLocaleString('en') : String(value);
}

function byName<Row extends { name: string | undefined }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (a.name ?? '').localeCompare(b.name ?? ''));
}
