/**
 * What nodes sign under a cluster secret, as text, and the header that carries a signature. Not for: the signing itself
 * (ports/signer.ts), or whether a message has come before (the agent).
 */
import type { PingSender } from './ping-sender.ts';

/** The header of a signed probe or request to look, and of the answer to a signed probe. */
export const signatureHeader = 'Signed';

/** The messages that name their sender: each is one header, which is signed as it stands. */
export type SignedKind = 'probe' | 'look';

/** A message as it came. */
export interface NamedMessage {
  readonly kind: SignedKind;
  /** The value of its own header. */
  readonly header: string;
  readonly sender: PingSender;
  /** The value of the signature's header. */
  readonly signature: string | undefined;
  /** Where it came from. */
  readonly address: string;
}

/** For whom a message is: one epoch of one node. */
export interface SignedReceiver {
  readonly id: string;
  readonly epoch: number;
}

/** What a message carries besides its own header. */
export interface Signature {
  /** The receiver's epoch that the sender means. */
  readonly epoch: number;
  /** Greater than that of each message which its sender has sent before, to whom ever. */
  readonly count: number;
  readonly tag: string;
}

/** Each text begins with it, so that a tag means nothing in another version, or under another use of the same secret. */
const version = 'ringwatch-1';

/** The text of a message: its header's value, for whom it is, and its count. JSON, so that no two messages have the same. */
export function messageText(
  kind: SignedKind,
  header: string,
  { id, epoch }: SignedReceiver,
  count: number,
): string {
  return JSON.stringify([version, kind, header, id, epoch, count]);
}

/** The text of an answer: its body, and the tag of the probe that it answers, which no one can know before that probe. */
export function answerText(probeTag: string, body: string): string {
  return JSON.stringify([version, 'answer', probeTag, body]);
}

/** The header's value, such as `7 mb3x1k2z ` and the tag. */
export function signatureText({ epoch, count, tag }: Signature): string {
  return `${epoch} ${count.toString(36)} ${tag}`;
}

/** What a header's value says; null for what no node writes. A tag has 16 bytes in base64url. */
export function readSignature(text: string | undefined): Signature | null {
  const parts = /^(\d{1,16}) ([0-9a-z]{1,10}) ([\w-]{22})$/.exec(text ?? '');
  if (parts === null) return null;
  const [, epoch, count = '', tag = ''] = parts;
  const signature = { epoch: Number(epoch), count: Number.parseInt(count, 36), tag };
  return Number.isSafeInteger(signature.epoch) ? signature : null;
}
