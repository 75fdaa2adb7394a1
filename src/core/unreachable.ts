/** A target that its observers cannot reach, and that answers in the registry. */

import type { Peer } from './peer.ts';
import { isAccusation } from './statement.ts';
import type { StepContext } from './step-context.ts';

/** Announces and notes it where the target has begun to answer. */
export function announceUnreachable({ effects }: StepContext, before: Peer, after: Peer): void {
  if (!isRefuting(after) || isRefuting(before)) return;
  const { node } = after;
  const target = { targetId: node.id, targetEpoch: node.epoch };
  effects.push(
    { kind: 'note', note: 'unreachable', ...target, detail: { refutationCount: node.refutationCount } },
    { kind: 'announce', name: 'unreachable', payload: target },
  );
}

function isRefuting({ statement }: Peer): boolean {
  return isAccusation(statement) && statement.refuted !== null;
}
