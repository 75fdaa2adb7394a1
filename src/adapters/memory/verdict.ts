/** Counting votes, and the verdict that a quorum of them makes. */
import type { Lifecycle } from '../../core/node.ts';
import type { DecideResult } from '../../core/reading.ts';
import { compareIds } from '../../core/ring.ts';
import { brakeLimit, quorumSize, type Vote } from '../../core/verdict.ts';
import type { DecideRequest } from '../../ports/registry.ts';
import {
  beatOrderOf,
  epochOf,
  hasInstance,
  hasLeft,
  isValid,
  lifecycleOf,
  maintenanceEnd,
  originalStatements,
  standingVerdict,
} from './rules.ts';
import type { Member, Tables, VerdictRow } from './tables.ts';

export function decide(tables: Tables, request: DecideRequest, now: number): DecideResult {
  const target = tables.members.get(request.targetId);
  if (target === undefined || (target.own === null && target.shared === null)) return alive('unknown');
  const epoch = epochOf(target);
  if (epoch !== request.targetEpoch) return alive(epoch > request.targetEpoch ? 'newer-epoch' : 'unknown');
  if (hasLeft(target)) return alive('left');
  const standing = standingVerdict(target, epoch);
  if (standing !== null) return { outcome: 'dead', verdict: standing.verdict, isNew: false };
  if (maintenanceEnd(target, now) !== null) return alive('maintenance');

  const votes = validVotes(tables, target, request, now);
  const quorum = quorumSize({
    minQuorum: request.minQuorum,
    isStrict: request.isQuorumStrict,
    voterCount: request.isQuorumStrict ? 0 : countVoters(tables, { target, votes, request, now }),
  });
  if (votes.length < quorum) return { outcome: 'pending', reason: 'votes', voteCount: votes.length, quorum };
  if (request.refutationCount !== null && request.refutationCount !== (target.own?.refutationCount ?? 0)) {
    return { outcome: 'pending', reason: 'refuted' };
  }
  const unresolved = unresolvedVerdicts(tables, request, now);
  const unresolvedCount = unresolved.length;
  const limit = brakeLimit(request.maxDeadFraction, countMembers(tables, unresolved, now));
  if (unresolvedCount >= limit) return { outcome: 'pending', reason: 'brake', unresolvedCount, limit };
  return { outcome: 'dead', verdict: insert(tables, target, request, votes, quorum, now), isNew: true };
}

function alive(reason: 'left' | 'maintenance' | 'newer-epoch' | 'unknown'): DecideResult {
  return { outcome: 'alive', reason };
}

/** One voice an observer, in id order. */
function validVotes(tables: Tables, target: Member, request: DecideRequest, now: number): Vote[] {
  const since = now - request.quorumWindowMs;
  // After a return only what was said since then can make the verdict again.
  const afterId = target.verdicts.get(request.targetEpoch)?.returnedAfterId ?? 0;
  const votes: Vote[] = [];
  for (const statement of target.accusations.values()) {
    if (
      statement.status === 'dead' &&
      statement.affirmedAt >= since &&
      statement.sharedId > afterId &&
      isValid(tables, target, statement)
    ) {
      const { observerId, observerEpoch, evidence } = statement;
      votes.push({ observerId, observerEpoch, evidence });
    }
  }
  for (const { id, status, observerId } of originalStatements(tables, target, since)) {
    if (status === 'dead' && id > afterId) votes.push({ observerId, observerEpoch: 0, evidence: null });
  }
  return votes.sort((a, b) => compareIds(a.observerId, b.observerId));
}

/** Who has voted is a voter, heard of or not. Counts no further than the quorum needs. */
function countVoters(
  tables: Tables,
  {
    target,
    votes,
    request,
    now,
  }: {
    readonly target: Member;
    readonly votes: readonly Vote[];
    readonly request: DecideRequest;
    readonly now: number;
  },
): number {
  const voted = new Set(votes.map(({ observerId }) => observerId));
  let count = voted.size;
  for (const member of tables.ring) {
    if (count >= request.minQuorum) break;
    if (member === target || voted.has(member.id)) continue;
    if (isMember(lifecycleOf(tables, member, now)) && !isSilent(tables, member, request)) count++;
  }
  return count;
}

function isMember(lifecycle: Lifecycle): boolean {
  return lifecycle === 'alive' || lifecycle === 'maintenance';
}

type WatchRequest = Pick<DecideRequest, 'observerId' | 'observerEpoch' | 'watch'>;

function isSilent(tables: Tables, member: Member, request: WatchRequest): boolean {
  const { observerId, observerEpoch, watch } = request;
  const own = tables.members.get(observerId)?.own;
  const isWatching = watch !== null && own?.epoch === observerEpoch && own.beatOrder >= watch.newest;
  return isWatching && beatOrderOf(member) < watch.since;
}

/** Nodes seen within the window that are not confirmed dead, and those whose death is unresolved; one that is both, since it is back, once. */
export function countMembers(tables: Tables, unresolved: readonly VerdictRow[], now: number): number {
  const ids = new Set(unresolved.map(({ verdict }) => verdict.nodeId));
  for (const member of tables.ring) if (isMember(lifecycleOf(tables, member, now))) ids.add(member.id);
  return ids.size;
}

/** Open verdicts that hold the brake: all of them while anybody could run their recovery, else the recent ones. */
export function unresolvedVerdicts(
  tables: Tables,
  request: WatchRequest & Pick<DecideRequest, 'brakeWindowMs'>,
  now: number,
): readonly VerdictRow[] {
  if (tables.open.length === 0) return tables.open;
  const isHandled = tables.ring.some(
    (member) =>
      hasHandler(member) && isMember(lifecycleOf(tables, member, now)) && !isSilent(tables, member, request),
  );
  if (isHandled) return tables.open;
  return tables.open.filter(({ verdict }) => verdict.decidedAt > now - request.brakeWindowMs);
}

function hasHandler(member: Member): boolean {
  return hasInstance(member) && member.own?.hasHandler === true;
}

function insert(
  tables: Tables,
  target: Member,
  request: DecideRequest,
  votes: readonly Vote[],
  quorum: number,
  now: number,
): VerdictRow['verdict'] {
  const before = target.verdicts.get(request.targetEpoch);
  const row: VerdictRow = before ?? {
    verdict: emptyVerdict(request),
    claimId: null,
    leaseUntil: 0,
    nextAttemptAt: 0,
    heldSince: 0,
    hasReturned: false,
    resolvedAt: 0,
    decisionCount: 0,
    returnedAfterId: 0,
  };
  row.verdict = { ...emptyVerdict(request), decidedAt: now, quorum, votes };
  row.hasReturned = false;
  row.decisionCount++;
  tables.putVerdict(target, row);
  tables.fileVerdict(row);
  tables.appendEvent({
    operationId: `verdict:${request.targetEpoch}:${row.decisionCount}:${request.targetId}`,
    kind: 'verdict',
    at: now,
    observerId: request.observerId,
    targetId: request.targetId,
    targetEpoch: request.targetEpoch,
    detail: { quorum, voterIds: votes.map(({ observerId }) => observerId) },
  });
  return row.verdict;
}

function emptyVerdict({ targetId, targetEpoch }: DecideRequest): VerdictRow['verdict'] {
  return {
    nodeId: targetId,
    epoch: targetEpoch,
    decidedAt: 0,
    quorum: 0,
    votes: [],
    resolution: null,
    ownerId: null,
    fence: 0,
    attemptCount: 0,
    lastError: null,
  };
}
