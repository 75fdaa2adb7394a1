import { expect, test } from 'vitest';
import { eventLine, parseEventLine, printedEvents } from './event-lines.ts';
import { EventWriter } from './event-writer.ts';

const context = { nodeId: 'node-a', at: new Date('2026-05-04T12:00:00.250Z') };

test('a line says when, what, of whom, by whom, and the facts of the event', () => {
  const payload = { targetId: 'node-b', targetEpoch: 3, was: 'dead' } as const;

  expect(eventLine('recovered', payload, context)).toEqual({
    at: '2026-05-04T12:00:00.250Z',
    event: 'recovered',
    nodeId: 'node-a',
    targetId: 'node-b',
    targetEpoch: 3,
    was: 'dead',
  });
});

test('an own join names the process, and durations are whole milliseconds', () => {
  const fact = { targetEpoch: 2, cursor: null, loggedAt: null, observerId: 'node-a' };
  const endpoint = { address: '10.0.0.1', port: 6001, settings: null };
  expect(eventLine('joined', { ...fact, targetId: 'node-a', ...endpoint }, context)).toMatchObject({
    pid: process.pid,
  });
  expect(eventLine('joined', { ...fact, targetId: 'node-b', ...endpoint }, context)).not.toHaveProperty(
    'pid',
  );
  const ended = { targetId: 'node-b', targetEpoch: 1, fence: 4, outcome: 'completed', error: null } as const;
  expect(eventLine('handler-ended', { ...ended, durationMs: 12.7 }, context)).toMatchObject({
    durationMs: 13,
  });
});

test('every event is printed but probes, unless they are asked for, and what is told better otherwise', () => {
  expect(printedEvents(false)).not.toContain('probe');
  expect(printedEvents(true)).toContain('probe');
  expect(printedEvents(true)).not.toContain('verdict-read');
  expect(printedEvents(false)).toContain('recovery-started');
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
  expect(parseEventLine(lines[1] ?? '')).toMatchObject({ count: 2, nodeId: 'node-a' });
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
