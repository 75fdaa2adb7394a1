/** Which of the votes on a node count in a decision, and the guard that they still do. */
import { readEvidence } from '../core/evidence.ts';
import { isRefusedOnly } from '../core/misses.ts';
import { compareIds } from '../core/ring.ts';
import type { Vote } from '../core/verdict.ts';
import type { AccusationRow, NodeRow } from '../ports/rows.ts';
import type { Guard } from '../ports/store.ts';
import { isValid } from './node-row.ts';
import { atLeast, count } from './rule.ts';

/** The window in which a vote must have been affirmed, and from where on in the order a node that beats is not silent; 0 for no such place. */
interface Window {
  readonly since: number;
  readonly now: number;
  readonly windowMs: number;
}

/** One vote an observer, in id order. */
export function validVotes(accusations: readonly AccusationRow[], target: NodeRow, window: Window): Vote[] {
  return accusations
    .filter((row) => row.status === 'dead' && isValid(row, target) && isAffirmed(row, window))
    .map(({ observerId, observerEpoch, evidence }) => ({
      observerId,
      observerEpoch,
      evidence: readEvidence(evidence),
    }))
    .sort((one, other) => compareIds(one.observerId, other.observerId));
}

/**
 * A vote is as old as the registry's clock says. Where each process has a clock of its own, and that of the observer is
 * wrong, its newest heartbeat tells it: the same clock has told both. One affirmed later than now, or than that heartbeat, by
 * more than a window was affirmed by a clock that has been put back since.
 */
function isAffirmed(
  { affirmedAt, observerBeatAt, observerBeatOrder }: AccusationRow,
  { since, now, windowMs }: Window,
): boolean {
  if (Math.abs(now - affirmedAt) <= windowMs) return true;
  const isBeating = since > 0 && (observerBeatOrder ?? 0) >= since;
  return isBeating && Math.abs((observerBeatAt ?? 0) - affirmedAt) <= windowMs;
}

/**
 * Whether the observer saw the process go: an idle connection was closed by the other end, and each of its misses was a
 * refusal. Refusals alone may come from something between the two. An observer that runs the original says nothing of it.
 */
export function sawProcessGo({ evidence }: Vote): boolean {
  return evidence?.closedConnection === true && isRefusedOnly(evidence);
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
