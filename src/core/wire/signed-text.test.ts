import { describe, expect, it } from 'vitest';
import { answerText, messageText, readSignature, signatureText } from './signed-text.ts';

const tag = 'AbCdEfGhIjKlMnOpQrSt-_';

describe('the header of a signature', () => {
  it.each([
    { epoch: 7, count: 1_790_000_000_000, tag },
    { epoch: 0, count: 0, tag },
  ])('is read as it was written: %j', (signature) => {
    expect(readSignature(signatureText(signature))).toEqual(signature);
  });

  it('is short', () => {
    expect(signatureText({ epoch: 7, count: 1_790_000_000_000, tag })).toHaveLength(2 + 9 + 22);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a tag alone', tag],
    ['a short tag', `7 1 ${tag.slice(1)}`],
    ['a long tag', `7 1 ${tag}A`],
    ['a tag of other characters', `7 1 ${tag.slice(1)}+`],
    ['an epoch past all numbers', `9999999999999999 1 ${tag}`],
    ['a negative count', `7 -1 ${tag}`],
    ['a count past all numbers', `7 zzzzzzzzzzz ${tag}`],
    ['two of them', `7 1 ${tag}, 7 1 ${tag}`],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('is refused: %s', (_what, text) => expect(readSignature(text)).toBeNull());
});

describe('what is signed', () => {
  it('differs in each part, and in where a part ends', () => {
    const receiver = { id: 'b', epoch: 7 };
    const texts = [
      messageText('probe', '3 a 500', receiver, 1),
      messageText('look', '3 a 500', receiver, 1),
      messageText('probe', '3 a 501', receiver, 1),
      messageText('probe', '4 a 500', receiver, 1),
      messageText('probe', '3 a 500', { ...receiver, id: 'c' }, 1),
      messageText('probe', '3 a 500', { ...receiver, epoch: 8 }, 1),
      messageText('probe', '3 a 500', receiver, 2),
      messageText('probe', '3 a', { id: '500', epoch: 7 }, 1),
      messageText('probe', '3 a","500', { id: '', epoch: 7 }, 1),
      messageText('probe', '3 a', { id: '","500', epoch: 7 }, 1),
      answerText(tag, '{"node":"b"}'),
      answerText(tag, '{"node":"c"}'),
      answerText(`${tag.slice(1)}A`, '{"node":"b"}'),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });
});
