/** The header in which a probe names its sender, written by the observer and read by the node that is probed. */

/** Who asks, and in which epoch. */
export interface PingSender {
  readonly nodeId: string;
  readonly epoch: number;
}

/** The header's name, as short as it is since every probe carries it. Without it a probe is answered all the same. */
export const senderHeader = 'Observer';

/** Longer ones are neither sent nor read: a node must not be kept busy with names. */
const longestText = 512;

/** The header's value, such as `3 node-a`; null where the id is too long, or is no text that can be sent. */
export function senderText({ nodeId, epoch }: PingSender): string | null {
  try {
    const text = `${epoch} ${encodeURIComponent(nodeId)}`;
    return text.length > longestText ? null : text;
  } catch {
    // Half of a surrogate pair is no text.
    return null;
  }
}

/** The sender that a header's value names; null for what no observer writes: too long, or with control characters. */
export function readSender(text: string): PingSender | null {
  if (text.length > longestText) return null;
  const [, epoch = '', encoded = ''] = /^([1-9]\d{0,15}) (\S+)$/.exec(text) ?? [];
  const nodeId = decoded(encoded);
  if (nodeId === null || nodeId === '' || /\p{Cc}/u.test(nodeId)) return null;
  return Number.isSafeInteger(Number(epoch)) ? { nodeId, epoch: Number(epoch) } : null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
