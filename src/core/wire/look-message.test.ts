import { describe, expect, it } from 'vitest';
import { lookText, readLook } from './look-message.ts';

const look = (targetId: string, targetEpoch = 7) => ({ kind: 'look', targetId, targetEpoch }) as const;

describe('a request to look', () => {
  it.each(['b', 'node b', 'ä/🦊', '%41', 'x y\u00a0z'])('about %j is read as it was written', (targetId) => {
    const sender = { nodeId: 'a:1', epoch: 3 };
    expect(readLook(lookText(sender, look(targetId)) ?? '')).toEqual({ sender, message: look(targetId) });
  });

  it('says whether the target can know of it; without a word it cannot', () => {
    const sender = { nodeId: 'a', epoch: 3 };
    const text = lookText(sender, { ...look('b'), isNoticed: true });
    expect(text).toBe('3 a 7 b 1');
    expect(readLook(text ?? '')?.message).toEqual({ ...look('b'), isNoticed: true });
    expect(readLook('3 a 7 b')?.message.isNoticed).toBeUndefined();
  });

  it.each(['x'.repeat(1_100), '\ud800'])('about an id that cannot be sent is not written', (targetId) => {
    expect(lookText({ nodeId: 'a', epoch: 1 }, look(targetId))).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['too little', '3 a 7'],
    ['too much', '3 a 7 b c'],
    ['no epoch', 'x a 7 b'],
    ['an epoch past all numbers', '3 a 9999999999999999 b'],
    ['a negative epoch', '3 a -7 b'],
    ['a broken escape', '3 a 7 %zz'],
    ['a control character', '3 a 7 b%0Ac'],
    ['a control character in the sender', '3 a%00 7 b'],
    ['a megabyte', `3 a 7 ${'x'.repeat(1_000_000)}`],
  ])('that says %s is none', (_what, text) => expect(readLook(text)).toBeNull());
});
