import { describe, expect, it } from 'vitest';
import { endOf, startOf } from './text.ts';

describe('a text that is cut', () => {
  it.each([
    ['shorter than the limit', 'abc', 5, 'abc', 'abc'],
    ['longer than the limit', 'abcdef', 3, 'abc', 'def'],
    ['with a character of two halves at the cut', 'ab😀ab', 3, 'ab', 'ab'],
    ['with such a character before the cut', 'a😀b😀c', 4, 'a😀b', 'b😀c'],
    ['with nothing but such a character', '😀', 1, '', ''],
  ])('has no half characters: %s', (_, text, limit, start, end) => {
    expect(startOf(text, limit)).toBe(start);
    expect(endOf(text, limit)).toBe(end);
  });

  it.each([
    ['the first half alone', 'a\ud83db', 'a\ufffdb'],
    ['the second half alone', 'a\ude00b', 'a\ufffdb'],
    ['the halves in the wrong order', '\ude00\ud83d', '\ufffd\ufffd'],
    ['a first half at the end', 'ab\ud83d', 'ab\ufffd'],
  ])('is well-formed where its source was not: %s', (_, text, expected) => {
    expect(startOf(text, 10)).toBe(expected);
    expect(endOf(text, 10)).toBe(expected);
  });
});
