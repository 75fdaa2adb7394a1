/** docs/events.md has the one name of each event, and nothing has another one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentEventNames } from '../../src/agent/events.ts';
import { eventLine, printedEvents } from '../../src/cli/event-lines.ts';
import { logEventNames } from '../../src/monitor/log-events.ts';
import { readMarkdown, root, tablesOf } from './markdown.ts';

const source = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Kinds of lines in the registry's log, by the type of the port. */
const logKinds = ['EventKind', 'NoteKind'].flatMap((type) => {
  const union = new RegExp(`type ${type} =([^;]*);`).exec(source('src/ports/event-log.ts'))?.[1] ?? '';
  return [...union.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
});

const [ofAll = [], ofOne = [], ofLog = []] = tablesOf(readMarkdown('docs/events.md').text)
  .filter(({ header }) => header[0] === 'event')
  .map(({ rows }) =>
    rows.flatMap(([names = '', , inLog]) =>
      names.split(', ').map((name) => ({ name: name.replaceAll('`', ''), isInLog: inLog === '✓' })),
    ),
  );
const namesOf = (rows: typeof ofAll): string[] => rows.map(({ name }) => name).toSorted();

test('every event of a monitor or an agent has a row, and so has every kind of the log', () => {
  expect(namesOf(ofAll)).toEqual(logEventNames.toSorted());
  expect(namesOf([...ofAll, ...ofOne])).toEqual(agentEventNames.toSorted());
  expect(logKinds.length).toBeGreaterThan(20);
  expect(new Set(namesOf([...ofAll, ...ofOne, ...ofLog]))).toEqual(
    new Set([...agentEventNames, ...logKinds]),
  );
});

test('the page says which of them are in the log', () => {
  const inLog = ofOne.filter(({ isInLog }) => isInLog);
  const others = logEventNames.filter((name) => name !== 'events-lost');
  expect(
    namesOf([...inLog, ...ofLog])
      .concat(others)
      .toSorted(),
  ).toEqual(logKinds.toSorted());
});

test('a line of --events has the name that the program listens to', () => {
  for (const name of printedEvents(true)) {
    const line = eventLine(name, {} as never, { nodeId: 'a', at: new Date(0) });
    expect(line.event).toBe(name);
  }
});

test('what a hook is told is such a name', () => {
  const texts = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => source(`src/${path}`));
  const told = texts.flatMap((text) =>
    [...text.matchAll(/RINGWATCH_EVENT: '([^']+)'/g)].map(([, name]) => name),
  );
  expect(told.toSorted()).toEqual(['handler-started', 'recovered', 'self-dead', 'suspect']);
  expect(told.filter((name) => !(agentEventNames as readonly string[]).includes(name ?? ''))).toEqual([]);
});
