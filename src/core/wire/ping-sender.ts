/** The header in which a probe names its sender, written by the observer and read by the node that is probed. */

/** Who asks, and in which epoch. */
export interface PingSender {
  readonly nodeId: string;
  readonly epoch: number;
}

/** A probe as it names itself. */
export interface NamedProbe extends PingSender {
  /** In how many milliseconds its sender asks again at the latest; null where it does not say so. */
  readonly nextDueMs: number | null;
}

/** The header's name, as short as it is since every probe carries it. Without it a probe is answered all the same. */
export const senderHeader = 'Observer';

/** Longer ones are neither sent nor read: a node must not be kept busy with names. */
const longestText = 512;

/** More than eleven days: later ones are not told. */
const latestDueMs = 999_999_999;

/**
 * The header's value, such as `3 node-a 11000`, or `3 node-a` where the time of the next probe is not told. Null where the
 * id is too long, or is no text that can be sent.
 */
export function senderText({ nodeId, epoch }: PingSender, nextDueMs: number | null = null): string | null {
  try {
    const dueMs = Math.ceil(nextDueMs ?? Number.NaN);
    const due = dueMs >= 0 && dueMs <= latestDueMs ? ` ${dueMs}` : '';
    const text = `${epoch} ${encodeURIComponent(nodeId)}${due}`;
    return text.length > longestText ? null : text;
  } catch {
    // Half of a surrogate pair is no text.
    return null;
  }
}

/** What a header's value names; null for what no observer writes: too long, or with control characters. */
export function readSender(text: string): NamedProbe | null {
  if (text.length > longestText) return null;
  const [, epoch = '', encoded = '', due] = /^([1-9]\d{0,15}) (\S+)(?: (0|[1-9]\d{0,8}))?$/.exec(text) ?? [];
  const nodeId = decoded(encoded);
  if (nodeId === null || nodeId === '' || /\p{Cc}/u.test(nodeId)) return null;
  if (!Number.isSafeInteger(Number(epoch))) return null;
  return { nodeId, epoch: Number(epoch), nextDueMs: due === undefined ? null : Number(due) };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
