/**
 * S4: a node that answers one in every `deadAfter` probes of all observers but one whose heartbeats reach the registry
 * is never confirmed dead by others; its own agent may say it.
 *
 * Checked as what follows from it for a new verdict, from the true outcomes of the probes:
 * - each voter that it counts had `deadAfter` probes in a row without an answer from the target's present epoch when it
 *   said `dead`. Aborted probes prove nothing and do not count. Nor do failed ones during which the voter stalled for so
 *   long that it must have noticed.
 * - none has had an answer since, as far as it could know when it voted. One that has had one since has taken its vote
 *   back, and its `recovered` is still on its way to the registry.
 * - where one vote is not the quorum that was asked for, there are two such voters at least. The exception: every other
 *   possible voter has been silent in the registry for a heartbeat window. Then a voter that is blind looks like the last
 *   survivor of three, and the last survivor must be able to vote.
 * A node that answers in the registry instead is not confirmed either while its answer is fresh: for an answer window, or for
 * the time of an early question where there is one.
 *
 * A registry that is restored may hold votes again that were withdrawn, and may give an epoch again. The first are no
 * votes here; of an epoch that was given twice nothing is promised.
 */

import type { DecideResult } from '../../core/reading.ts';
import type { Settings } from '../../core/settings/config.ts';
import type { Entry, EpochRef } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

/** What became of the newest probes, `deadAfter` of them at most, of one observer's process. */
interface Run {
  readonly process: object;
  readonly outcomes: Outcome[];
}

interface Outcome {
  /** The target's epoch then. A restore can take it back later. */
  readonly epoch: number;
  readonly isAnswer: boolean;
}

/** What became of a vote. `answered`: the voter has had an answer since, and has not taken it back. */
type VoteState = 'stands' | 'answered' | 'taken back';

/** Clocks may drift by 1 %. */
const leastPart = 0.97;

export const answeringNodeLives: CreateChecker = ({ ledger, settings, report }) => {
  const runs = new Map<string, Run>();
  /** Votes that were said as they should, by observer's epoch and target's epoch. */
  const votes = new Map<string, VoteState>();
  /** Votes that the registry knows to be taken back: their `recovered` is the last that it was told. */
  const withdrawn = new Set<string>();
  const refutedAt = new Map<string, number>();
  /** When each node last stood still for so long that it must have noticed. */
  const pausedAt = new Map<string, number>();
  const epochNameOf = (id: string, epoch: number): string => `${id}#${epoch}`;
  const voteOf = (observer: string, target: string): string => `${observer}\n${target}`;
  const voteOfPresentEpochs = (observerId: string, targetId: string): string =>
    voteOf(
      epochNameOf(observerId, ledger.nodes.get(observerId)?.epoch ?? 0),
      epochNameOf(targetId, ledger.nodes.get(targetId)?.epoch ?? 0),
    );

  const checkVoters = ({ verdict }: Extract<DecideResult, { outcome: 'dead' }>, at: number): void => {
    const epochName = epochNameOf(verdict.nodeId, verdict.epoch);
    if (ledger.isUndone(verdict.nodeId, verdict.epoch)) return;
    const voters: string[] = [];
    for (const { observerId, observerEpoch } of verdict.votes) {
      const vote = voteOf(epochNameOf(observerId, observerEpoch), epochName);
      const state = votes.get(vote);
      if (!withdrawn.has(vote)) voters.push(observerId);
      if (ledger.isUndone(observerId, observerEpoch)) continue;
      if (state === undefined)
        report(
          `a verdict on ${epochName} counts ${observerId}, which never had ${settings.deadAfter} misses`,
        );
      else if (state === 'answered')
        report(`a verdict on ${epochName} counts ${observerId}, which it has answered since and which knows`);
    }
    if (voters.length >= Math.min(2, settings.minQuorum)) return;
    const idle = [...ledger.nodes]
      .filter(([id]) => id !== verdict.nodeId && !voters.includes(id) && ledger.isOnRing(id))
      .filter(([, { lastBeatTrueAt }]) => at - lastBeatTrueAt < settings.heartbeatWindowMs * leastPart);
    if (idle.length > 0)
      report(
        `a verdict on ${epochName} by ${voters} alone, while ${idle.map(([id]) => id)} could have voted`,
      );
  };

  const freshMs = Math.min(
    settings.answerWindowMs,
    settings.answerWindowRefusedMs ?? settings.answerWindowMs,
  );

  const checkRefutation = (epochName: string, at: number): void => {
    if (!settings.refutation || settings.unreachableIsDeadAfterMs !== null) return;
    const sinceMs = at - (refutedAt.get(epochName) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < freshMs * leastPart)
      report(`a verdict on ${epochName}, which has refuted ${Math.round(sinceMs)} ms ago`);
  };

  return {
    // The registry has forgotten who refuted; the accused has to say so again.
    restored: () => refutedAt.clear(),
    onProbeEnded: ({ observerId, targetId, process, at: beganAt }, outcome) => {
      if (outcome.kind === 'aborted') return;
      const targetEpoch = ledger.nodes.get(targetId)?.epoch ?? 0;
      const key = voteOf(observerId, targetId);
      const before = runs.get(key);
      const outcomes = before?.process === process ? before.outcomes : [];
      runs.set(key, { process, outcomes });
      const isAnswer =
        outcome.kind === 'answer' && outcome.nodeId === targetId && outcome.epoch === targetEpoch;
      const stoodStill = (pausedAt.get(observerId) ?? Number.NEGATIVE_INFINITY) >= beganAt;
      if (outcome.kind === 'failure' && stoodStill) return;
      outcomes.push({ epoch: targetEpoch, isAnswer });
      if (outcomes.length > settings.deadAfter) outcomes.shift();
      const vote = voteOfPresentEpochs(observerId, targetId);
      if (isAnswer && votes.get(vote) === 'stands') votes.set(vote, 'answered');
    },
    onHistory: (entry) => {
      if (entry.kind === 'paused') {
        if (isNoticed(entry.detail, settings)) pausedAt.set(entry.nodeId, entry.at);
      } else if (entry.kind === 'recovered') {
        const vote = voteOfPresentEpochs(entry.nodeId, entry.event.targetId);
        if (votes.has(vote)) votes.set(vote, 'taken back');
      }
      if (entry.kind !== 'dead') return;
      const { targetId, targetEpoch } = entry.event;
      // What is said of a former epoch counts for nothing.
      if (ledger.nodes.get(targetId)?.epoch !== targetEpoch) return;
      if (ledger.isUndone(targetId, targetEpoch)) return;
      const missCount = missCountOf(runs.get(voteOf(entry.nodeId, targetId)), targetEpoch);
      if (missCount >= settings.deadAfter)
        votes.set(
          voteOf(epochNameOf(entry.nodeId, entry.epoch), epochNameOf(targetId, targetEpoch)),
          'stands',
        );
      else
        report(`${entry.nodeId} says ${targetId}#${targetEpoch} is dead after ${missCount} misses in a row`);
    },
    onCall: ({ method, request, at }, result) => {
      if (method === 'refute') {
        const { nodeId, epoch } = request as EpochRef;
        if (ledger.nodes.get(nodeId)?.epoch === epoch) refutedAt.set(epochNameOf(nodeId, epoch), at);
      } else if (method === 'record') {
        for (const entry of request as readonly Entry[]) {
          const { kind, operationId, observerId, observerEpoch, targetId, targetEpoch } = entry;
          // A late copy of an earlier one takes nothing back.
          if ((kind !== 'recovered' && kind !== 'dead') || ledger.knows(operationId)) continue;
          const vote = voteOf(epochNameOf(observerId, observerEpoch), epochNameOf(targetId, targetEpoch));
          if (kind === 'dead') withdrawn.delete(vote);
          else withdrawn.add(vote);
        }
      } else if (method === 'decide') {
        const decision = result as DecideResult;
        // What its own agent says of it needs no probe.
        if (decision.outcome !== 'dead' || !decision.isNew || decision.verdict.reason !== null) return;
        checkVoters(decision, at);
        checkRefutation(epochNameOf(decision.verdict.nodeId, decision.verdict.epoch), at);
      }
    },
  };
};

/** How many of the newest probes in a row had no answer of that epoch, since it began. */
function missCountOf(run: Run | undefined, targetEpoch: number): number {
  const outcomes = run?.outcomes ?? [];
  const last = outcomes.findLastIndex(
    ({ epoch, isAnswer }) => epoch < targetEpoch || (isAnswer && epoch === targetEpoch),
  );
  return outcomes.length - 1 - last;
}

/** Whether a pause is longer than the longest wait for a timer of its own, so that its end finds one late. */
function isNoticed(detail: string, settings: Settings): boolean {
  const { probeIntervalMs, jitter, stallThresholdMs } = settings;
  const durationMs = Number(/ (\d+) ms$/.exec(detail)?.[1] ?? 0);
  return detail.startsWith('stalled') && durationMs > probeIntervalMs * (1 + jitter) + stallThresholdMs;
}
