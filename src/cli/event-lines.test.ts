import { expect, test } from 'vitest';
import { eventLine, eventNames, parseEventLine } from './event-lines.ts';
import { EventWriter } from './event-writer.ts';

const context = { observer: 'node-a', at: new Date('2026-05-04T12:00:00.250Z') };

test('a line says when, what, of whom, by whom, and the facts of the event', () => {
  const payload = { targetId: 'node-b', targetEpoch: 3, was: 'dead' } as const;

  expect(eventLine('recovered', payload, context)).toEqual({
    at: '2026-05-04T12:00:00.250Z',
    event: 'recovered',
    node: 'node-b',
    observer: 'node-a',
    epoch: 3,
    was: 'dead',
  });
});

test('names of events are in kebab-case, and what an agent says of itself is about itself', () => {
  expect(eventLine('selfDead', { epoch: 2, reason: 'verdict' }, context)).toMatchObject({
    event: 'self-dead',
    node: 'node-a',
    epoch: 2,
  });
  expect(eventNames).toContain('recoveryStarted');
});

test('a verdict names its voters without their evidence', () => {
  const vote = { observerEpoch: 1, evidence: null };
  const verdict = {
    ...{ nodeId: 'node-b', epoch: 1, decidedAt: 0, quorum: 2, resolution: null, ownerId: null },
    ...{ fence: 0, attemptCount: 0, lastError: null, reason: null },
    votes: [
      { observerId: 'node-a', ...vote },
      { observerId: 'node-c', ...vote },
    ],
  };

  expect(eventLine('verdict', { verdict }, context)).toMatchObject({
    node: 'node-b',
    quorum: 2,
    voters: ['node-a', 'node-c'],
  });
});

test('a line is read back, and nothing else is taken for one', () => {
  const line = eventLine('outage', { isOn: true, fails: 'reads', message: 'gone' }, context);

  expect(parseEventLine(JSON.stringify(line))).toEqual(line);
  for (const text of ['', 'null', '[]', '{}', '{"event":"dead"}', 'error: no']) {
    expect(parseEventLine(text)).toBeNull();
  }
});

test('a reader that does not keep up loses lines, and is told how many', () => {
  const written: string[] = [];
  const sink = { writableLength: 0, write: (text: string) => written.push(text) };
  const writer = new EventWriter(sink, 'node-a');
  const line = eventLine('outage', { isOn: true, fails: 'reads', message: 'gone' }, context);

  writer.write(line);
  sink.writableLength = 2_000_000;
  writer.write(line);
  writer.write(line);
  sink.writableLength = 0;
  writer.write(line);

  const lines = written.join('').trim().split('\n');
  expect(lines.map((text) => parseEventLine(text)?.event)).toEqual(['outage', 'dropped', 'outage']);
  expect(parseEventLine(lines[1] ?? '')).toMatchObject({ count: 2, observer: 'node-a', node: null });
});

test('lines that a full disk refuses are counted, and half a line does not spoil the next one', () => {
  let file = '';
  let isFull = false;
  const sink = {
    writableLength: 0,
    write(text: string, onWritten: (error?: Error) => void) {
      file += isFull ? text.slice(0, 10) : text;
      onWritten(isFull ? new Error('no space left on device') : undefined);
    },
  };
  const writer = new EventWriter(sink, 'node-a');
  const line = eventLine('outage', { isOn: true, fails: 'reads', message: 'gone' }, context);

  writer.write(line);
  isFull = true;
  writer.write(line);
  writer.write(line);
  isFull = false;
  writer.write(line);

  const lines = file.split('\n').map(parseEventLine);
  expect(lines.filter((read) => read !== null).map(({ event }) => event)).toEqual([
    'outage',
    'dropped',
    'outage',
  ]);
  expect(lines.find((read) => read?.event === 'dropped')).toMatchObject({ count: 2 });
});
