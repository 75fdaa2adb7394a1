/** Signs by HMAC-SHA-256 (RFC 2104), cut to 16 bytes as its section 5 allows: half of the hash, and no less than 80 bits. */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Signer } from '../../ports/signer.ts';

const tagBytes = 16;

export interface HmacSignerOptions {
  /** The first one signs, and a tag under any of them is good. */
  readonly secrets: readonly [string, ...string[]];
  readonly acceptsUnsigned: boolean;
  readonly warning: string | null;
}

/** Holds the secrets where neither `inspect` nor JSON shows them. */
export class HmacSigner implements Signer {
  readonly acceptsUnsigned: boolean;
  readonly warning: string | null;
  readonly #first: KeyObject;
  readonly #others: readonly KeyObject[];
  /** A process that begins again in the same epoch must not begin below the counts of the one before. */
  #count = Date.now();

  constructor({ secrets: [first, ...others], acceptsUnsigned, warning }: HmacSignerOptions) {
    this.#first = keyOf(first);
    this.#others = others.map(keyOf);
    this.acceptsUnsigned = acceptsUnsigned;
    this.warning = warning;
  }

  nextCount(): number {
    this.#count++;
    return this.#count;
  }

  sign(text: string): string {
    return tagOf(this.#first, text).toString('base64url');
  }

  isTagOf(tag: string, text: string): boolean {
    const given = Buffer.from(tag, 'base64url');
    if (given.length !== tagBytes) return false;
    return [this.#first, ...this.#others].some((key) => timingSafeEqual(given, tagOf(key, text)));
  }
}

function keyOf(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, 'utf8'));
}

function tagOf(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, tagBytes);
}
