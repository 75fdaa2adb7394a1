/**
 * S4: a node that answers one in every `deadAfter` probes of all observers but one is never confirmed dead.
 * Checked as: every vote of a verdict rests on `deadAfter` probes in a row of that very observer that the target's
 * present life did not answer. One observer that is blind to a node then makes one vote, and a quorum needs others.
 */
import type { DecideResult } from '../../core/reading.ts';
import type { CreateChecker } from './checker.ts';

interface Run {
  readonly process: object;
  missCount: number;
  /** Longest run since the target last answered this process. */
  targetEpoch: number;
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
      const run = isFresh ? { process, missCount: 0, targetEpoch } : before;
      const isAnswer =
        outcome.kind === 'answer' && outcome.nodeId === targetId && outcome.epoch === targetEpoch;
      run.missCount = isAnswer ? 0 : run.missCount + 1;
      runs.set(key, run);
    },
    onCall: ({ method }, result) => {
      if (method !== 'decide') return;
      const decision = result as DecideResult;
      if (decision.outcome !== 'dead' || !decision.isNew) return;
      const { nodeId, epoch, votes } = decision.verdict;
      const blind = votes.filter(({ observerId }) => {
        const run = runs.get(`${observerId}\n${nodeId}`);
        return run?.targetEpoch === epoch && run.missCount >= settings.deadAfter;
      });
      // The newest answer may have come while the vote's withdrawal was on its way; one such voice is allowed for.
      if (blind.length < votes.length - 1 || blind.length === 0) {
        const counts = votes.map(
          ({ observerId }) => `${observerId} ${runs.get(`${observerId}\n${nodeId}`)?.missCount ?? 0}`,
        );
        report(`${nodeId}#${epoch} was confirmed dead after these misses in a row: ${counts.join(', ')}`);
      }
    },
  };
};
