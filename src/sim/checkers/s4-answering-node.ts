/**
 * S4: a node that answers one in every `deadAfter` probes of all observers but one is never confirmed dead.
 * Checked as: every vote of a verdict rests on `deadAfter` probes in a row of that very observer that the target's
 * present life did not answer. One observer that is blind to a node then makes one vote, and a quorum needs others.
 */
import type { DecideResult } from '../../core/reading.ts';
import type { CreateChecker } from './checker.ts';

interface Run {
  readonly process: object;
  readonly targetEpoch: number;
  missCount: number;
  /** Whether the target has ever missed so many; the vote may outlive the silence while its withdrawal is on the way. */
  hasReached: boolean;
}

export const answeringNodeLives: CreateChecker = ({ ledger, settings, report }) => {
  const runs = new Map<string, Run>();
  return {
    onProbeEnded: ({ observerId, targetId, process }, outcome) => {
      if (outcome.kind === 'aborted') return;
      const key = `${observerId}\n${targetId}`;
      const targetEpoch = ledger.nodes.get(targetId)?.epoch ?? 0;
      const before = runs.get(key);
      const isFresh =
        before === undefined || before.process !== process || before.targetEpoch !== targetEpoch;
      const run = isFresh ? { process, targetEpoch, missCount: 0, hasReached: false } : before;
      const isAnswer =
        outcome.kind === 'answer' && outcome.nodeId === targetId && outcome.epoch === targetEpoch;
      run.missCount = isAnswer ? 0 : run.missCount + 1;
      if (run.missCount >= settings.deadAfter) run.hasReached = true;
      runs.set(key, run);
    },
    onCall: ({ method }, result) => {
      if (method !== 'decide') return;
      const decision = result as DecideResult;
      if (decision.outcome !== 'dead' || !decision.isNew) return;
      const { nodeId, epoch, votes } = decision.verdict;
      for (const { observerId } of votes) {
        const run = runs.get(`${observerId}\n${nodeId}`);
        if (run?.targetEpoch === epoch && run.hasReached) continue;
        report(`${observerId} voted ${nodeId}#${epoch} dead without ${settings.deadAfter} misses in a row`);
      }
    },
  };
};
