/**
 * Whether a message that names its sender comes from a node of this cluster, is for this epoch of this node, and has not
 * come before. Without a cluster secret every name is believed.
 */

import { messageText, type NamedMessage, readSignature } from '../core/wire/signed-text.ts';
import type { Signer } from '../ports/signer.ts';
import { ReplayWindow } from './replay-window.ts';

export interface SignatureCheckOptions {
  readonly nodeId: string;
  /** This node's present epoch; null while it has none. */
  readonly epoch: () => number | null;
  /** Undefined: nothing is checked. */
  readonly signer: Signer | undefined;
  /** Called for each message that is not believed, or would not be without `acceptsUnsigned`; with words for a person. */
  readonly onTrouble: (what: string) => void;
}

export class SignatureCheck {
  readonly #options: SignatureCheckOptions;
  readonly #window = new ReplayWindow();

  constructor(options: SignatureCheckOptions) {
    this.#options = options;
  }

  /** Whether the message counts as one of its sender. A good one counts once. */
  isBelieved(message: NamedMessage): boolean {
    const { signer, onTrouble } = this.#options;
    if (signer === undefined) return true;
    const problem = this.#problemOf(message, signer);
    if (problem === null) return true;
    const { acceptsUnsigned } = signer;
    const end = acceptsUnsigned
      ? 'and counts only while unsigned ones are accepted'
      : 'and counts as that of a stranger';
    if (problem !== notForThisEpoch) onTrouble(`${problem}, from ${message.address}, ${end}`);
    return acceptsUnsigned;
  }

  #problemOf({ kind, header, sender, signature: given }: NamedMessage, signer: Signer): string | null {
    const { nodeId, epoch } = this.#options;
    if (given === undefined) return 'one is not signed';
    const signature = readSignature(given);
    if (signature === null) return 'the signature of one cannot be read';
    const receiver = { id: nodeId, epoch: signature.epoch };
    if (!signer.isTagOf(signature.tag, messageText(kind, header, receiver, signature.count)))
      return 'one is not signed with the secret of this cluster';
    if (signature.epoch !== epoch()) return notForThisEpoch;
    return this.#window.take(sender.nodeId, sender.epoch, signature.count) ? null : 'one is a copy';
  }
}

/** Its sender has not read yet that this node has begun anew. It is no reason for a warning, and may also be a copy. */
const notForThisEpoch = 'one is for another epoch of this node';
