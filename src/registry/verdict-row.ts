/** A verdict's row: how it is found, read, held and closed. Not for: who may claim it (recovery.ts), or how it is made (decide.ts). */
import { readEvidence } from '../core/evidence.ts';
import { compareIds } from '../core/ring.ts';
import type { Resolution, Verdict, Vote } from '../core/verdict.ts';
import type { VerdictRow } from '../ports/rows.ts';
import { type Changes, type Guard, Plus, type Write } from '../ports/store.ts';
import { appendEvent } from './events.ts';
import { updateNode } from './node-row.ts';
import { atLeast, count, type Problem, select } from './rule.ts';

/** The verdict of one epoch of a node. */
export const verdictOfEpoch = select('verdicts', [
  ['nodeId', '='],
  ['epoch', '='],
]);

/** Every verdict on these nodes. */
export const verdictsOn = select('verdicts', [['nodeId', 'in']]);

/** The open verdicts on these nodes. */
export const openVerdictsOn = select('verdicts', [
  ['nodeId', 'in'],
  ['resolution', 'null'],
]);

/** Whether a lease is still this one: for guards. */
export const leaseStands = count('verdicts', [
  ['nodeId', '='],
  ['epoch', '='],
  ['claimId', '='],
  ['fence', '='],
  ['isOwnerOver', '='],
  ['resolution', 'null'],
]);

const isStillHeldSo = count('verdicts', [
  ['nodeId', '='],
  ['epoch', '='],
  ['fence', '='],
  ['heldUntil', '='],
  ['resolution', 'null'],
]);

/** The guard that an open verdict is still held as it was read: a renewed lease moves the end. */
export function stillHeld({ nodeId, epoch, fence, heldUntil }: VerdictRow): Guard {
  return atLeast(isStillHeldSo(nodeId, epoch, fence, heldUntil), 1);
}

/** The columns of a recovery that no node has claimed yet. */
export const neverClaimed = {
  ownerId: null,
  claimId: null,
  fence: 0,
  heldUntil: 0,
  heldSince: 0,
  attemptCount: 0,
  abortedCount: 0,
  lastError: null,
  isGivenUp: false,
  holdMs: 0,
  isOwnerOver: false,
} as const;

const resolutions: ReadonlySet<string> = new Set<Resolution>([
  'completed',
  'returned',
  'superseded',
  'left',
  'dismissed',
]);

/** The verdict as observers and people see it. Votes that cannot be read are left out. */
export function verdictOf(row: VerdictRow): Verdict {
  const { nodeId, epoch, decidedAt, quorum, ownerId, fence, attemptCount, lastError, reason } = row;
  const resolution = isResolution(row.resolution) ? row.resolution : null;
  return {
    nodeId,
    epoch,
    decidedAt,
    quorum,
    votes: votesOf(row.votes),
    resolution,
    ownerId,
    fence,
    attemptCount,
    lastError,
    reason,
  };
}

function isResolution(text: string | null): text is Resolution {
  return text !== null && resolutions.has(text);
}

function votesOf(value: unknown): readonly Vote[] {
  if (!Array.isArray(value)) return [];
  const votes = value.map(voteOf).filter((vote) => vote !== null);
  return votes.sort((one, other) => compareIds(one.observerId, other.observerId));
}

function voteOf(value: unknown): Vote | null {
  if (typeof value !== 'object' || value === null) return null;
  const { observerId, observerEpoch, evidence } = value as Readonly<Record<string, unknown>>;
  if (typeof observerId !== 'string' || !isEpoch(observerEpoch)) return null;
  return { observerId, observerEpoch, evidence: readEvidence(evidence) };
}

function isEpoch(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Whether every vote of the verdict can be read, with its evidence. */
export function hasReadableVotes({ votes }: VerdictRow): boolean {
  return Array.isArray(votes) && votes.every(isReadableVote);
}

function isReadableVote(value: unknown): boolean {
  return voteOf(value) !== null && isReadableEvidence((value as { readonly evidence?: unknown }).evidence);
}

/** Whether it is evidence, or none: an observer that runs the original gives none. */
export function isReadableEvidence(value: unknown): boolean {
  return value === null || value === undefined || readEvidence(value) !== null;
}

/** That a row is shown without a part that cannot be read. The rest of it is used. */
export function shownWithout(what: 'evidence' | 'votes', table: string, key: string): Problem {
  const message = `A row of ${table} (${key}) is shown without its ${what}: that is not what an observer writes.`;
  return { table, key, message, isUsed: true };
}

/**
 * Whether a lease, a backoff or a maintenance still keeps the verdict from being claimed. An end that is more than twice
 * its length ahead was set by a clock that has been put back since.
 */
export function isHeld({ heldUntil, heldSince }: VerdictRow, now: number): boolean {
  return now < heldUntil && heldUntil - heldSince >= heldSince - now;
}

/** Whether an owner may still be running the recovery; without one, what holds a verdict is a maintenance. */
export function hasLease(row: VerdictRow, now: number): boolean {
  return row.claimId !== null && isHeld(row, now);
}

/** How many attempts count: one that was aborted is no failure. */
export function countedAttempts({ attemptCount, abortedCount }: VerdictRow): number {
  return attemptCount - abortedCount;
}

/** Changes columns of a verdict. */
export function updateVerdict(
  { nodeId, epoch }: Pick<VerdictRow, 'nodeId' | 'epoch'>,
  changes: Changes<'verdicts'>,
): Write {
  return { kind: 'update', table: 'verdicts', key: [nodeId, epoch], changes };
}

/** The node's row once an open recovery of it runs no more. */
export function recoveryEnded({ nodeId, isGivenUp }: VerdictRow): Write {
  return updateNode(nodeId, isGivenUp ? {} : { openRecoveries: new Plus(-1) });
}

/** Resolves an open verdict without a recovery, and tells of it in the log. */
export function closeVerdict(
  row: VerdictRow,
  resolution: Exclude<Resolution, 'completed'>,
  observerId: string,
  now: number,
): Write[] {
  const { nodeId: targetId, epoch: targetEpoch } = row;
  return [
    updateVerdict(row, { resolution, resolvedAt: now, claimId: null, heldUntil: 0 }),
    recoveryEnded(row),
    appendEvent({
      kind: 'verdict-closed',
      at: now,
      observerId,
      targetId,
      targetEpoch,
      detail: { resolution },
    }),
  ];
}
