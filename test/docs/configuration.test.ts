/** docs/configuration.md says what src/core/settings/config.ts does. */
import { expect, test } from 'vitest';
import { resolveSettings, type Settings, validateConfig } from '../../src/core/settings/config.ts';
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
    { suspectAfter: defaults.deadAfter + 1 },
    { retryIntervalMs: defaults.probeIntervalMs + 1 },
    { minQuorum: defaults.neighbors + 1 },
    { watchListCap: defaults.neighbors - 1 },
    { minSilenceRefusedMs: defaults.minSilenceMs + 1 },
    { minSilenceNoConnectionMs: defaults.minSilenceMs + 1 },
    { retryIntervalRefusedMs: defaults.retryIntervalMs + 1 },
    { probeTimeoutFloorMs: defaults.probeTimeoutMs + 1 },
    { heartbeatWindowMs: 2 * defaults.heartbeatIntervalMs - 1 },
    { membershipWindowMs: 2 * defaults.heartbeatIntervalMs - 1 },
    // Without the jitter, which counts.
    { quorumWindowMs: 5 * defaults.probeIntervalMs },
    { outboxCapacity: 2 * defaults.watchListCap - 1 },
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
