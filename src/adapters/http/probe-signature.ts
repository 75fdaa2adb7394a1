/** The signature of one probe, and whether what answers it is the target's own word. */
import { answerText, messageText, type SignedReceiver, signatureText } from '../../core/wire/signed-text.ts';
import type { Signer } from '../../ports/signer.ts';

export class ProbeSignature {
  /** Whether an answer without a good signature counts all the same. */
  readonly acceptsUnsigned: boolean;
  readonly #signer: Signer;
  readonly #header: string;
  readonly #receiver: SignedReceiver;
  /** Of the newest question. */
  #tag = '';

  /** `header` names the sender, and is signed as it stands. */
  constructor(signer: Signer, header: string, receiver: SignedReceiver) {
    this.acceptsUnsigned = signer.acceptsUnsigned;
    this.#signer = signer;
    this.#header = header;
    this.#receiver = receiver;
  }

  /** The header's value for one more question: the target takes no value twice. */
  next(): string {
    const count = this.#signer.nextCount();
    this.#tag = this.#signer.sign(messageText('probe', this.#header, this.#receiver, count));
    return signatureText({ epoch: this.#receiver.epoch, count, tag: this.#tag });
  }

  /** What is wrong with the signature of an answer to the newest question, in words; null for a good one. */
  problemOf(body: string, tag: string | undefined): string | null {
    if (tag === undefined) return 'the answer is not signed';
    if (this.#signer.isTagOf(tag, answerText(this.#tag, body))) return null;
    return 'the answer is not signed with the secret of this cluster, or was made for another question';
  }
}
