/** How an observer asks another one to look at a node that it has missed: where, and in which header. */
import type { PingSender } from './ping-sender.ts';

/** Asks another observer of the same target to look at it now. It proves nothing. */
export interface LookRequest {
  readonly kind: 'look';
  readonly targetId: string;
  /** The target's epoch that the sender has missed. */
  readonly targetEpoch: number;
  /** Whether the target can know that the sender has missed it, and so reads its accusations. Default: it cannot. */
  readonly isNoticed?: boolean;
}

/** Where an agent takes such a message, by `POST`, beside its ping answer. */
export const lookPath = '/v1/internal/look';

/** The header that is the whole message. Probes have another one: a look is no probe, and its connection is not kept. */
export const lookHeader = 'Look';

/** Longer ones are neither sent nor read: a node must not be kept busy with names. */
const longestText = 1_024;

/** The header's value, such as `3 node-a 7 node-b`, with ` 1` at its end where the target can know of it; null where an id is too long, or is no text that can be sent. */
export function lookText(
  sender: PingSender,
  { targetId, targetEpoch, isNoticed = false }: LookRequest,
): string | null {
  try {
    const names = [sender.nodeId, targetId].map(encodeURIComponent);
    const text = `${sender.epoch} ${names[0]} ${targetEpoch} ${names[1]}${isNoticed ? ' 1' : ''}`;
    return text.length > longestText ? null : text;
  } catch {
    // Half of a surrogate pair is no text.
    return null;
  }
}

/** What the header's value says; null for what no observer writes: too long, with control characters, or of no epoch. */
export function readLook(
  text: string,
): { readonly sender: PingSender; readonly message: LookRequest } | null {
  if (text.length > longestText) return null;
  const parts = /^(\d{1,16}) (\S+) (\d{1,16}) (\S+)( 1)?$/.exec(text);
  if (parts === null) return null;
  const [, epoch, sender, targetEpoch, target, noticed] = parts;
  const nodeId = nameIn(sender);
  const targetId = nameIn(target);
  const epochs = [Number(epoch), Number(targetEpoch)] as const;
  if (nodeId === null || targetId === null || !epochs.every(Number.isSafeInteger)) return null;
  return {
    sender: { nodeId, epoch: epochs[0] },
    message: {
      ...{ kind: 'look', targetId, targetEpoch: epochs[1] },
      ...(noticed === undefined ? {} : { isNoticed: true }),
    },
  };
}

function nameIn(encoded = ''): string | null {
  try {
    const name = decodeURIComponent(encoded);
    return /\p{Cc}/u.test(name) ? null : name;
  } catch {
    return null;
  }
}
