/** Whether a node is dead: counts the valid votes, and makes the verdict when they are a quorum. One rule. */
import { readEvidence } from '../core/evidence.ts';
import { compareIds } from '../core/ring.ts';
import { quorumSize, type Verdict, type Vote } from '../core/verdict.ts';
import type { DecideRequest, DecideResult } from '../ports/registry.ts';
import type { AccusationRow, NodeRow, VerdictRow } from '../ports/rows.ts';
import type { Guard, Write } from '../ports/store.ts';
import { openDeaths, weigh } from './brake.ts';
import { appendEvent } from './events.ts';
import { asKnown, progressQueries } from './generation.ts';
import { actingLifecycles, isInMaintenance, isValid, nodeById, unchanged, updateNode } from './node-row.ts';
import { noLineAfter } from './original/shared-rows.ts';
import {
  answer,
  answerForNow,
  ask,
  atLeast,
  atMost,
  change,
  count,
  type Rule,
  type Step,
  select,
} from './rule.ts';
import { accusationsOf } from './statements.ts';
import { updateVerdict, verdictOf, verdictOfEpoch } from './verdict-row.ts';

/**
 * Possible voters: nodes whose vote would count and that are not silent. While it beats, one in maintenance is among them,
 * and one that is off the ring by another program's status. Without those, one blind observer of three could find a
 * healthy node dead.
 */
const ableToVote = [
  ['lifecycle', 'in'],
  ['beatOrder', '>='],
] as const;
/** Nodes of the original are not silent while they are on the ring: their heartbeats are as rare as they like. */
const originals = [
  ['lifecycle', '='],
  ['instanceId', 'null'],
] as const;
const voters = select('nodes', ableToVote, { isLimited: true });
const originalVoters = select('nodes', originals, { isLimited: true });
const voterCountBut = count('nodes', [...ableToVote, ['nodeId', 'not-in']], true);
const originalCountBut = count('nodes', [...originals, ['nodeId', 'not-in']], true);

/** What a decision has to know of the border to the original. */
export interface Border {
  /** Lines of its log that are lines of ours. */
  readonly upTo: number;
  /** Whether all of its rows were imported, and not those alone that the target needs. */
  readonly isWhole: boolean;
}

/**
 * Answers a question of death; null when rows of the original could change the answer that were not imported yet. The
 * votes are counted first, since most questions end there.
 */
export function decide(request: DecideRequest, border: Border, now: number): Rule<DecideResult | null> {
  const { targetId, targetEpoch, observerId, observerEpoch, minQuorum, newestBeat } = request;
  const known = { ...request.known, newestBeat };
  const asker = { nodeId: observerId, epoch: observerEpoch };
  const since = request.watchedSince ?? 0;
  // The target and the voters among them leave enough to tell whether the quorum is the full one.
  const limit = 2 * minQuorum + 1;
  return ask(
    [
      nodeById(targetId),
      accusationsOf([targetId]),
      verdictOfEpoch(targetId, targetEpoch),
      voters(actingLifecycles, since, limit),
      originalVoters('alive', limit),
      ...progressQueries(asker, known),
    ],
    ([[target], accusations, [verdict], ours, theirs, ...progress]) => {
      // In a restored registry votes stand again that were taken back, and orders and counts are lower than they were.
      const isAsKnown = asKnown(asker, known, progress);
      if (isAsKnown === null) return answerForNow<DecideResult>({ outcome: 'pending', reason: 'went-back' });
      if (target === undefined) return answer<DecideResult>({ outcome: 'alive', reason: 'unknown' });
      const early = withoutVotes(request, target, verdict, now);
      if (early !== null) return early;
      const votes = validVotes(accusations, target, now, request.quorumWindowMs);
      const voted = new Set(votes.map(({ observerId: id }) => id));
      const counted = new Set([targetId, ...voted]);
      const idleOf = (rows: readonly NodeRow[]): string[] =>
        rows.map(({ nodeId }) => nodeId).filter((id) => !counted.has(id));
      const [yetToVote, originalsYetToVote] = [idleOf(ours), idleOf(theirs)];
      const quorum = quorumSize({
        minQuorum,
        isStrict: request.isQuorumStrict,
        voterCount: votes.length + new Set([...yetToVote, ...originalsYetToVote]).size,
      });
      const pending = withoutQuorum(request, target, votes.length, quorum);
      if (pending !== null) return answerForNow<DecideResult>(pending);
      if (quorum < minQuorum && !border.isWhole) return answerForNow(null);
      const guards: Guard[] = [
        unchanged([targetId, target]),
        ...accusations.filter((vote) => voted.has(vote.observerId)).map(isStillInEpoch),
        noLineAfter(targetId, border.upTo),
        ...isAsKnown,
      ];
      if (quorum < minQuorum) {
        guards.push(
          atMost(voterCountBut(actingLifecycles, since, [...counted], limit), yetToVote.length),
          atMost(originalCountBut('alive', [...counted], limit), originalsYetToVote.length),
        );
      }
      return underTheBrake(request, since, now, (brakeGuards) =>
        makeVerdict(request, target, verdict, { votes, quorum, guards: [...guards, ...brakeGuards], now }),
      );
    },
  );
}

/** Makes the verdict unless too many deaths are unresolved. */
function underTheBrake(
  request: DecideRequest,
  since: number,
  now: number,
  make: (guards: readonly Guard[]) => Step<DecideResult>,
): Rule<DecideResult> {
  const { targetId, targetEpoch, maxDeadFraction, brakeWindowMs } = request;
  const recentSince = now - brakeWindowMs;
  return ask(openDeaths(since, recentSince), (counts) => {
    const { unresolvedCount, limit, guards } = weigh(counts, { maxDeadFraction, since, recentSince });
    if (unresolvedCount < limit) return make(guards);
    const held: DecideResult = { outcome: 'pending', reason: 'brake', unresolvedCount, limit };
    // What holds the brake may be this very verdict, made since the votes were counted.
    return ask([nodeById(targetId), verdictOfEpoch(targetId, targetEpoch)], ([[target], [verdict]]) => {
      const settled = target === undefined ? null : withoutVotes(request, target, verdict, now);
      return settled ?? answerForNow(held);
    });
  });
}

/** What is clear before any vote is counted. */
function withoutVotes(
  { targetEpoch }: DecideRequest,
  target: NodeRow,
  verdict: VerdictRow | undefined,
  now: number,
): Step<DecideResult> | null {
  const { epoch, lifecycle } = target;
  if (epoch !== targetEpoch)
    return answer({ outcome: 'alive', reason: epoch > targetEpoch ? 'newer-epoch' : 'unknown' });
  if (lifecycle === 'left') return answer({ outcome: 'alive', reason: 'left' });
  if (lifecycle === 'dead' && verdict !== undefined)
    return answerForNow({ outcome: 'dead', verdict: verdictOf(verdict), isNew: false });
  return isInMaintenance(target, now) ? answerForNow({ outcome: 'alive', reason: 'maintenance' }) : null;
}

function withoutQuorum(
  { refutationCount }: DecideRequest,
  target: NodeRow,
  voteCount: number,
  quorum: number,
): DecideResult | null {
  if (voteCount < quorum) return { outcome: 'pending', reason: 'votes', voteCount, quorum };
  const hasRefuted = refutationCount !== null && refutationCount !== target.refutationCount;
  return hasRefuted ? { outcome: 'pending', reason: 'refuted' } : null;
}

/**
 * One vote an observer, in id order. One that was affirmed more than a window from now was affirmed by a clock that has been
 * put back since.
 */
function validVotes(
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
function isStillInEpoch({ observerId, observerEpoch, observerLifecycle }: AccusationRow): Guard {
  return atLeast(epochNow(observerId, observerEpoch, observerLifecycle), 1);
}

interface Decision {
  readonly votes: readonly Vote[];
  readonly quorum: number;
  readonly guards: readonly Guard[];
  readonly now: number;
}

function makeVerdict(
  { targetId, targetEpoch, observerId }: DecideRequest,
  target: NodeRow,
  before: VerdictRow | undefined,
  { votes, quorum, guards, now }: Decision,
): Step<DecideResult> {
  const decisionCount = target.decisionCount + 1;
  const made = {
    decidedAt: now,
    decisionCount,
    quorum,
    votes,
    resolution: null,
    resolvedAt: 0,
    hasReturned: false,
  };
  const row: VerdictRow = { ...unclaimed, nodeId: targetId, epoch: targetEpoch, ...made };
  const write: Write =
    before === undefined ? { kind: 'put', table: 'verdicts', row: { ...row } } : updateVerdict(row, made);
  const detail = { quorum, voterIds: votes.map((vote) => vote.observerId) };
  const verdict: Verdict = verdictOf(before === undefined ? row : { ...before, ...made });
  return change<DecideResult>(
    { outcome: 'dead', verdict, isNew: true },
    [
      write,
      updateNode(targetId, { lifecycle: 'dead', decisionCount }),
      appendEvent({ kind: 'verdict', at: now, observerId, targetId, targetEpoch, detail }),
    ],
    // A row that could not be read is not overwritten.
    before === undefined ? [...guards, atMost(verdictCount(targetId, targetEpoch), 0)] : guards,
  );
}

const verdictCount = count('verdicts', [
  ['nodeId', '='],
  ['epoch', '='],
]);

const unclaimed = {
  ownerId: null,
  claimId: null,
  fence: 0,
  heldUntil: 0,
  heldSince: 0,
  attemptCount: 0,
  lastError: null,
  reason: null,
  isGivenUp: false,
} as const;
