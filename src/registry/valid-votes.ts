/** Which of the votes on a node count in a decision, and the guard that they still do. */
import { readEvidence } from '../core/evidence.ts';
import { compareIds } from '../core/ring.ts';
import type { Vote } from '../core/verdict.ts';
import type { AccusationRow, NodeRow } from '../ports/rows.ts';
import type { Guard } from '../ports/store.ts';
import { isValid } from './node-row.ts';
import { atLeast, count } from './rule.ts';

/**
 * One vote an observer, in id order. One that was affirmed more than a window from now was affirmed by a clock that has been
 * put back since.
 */
export function validVotes(
  accusations: readonly AccusationRow[],
  target: NodeRow,
  now: number,
  windowMs: number,
): Vote[] {
  return accusations
    .filter(({ status, affirmedAt }) => status === 'dead' && Math.abs(now - affirmedAt) <= windowMs)
    .filter((row) => isValid(row, target))
    .map(({ observerId, observerEpoch, evidence }) => ({
      observerId,
      observerEpoch,
      evidence: readEvidence(evidence),
    }))
    .sort((one, other) => compareIds(one.observerId, other.observerId));
}

const epochNow = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['lifecycle', '='],
]);

/** The guard that a voter is still in the epoch in which it voted. Its row's revision would move when it is accused itself. */
export function isStillInEpoch({ observerId, observerEpoch, observerLifecycle }: AccusationRow): Guard {
  return atLeast(epochNow(observerId, observerEpoch, observerLifecycle), 1);
}
