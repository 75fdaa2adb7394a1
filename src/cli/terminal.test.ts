import { expect, test } from 'vitest';
import { jsonLine, jsonSafe, paintFor, printable, shorten, terminalSafe, widthOf, wrap } from './terminal.ts';

const terminal = { isTTY: true, columns: 120 };

test('colours are for terminals, unless they are switched off', () => {
  expect(paintFor(terminal, {})('bad', 'text')).toBe('\u001b[31mtext\u001b[39m');
  expect(paintFor({}, {})('bad', 'text')).toBe('text');
  expect(paintFor(terminal, { NO_COLOR: '1' })('bad', 'text')).toBe('text');
  expect(paintFor(terminal, { NO_COLOR: '' })('bad', 'text')).not.toBe('text');
  expect(paintFor(terminal, { TERM: 'dumb' })('bad', 'text')).toBe('text');
});

test('a line is as wide as the terminal, and 80 columns where there is none', () => {
  expect(widthOf(terminal)).toBe(120);
  expect(widthOf({})).toBe(80);
  expect(widthOf({ isTTY: true, columns: 0 })).toBe(80);
});

/** A name with one of each kind of what no reader sees. */
const unseen = [
  '\u001b',
  '\u0085',
  '\u009b',
  '\u00ad',
  '\u200b',
  '\u200d',
  '\u200e',
  '\u202e',
  '\u2028',
  '\u2029',
  '\u2060',
  '\u2066',
  '\ufeff',
  '\u034f',
  '\u3164',
  '\ufe0f',
  '\u{e0041}',
];

test('no character that a reader does not see reaches the terminal; other scripts do', () => {
  expect(printable('a\u001b[2Jb\u0007\u202ec')).toBe('a\ufffd[2Jb\ufffd\ufffdc');
  for (const character of unseen) {
    expect(printable(`node${character}a`)).toBe('node\ufffda');
    expect(terminalSafe(`node${character}a\n`)).toBe('node\ufffda\n');
  }
  expect(printable('nœud-é-節点-🚀')).toBe('nœud-é-節点-🚀');
});

test('lines of our own keep their breaks and colours', () => {
  const red = paintFor(terminal, {})('bad', 'dead');
  expect(terminalSafe(`${red}\n  and\u001b[2J\r\n`)).toBe(`${red}\n  and\ufffd[2J\ufffd\n`);
});

test('JSON shows such a character by its number, and means the same', () => {
  for (const character of unseen) {
    const value = { [`id${character}`]: [`\\${character}\n`] };
    const line = jsonLine(value);
    expect(line.endsWith('\n') && line.slice(0, -1)).toBe(printable(line.slice(0, -1)));
    expect(JSON.parse(line)).toEqual(value);
  }
  expect(jsonLine('\u{e0041}\u009b')).toBe('"\\udb40\\udc41\\u009b"\n');
  expect(jsonSafe(`${JSON.stringify('é節')}\n`)).toBe('"é節"\n');
});

test('a text is cut by characters, not through them', () => {
  expect(shorten('node-🚀🚀🚀', 7)).toBe('node-🚀…');
  expect(shorten('node', 4)).toBe('node');
});

test('a line that is too long goes on in the next one, between two words', () => {
  expect(wrap(['one', 'two', 'three'], 7)).toBe('one two\nthree');
  expect(wrap(['a word', 'b'], 3)).toBe('a word\nb');
  expect(wrap([paintFor(terminal, {})('bad', '12345'), '78'], 8)).toHaveLength(18);
});
