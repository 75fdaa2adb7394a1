/** Whether a node is dead: counts the valid votes, and makes the verdict when they are a quorum. One rule. */
import { compareIds } from '../core/ring.ts';
import { brakeLimit, quorumSize, type Verdict, type Vote } from '../core/verdict.ts';
import type { DecideRequest, DecideResult } from '../ports/registry.ts';
import type { AccusationRow, NodeRow, VerdictRow } from '../ports/rows.ts';
import type { Guard, Write } from '../ports/store.ts';
import { openDeaths, weigh } from './brake.ts';
import { appendEvent } from './events.ts';
import { isInMaintenance, isValid, nodeById, unchanged, updateNode } from './node-row.ts';
import { answer, ask, change, count, counted, type Rule, type Step, select } from './rule.ts';
import { accusationsOf } from './statements.ts';
import { evidenceOf, updateVerdict, verdictOf, verdictOfEpoch } from './verdict-row.ts';

/**
 * Nodes of the ring that are not silent, without the target. One in maintenance that beats is among them: it probes and
 * votes, and without it one blind observer of three could find a healthy node dead.
 */
const voters = [
  ['lifecycle', '='],
  ['beatOrder', '>='],
  ['nodeId', '<>'],
] as const;
const possibleVoters = select('nodes', voters, { isLimited: true });
const possibleVoterCount = count('nodes', voters, true);

/** Whether the asker's own row has the heartbeat that it knows of. */
const ownBeats = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['beatOrder', '>='],
]);

/** Lines of observers of the original about the target that are newer than what was imported. */
const newerLines = count('foreignEvents', [
  ['targetId', '='],
  ['id', '>'],
  ['observerInstanceId', 'null'],
]);

/** Answers a question of death; lines of the original's log count up to `importedUpTo`. */
export function decide(request: DecideRequest, importedUpTo: number, now: number): Rule<DecideResult> {
  const { targetId, targetEpoch, observerId, observerEpoch, watch } = request;
  const hasBeat = ownBeats(observerId, observerEpoch, watch?.newest ?? 0);
  // Voters among them need no place of their own, so twice the quorum is enough to tell whether it is the full one.
  const candidates = (since: number) => ['alive', since, targetId, 2 * request.minQuorum] as const;
  return ask(
    [
      nodeById(targetId),
      accusationsOf([targetId]),
      verdictOfEpoch(targetId, targetEpoch),
      hasBeat,
      possibleVoters(...candidates(watch?.since ?? 0)),
      possibleVoters(...candidates(0)),
      ...openDeaths(watch, now - request.brakeWindowMs),
    ],
    ([[target], accusations, [verdict], beatCount, loud, all, ...deaths]) => {
      if (target === undefined) return answer<DecideResult>({ outcome: 'alive', reason: 'unknown' });
      const early = withoutVotes(request, target, verdict, now);
      if (early !== null) return answer(early);
      const votes = validVotes(accusations, target, now - request.quorumWindowMs);
      // A registry that was restored from a backup counts lower: then every node would look silent.
      const isWatched = watch !== null && beatCount > 0;
      const present = isWatched ? loud : all;
      const voted = new Set(votes.map(({ observerId: id }) => id));
      const idleCount = present.filter(({ nodeId }) => !voted.has(nodeId)).length;
      const quorum = quorumSize({
        minQuorum: request.minQuorum,
        isStrict: request.isQuorumStrict,
        voterCount: votes.length + idleCount,
      });
      const pending = withoutQuorum(request, target, votes.length, quorum);
      if (pending !== null) return answer(pending);
      const brake = weigh(deaths, isWatched);
      const limit = brakeLimit(request.maxDeadFraction, brake.memberCount);
      if (brake.unresolvedCount >= limit) {
        const { unresolvedCount } = brake;
        return answer<DecideResult>({ outcome: 'pending', reason: 'brake', unresolvedCount, limit });
      }
      const guards: Guard[] = [
        unchanged(targetId, target),
        ...accusations.filter((vote) => voted.has(vote.observerId)).map(isStillSpeaking),
        brake.guard(limit),
        counted(newerLines(targetId, importedUpTo), { atMost: 0 }),
      ];
      if (quorum < request.minQuorum) {
        const since = isWatched ? watch.since : 0;
        guards.push(counted(possibleVoterCount(...candidates(since)), { atMost: present.length }));
        if (isWatched) guards.push(counted(hasBeat, { atLeast: 1 }));
      }
      return makeVerdict(request, target, verdict, { votes, quorum, guards, now });
    },
  );
}

/** What is clear before any vote is counted. */
function withoutVotes(
  { targetEpoch }: DecideRequest,
  target: NodeRow,
  verdict: VerdictRow | undefined,
  now: number,
): DecideResult | null {
  const { epoch, lifecycle } = target;
  if (epoch !== targetEpoch)
    return { outcome: 'alive', reason: epoch > targetEpoch ? 'newer-epoch' : 'unknown' };
  if (lifecycle === 'left') return { outcome: 'alive', reason: 'left' };
  if (lifecycle === 'dead' && verdict !== undefined)
    return { outcome: 'dead', verdict: verdictOf(verdict), isNew: false };
  return isInMaintenance(target, now) ? { outcome: 'alive', reason: 'maintenance' } : null;
}

function withoutQuorum(
  request: DecideRequest,
  target: NodeRow,
  voteCount: number,
  quorum: number,
): DecideResult | null {
  if (voteCount < quorum) return { outcome: 'pending', reason: 'votes', voteCount, quorum };
  const { refutationCount } = request;
  const hasRefuted = refutationCount !== null && refutationCount !== target.refutationCount;
  return hasRefuted ? { outcome: 'pending', reason: 'refuted' } : null;
}

/** One vote an observer, in id order. After a return only what was said since then counts. */
function validVotes(accusations: readonly AccusationRow[], target: NodeRow, since: number): Vote[] {
  return accusations
    .filter(
      (row) => row.status === 'dead' && row.affirmedAt >= since && row.returnCount === target.returnCount,
    )
    .filter((row) => isValid(row, target))
    .map(({ observerId, observerEpoch, evidence }) => ({
      observerId,
      observerEpoch,
      evidence: evidenceOf(evidence),
    }))
    .sort((one, other) => compareIds(one.observerId, other.observerId));
}

const epochNow = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['lifecycle', '='],
]);

/** The guard that a voter is still in the epoch in which it voted. Its row's revision would move when it is accused itself. */
function isStillSpeaking({ observerId, observerEpoch, observerLifecycle }: AccusationRow): Guard {
  return counted(epochNow(observerId, observerEpoch, observerLifecycle), { atLeast: 1 });
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
    guards,
  );
}

const unclaimed = {
  ownerId: null,
  claimId: null,
  fence: 0,
  heldUntil: 0,
  heldSince: 0,
  attemptCount: 0,
  lastError: null,
} as const;
