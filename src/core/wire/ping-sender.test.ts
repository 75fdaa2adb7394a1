import { describe, expect, it } from 'vitest';
import { readSender, senderText } from './ping-sender.ts';

describe('the sender of a probe', () => {
  it.each(['node-a', 'nœud "1", a/b', '😀', '%41', 'a b'])('is read as it was written: %s', (nodeId) => {
    const text = senderText({ nodeId, epoch: 12 });
    expect(text).toMatch(/^12 [!-~]+$/);
    expect(readSender(text ?? '')).toEqual({ nodeId, epoch: 12, nextDueMs: null });
  });

  it('is short', () => {
    expect(senderText({ nodeId: 'node-a', epoch: 3 })).toBe('3 node-a');
  });

  it.each([
    [11_000, 11_000],
    [0, 0],
    [10.2, 11],
    [999_999_999, 999_999_999],
    [1e9, null],
    [-1, null],
    [Number.NaN, null],
  ])('says when it asks again: in %s ms', (nextDueMs, read) => {
    const text = senderText({ nodeId: 'node-a', epoch: 3 }, nextDueMs);
    expect(text).toBe(read === null ? '3 node-a' : `3 node-a ${read}`);
    expect(readSender(text ?? '')).toEqual({ nodeId: 'node-a', epoch: 3, nextDueMs: read });
  });

  it.each(['x'.repeat(600), '\ud800'])('is left out where the id cannot be sent', (nodeId) => {
    expect(senderText({ nodeId, epoch: 1 })).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['an id alone', 'node-a'],
    ['no epoch', '0 node-a'],
    ['an epoch beyond all', '9999999999999999 node-a'],
    ['a broken escape', '1 %E0%A4%A'],
    ['a control character', '1 a%1B%5B2J'],
    ['a C1 control character', '1 a%C2%9B'],
    ['two of them', '1 a, 1 b'],
    ['a time that is no number', '1 a soon'],
    ['a time before now', '1 a -5'],
    ['a time in parts of a millisecond', '1 a 1.5'],
    ['a time beyond all', '1 a 1000000000'],
    ['a fourth part', '1 a 5 6'],
    ['an id of a megabyte', `1 ${'x'.repeat(1_000_000)}`],
  ])('is refused: %s', (_, text) => {
    expect(readSender(text)).toBeNull();
  });
});
