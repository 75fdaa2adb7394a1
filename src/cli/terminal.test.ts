import { expect, test } from 'vitest';
import { paintFor, printable, shorten, widthOf, wrap } from './terminal.ts';

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

test('control characters and turned directions do not reach the terminal; other scripts do', () => {
  expect(printable('a\u001b[2Jb\u0007\u202ec')).toBe('a\ufffd[2Jb\ufffd\ufffdc');
  expect(printable('nœud-é-節点-👩‍🚀')).toBe('nœud-é-節点-👩‍🚀');
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
