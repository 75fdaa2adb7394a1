/**
 * S4: a node that answers one in every `deadAfter` probes of all observers but one is never confirmed dead.
 *
 * Checked as: when an observer says `dead`, `deadAfter` of its probes in a row, and the newest ones, have had no
 * answer from the target's present life; and every vote of a verdict was said so. One observer that is blind to a
 * node then makes one vote, and a quorum needs others. A node that answers in the registry instead is not confirmed
 * either while its answer is fresh.
 */
import type { DecideResult } from '../../core/reading.ts';
import type { EpochRef } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

/** Probes in a row without an answer, of one observer's process and one life of a target. */
interface Run {
  readonly process: object;
  readonly targetEpoch: number;
  missCount: number;
}

/** Clocks may drift by 1 %. */
const leastPart = 0.97;

export const answeringNodeLives: CreateChecker = ({ ledger, settings, report }) => {
  const runs = new Map<string, Run>();
  /** Votes that were said as they should, by observer's life and target's life. */
  const votes = new Set<string>();
  const refutedAt = new Map<string, number>();
  const lifeOf = (id: string, epoch: number): string => `${id}#${epoch}`;
  const voteOf = (observer: string, target: string): string => `${observer}\n${target}`;

  const checkVerdict = ({ verdict }: Extract<DecideResult, { outcome: 'dead' }>, at: number): void => {
    const life = lifeOf(verdict.nodeId, verdict.epoch);
    for (const { observerId, observerEpoch } of verdict.votes) {
      if (!votes.has(voteOf(lifeOf(observerId, observerEpoch), life)))
        report(`a verdict on ${life} counts ${observerId}, which never had ${settings.deadAfter} misses`);
    }
    if (!settings.refutation || settings.unreachableIsDeadAfterMs !== null) return;
    const sinceMs = at - (refutedAt.get(life) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < settings.answerWindowMs * leastPart)
      report(`a verdict on ${life}, which has refuted ${Math.round(sinceMs)} ms ago`);
  };

  return {
    onProbeEnded: ({ observerId, targetId, process }, outcome) => {
      if (outcome.kind === 'aborted') return;
      const key = voteOf(observerId, targetId);
      const targetEpoch = ledger.nodes.get(targetId)?.epoch ?? 0;
      const before = runs.get(key);
      const isSame = before?.process === process && before.targetEpoch === targetEpoch;
      const run = isSame ? before : { process, targetEpoch, missCount: 0 };
      const isAnswer =
        outcome.kind === 'answer' && outcome.nodeId === targetId && outcome.epoch === targetEpoch;
      run.missCount = isAnswer ? 0 : run.missCount + 1;
      runs.set(key, run);
    },
    onHistory: (entry) => {
      if (entry.kind !== 'dead') return;
      const { targetId, targetEpoch } = entry.event;
      // What is said of a former life counts for nothing.
      if (ledger.nodes.get(targetId)?.epoch !== targetEpoch) return;
      const run = runs.get(voteOf(entry.nodeId, targetId));
      const missCount = run?.targetEpoch === targetEpoch ? run.missCount : 0;
      if (missCount >= settings.deadAfter)
        votes.add(voteOf(lifeOf(entry.nodeId, entry.epoch), lifeOf(targetId, targetEpoch)));
      else
        report(`${entry.nodeId} says ${targetId}#${targetEpoch} is dead after ${missCount} misses in a row`);
    },
    onCall: ({ method, request, at }, result) => {
      if (method === 'refute') {
        const { nodeId, epoch } = request as EpochRef;
        if (ledger.nodes.get(nodeId)?.epoch === epoch) refutedAt.set(lifeOf(nodeId, epoch), at);
      } else if (method === 'decide') {
        const decision = result as DecideResult;
        if (decision.outcome === 'dead' && decision.isNew) checkVerdict(decision, at);
      }
    },
  };
};
