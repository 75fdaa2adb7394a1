/** test/simulation/README.md lists the bugs that are planted, each with its promise and its number of seeds. */
import { expect, test } from 'vitest';
import { bugsInBrake } from '../simulation/planted-in-brake.ts';
import { bugsInGuards } from '../simulation/planted-in-guards.ts';
import { bugsInNode } from '../simulation/planted-in-node.ts';
import { bugsInRegistry } from '../simulation/planted-in-registry.ts';
import { bugsInSilences } from '../simulation/planted-in-silences.ts';
import { bugsInStore } from '../simulation/planted-in-store.ts';
import { bugsInTraffic } from '../simulation/planted-in-traffic.ts';
import { bugsInVerdicts } from '../simulation/planted-in-verdicts.ts';
import { bugsInWatch } from '../simulation/planted-in-watch.ts';
import { readMarkdown, tablesOf } from './markdown.ts';

const bugs = [
  ...bugsInRegistry,
  ...bugsInStore,
  ...bugsInGuards,
  ...bugsInBrake,
  ...bugsInVerdicts,
  ...bugsInNode,
  ...bugsInWatch,
  ...bugsInSilences,
  ...bugsInTraffic,
];

test('every planted bug has a row as it is, and there is no other row', () => {
  const { text } = readMarkdown('test/simulation/README.md');
  const rows = tablesOf(text).find(({ header }) => header[0] === 'planted bug')?.rows ?? [];
  const actual = bugs.map(({ bug, promise, within }) => [bug, promise, String(within)]);

  expect(rows.toSorted()).toEqual(actual.toSorted());
});

test('every promise has a bug of its own', () => {
  const promises = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'L1', 'L2', 'L3', 'L4', 'C1', 'C2'];
  expect([...new Set(bugs.map(({ promise }) => promise))].toSorted()).toEqual(promises.toSorted());
});
