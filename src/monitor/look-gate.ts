/**
 * Which requests to look are let in: a few a second of each sender, and somewhat more in all. A request costs the node a
 * probe at most, and strangers may send any number of them under any name.
 */

import { TokenBucket } from '../core/token-bucket.ts';
import { type LookRequest, readLook } from '../core/wire/look-message.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';
import type { NamedMessage } from '../core/wire/signed-text.ts';

export interface LookGateOptions {
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** Whether a message comes from the sender that it names; told to a person where not. */
  readonly isBelieved: (message: NamedMessage) => boolean;
  /** Takes what is let in. */
  readonly onLook: (message: LookRequest, sender: PingSender) => void;
  /** Called for each that is not, with words for a person. */
  readonly onTrouble: (what: string) => void;
}

/** A sender asks for each of its targets at most once in 250 ms, and misses few of them at once. */
const ofSender = { burst: 12, perSecond: 12 };
const inAll = { burst: 64, perSecond: 64 };

/** More than the observers of a node and of its targets; the one that has sent nothing for longest is forgotten first. */
const mostSenders = 256;

/** The status to answer with. */
export type LookStatus = 204 | 400 | 403 | 429;

/** A request to look, as it came. */
export interface LookHeaders {
  readonly header: string | undefined;
  readonly signature: string | undefined;
  /** Where it came from. */
  readonly address: string;
}

export class LookGate {
  readonly #options: LookGateOptions;
  readonly #all = new TokenBucket(inAll);
  readonly #bySender = new Map<string, TokenBucket>();

  constructor(options: LookGateOptions) {
    this.#options = options;
  }

  /** Takes a request by the values of its headers. One that is not believed takes no part of its sender's share. */
  take({ header, signature, address }: LookHeaders): LookStatus {
    const { now, isBelieved, onLook, onTrouble } = this.#options;
    const look = readLook(header ?? '');
    if (header === undefined || look === null) {
      onTrouble(`one that cannot be read, from ${address}`);
      return 400;
    }
    const { sender } = look;
    if (!isBelieved({ kind: 'look', header, sender, signature, address })) return 403;
    const at = now();
    if (!this.#bucketOf(sender.nodeId).take(at) || !this.#all.take(at)) {
      onTrouble(`too many, the last from ${address}`);
      return 429;
    }
    onLook(look.message, sender);
    return 204;
  }

  #bucketOf(senderId: string): TokenBucket {
    const bucket = this.#bySender.get(senderId) ?? new TokenBucket(ofSender);
    this.#bySender.delete(senderId);
    this.#bySender.set(senderId, bucket);
    for (const oldest of this.#bySender.keys()) {
      if (this.#bySender.size <= mostSenders) break;
      this.#bySender.delete(oldest);
    }
    return bucket;
  }
}
