import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { HmacSigner } from './hmac-signer.ts';

const secret = 'correct horse battery staple';
const signerWith = (first: string, ...others: string[]): HmacSigner =>
  new HmacSigner({ secrets: [first, ...others], acceptsUnsigned: false, warning: null });

describe('a signer', () => {
  it('signs as RFC 4231 does in its test of a cut tag', () => {
    const tag = signerWith('\x0c'.repeat(20)).sign('Test With Truncation');
    expect(Buffer.from(tag, 'base64url').toString('hex')).toBe('a3b6167473100ee06e0c796c2955552b');
    expect(tag).toMatch(/^[\w-]{22}$/);
  });

  it('knows its own tags, and no others', () => {
    const signer = signerWith(secret);
    const tag = signer.sign('a text');
    expect(signer.isTagOf(tag, 'a text')).toBe(true);
    expect(signer.isTagOf(tag, 'another text')).toBe(false);
    expect(signerWith(`${secret}!`).isTagOf(tag, 'a text')).toBe(false);
    for (const wrong of ['', 'x', tag.slice(1), `${tag}${tag}`, 'A'.repeat(22)])
      expect(signer.isTagOf(wrong, 'a text')).toBe(false);
  });

  it('with two secrets signs with the first, and takes both: each step of a rotation is understood', () => {
    const steps = [
      ['old-secret-of-ours'],
      ['old-secret-of-ours', 'new-secret-of-ours'],
      ['new-secret-of-ours', 'old-secret-of-ours'],
      ['new-secret-of-ours'],
    ];
    const signers = steps.map(([first = '', ...others]) => signerWith(first, ...others));
    for (const [index, one] of signers.entries())
      for (const other of signers.slice(index, index + 2)) {
        expect(other.isTagOf(one.sign('a text'), 'a text')).toBe(true);
        expect(one.isTagOf(other.sign('a text'), 'a text')).toBe(true);
      }
    const [first, , , last] = signers;
    expect(last?.isTagOf(first?.sign('a text') ?? '', 'a text')).toBe(false);
  });

  it('counts up', () => {
    const signer = signerWith(secret);
    const counts = Array.from({ length: 100 }, () => signer.nextCount());
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBe(100);
    expect(counts.every(Number.isSafeInteger)).toBe(true);
  });

  it('does not show its secret', () => {
    const signer = signerWith(secret, 'another secret of ours');
    const shown = inspect(signer, { depth: 10, showHidden: true }) + JSON.stringify(signer) + String(signer);
    expect(shown).not.toMatch(/horse|another/);
    expect(shown).not.toContain(Buffer.from(secret).toString('hex').slice(0, 8));
  });
});
