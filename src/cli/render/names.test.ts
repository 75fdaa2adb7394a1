import { expect, test } from 'vitest';
import { shortNames } from './names.ts';

const hosts = ['web-01', 'web-02', 'db-1'].map((host) => `${host}.eu-central-1.example.com`);

function named(ids: readonly string[], length: number): string[] {
  const { nameOf } = shortNames(ids, length);
  return ids.map(nameOf);
}

test('names that fit are shown whole', () => {
  expect(shortNames(hosts, 40).ending).toBe('');
  expect(named(hosts, 40)).toEqual(hosts);
});

test('an ending that all share is left out, from a dot on, and told once', () => {
  expect(shortNames(hosts, 20).ending).toBe('.eu-central-1.example.com');
  expect(named(hosts, 20)).toEqual(['web-01', 'web-02', 'db-1']);
  // Of the shorter one something must be left.
  expect(named(['a.very.long.example.com', 'long.example.com'], 10)).toEqual(['a.ver…long', 'long']);
});

test('what is still too long loses its middle, or another part where that would make two names one', () => {
  expect(named(['payments-west-primary-1', 'payments-east-primary-2'], 12)).toEqual([
    'paymen…ary-1',
    'paymen…ary-2',
  ]);
  const alike = named(['cluster-one-of-all-0001-node-end', 'cluster-one-of-all-0002-node-end'], 16);
  expect(new Set(alike).size).toBe(2);
  for (const name of alike) expect([...name].length).toBeLessThanOrEqual(16);
});

test('two names that no cut tells apart stay whole, and one id alone is cut', () => {
  const alike = [`${'a'.repeat(30)}1${'b'.repeat(30)}`, `${'a'.repeat(30)}2${'b'.repeat(30)}`];
  expect(named(alike, 12)).toEqual(alike);
  expect(named([`${'a'.repeat(30)}1`], 8)).toEqual(['aaaa…aa1']);
});

test('what no reader sees is made visible', () => {
  expect(named(['node-a', 'node-a\u200b'], 24)).toEqual(['node-a', 'node-a\ufffd']);
});
