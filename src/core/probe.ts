/** How a probe ends, and what that proves. */
import type { FailureKind } from './evidence.ts';
import type { NodeRecord } from './node.ts';
import { startOf } from './wire/text.ts';

/** How one probe ended. What it proves, `judgeProbe` says. */
export type ProbeOutcome = ProbeAnswer | ProbeFailure | ProbeAborted;

/** The target's address answered 200 with a whole, small body. Who answered is judged by `judgeProbe`. */
export interface ProbeAnswer {
  readonly kind: 'answer';
  /** The node that the answer names; null when it names none, as the original's answer. */
  readonly nodeId: string | null;
  /** The epoch that the answer names; null when it names none. */
  readonly epoch: number | null;
  /** Why its signature is not good, in words, where it counts all the same. */
  readonly unsigned?: string;
}

/** No healthy answer. */
export interface ProbeFailure {
  readonly kind: 'failure';
  readonly failure: FailureKind;
  /** In words, for evidence; at most 200 characters. */
  readonly detail: string;
}

/** The caller ended it, or this machine could not even ask (no file handle left): neither a hit nor a miss. */
export interface ProbeAborted {
  readonly kind: 'aborted';
}

/** A metadata reader vouches for the target: a hit, but no proof that this observer's network works. */
export interface Vouched {
  readonly kind: 'vouched';
}

/** What a probe proves. */
export type ProbeJudgement =
  | { readonly kind: 'hit'; readonly isAnswer: boolean }
  | { readonly kind: 'miss'; readonly failure: FailureKind; readonly detail: string }
  /** `unread`: the registry did not say whether the epoch that the answer names has begun. */
  | { readonly kind: 'inconclusive'; readonly detail: 'stalled' | 'aborted' | 'unread' }
  /** It names a newer epoch: a hit if a reading shows that this one has begun, else a miss. */
  | { readonly kind: 'newer'; readonly answer: ProbeAnswer };

/** What of a target's row decides whose answer counts. */
type ExpectedAnswer = Pick<NodeRecord, 'id' | 'epoch' | 'isNamed'>;

/**
 * Judges an outcome. An answer from another node is a miss, and so is one from an older epoch. So is one that names no
 * node where the target is known to name itself. Of a newer epoch the registry must know. A failure while the observer
 * itself stalled proves nothing.
 */
export function judgeProbe(
  target: ExpectedAnswer,
  outcome: ProbeOutcome | Vouched,
  hasStalled: boolean,
): ProbeJudgement {
  switch (outcome.kind) {
    case 'vouched':
      return { kind: 'hit', isAnswer: false };
    case 'aborted':
      return { kind: 'inconclusive', detail: 'aborted' };
    case 'failure':
      if (hasStalled) return { kind: 'inconclusive', detail: 'stalled' };
      return { kind: 'miss', failure: outcome.failure, detail: outcome.detail };
    case 'answer':
      return judgeAnswer(target, outcome);
  }
}

function judgeAnswer(target: ExpectedAnswer, answer: ProbeAnswer): ProbeJudgement {
  const { nodeId, epoch } = answer;
  if (nodeId === null) {
    if (!target.isNamed) return { kind: 'hit', isAnswer: true };
    return { kind: 'miss', failure: 'wrong-node', detail: 'the answer names no node' };
  }
  if (nodeId !== target.id) {
    return { kind: 'miss', failure: 'wrong-node', detail: startOf(`answered by node ${nodeId}`, 200) };
  }
  if (epoch !== null && epoch < target.epoch) {
    return {
      kind: 'miss',
      failure: 'wrong-epoch',
      detail: `answered by epoch ${epoch}, but epoch ${target.epoch} has begun`,
    };
  }
  if (epoch !== null && epoch > target.epoch) return { kind: 'newer', answer };
  return { kind: 'hit', isAnswer: true };
}

/** What such an answer is when the registry has shown that the epoch has not begun. */
export function disproved({ epoch }: ProbeAnswer): Extract<ProbeJudgement, { kind: 'miss' }> {
  const detail = `answered by epoch ${epoch}, which has not begun`;
  return { kind: 'miss', failure: 'wrong-epoch', detail };
}
