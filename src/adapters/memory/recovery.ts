/** The recovery of a verdict: who may run it, until when, and how it ended. */
import type { OpenVerdict } from '../../core/reading.ts';
import { startOf } from '../../core/text.ts';
import type { Resolution } from '../../core/verdict.ts';
import type {
  ClaimRequest,
  ClaimResult,
  DismissRequest,
  EpochRef,
  FinishRequest,
  FinishResult,
  LeaseRef,
  RenewResult,
} from '../../ports/registry.ts';
import { epochOf, hasLeft, isSpeaking, maintenanceEnd } from './rules.ts';
import type { Tables, VerdictRow } from './tables.ts';

/** Longest error that is kept. */
const errorLength = 1_000;

/** Those that may be claimed come first: however many are held, they are seen. */
export function openVerdicts(tables: Tables, now: number): readonly OpenVerdict[] {
  if (tables.open.length === 0) return [];
  const open = tables.open.map((row) => ({
    verdict: row.verdict,
    isClaimable: !isHeld(row, now) && !waitsForMaintenance(tables, row, now),
  }));
  return [...open.filter(({ isClaimable }) => isClaimable), ...open.filter((one) => !one.isClaimable)];
}

/** A verdict that is over is claimed all the same: that closes it. */
function waitsForMaintenance(tables: Tables, { verdict }: VerdictRow, now: number): boolean {
  const member = tables.member(verdict.nodeId);
  return maintenanceEnd(member, now) !== null && !hasLeft(member) && epochOf(member) <= verdict.epoch;
}

/** Whether a lease or a backoff runs. */
function isHeld(row: VerdictRow, now: number): boolean {
  return runsUntil(Math.max(row.leaseUntil, row.nextAttemptAt), row, now);
}

/** Whether what ends then still runs. An end that is more than twice its length ahead was set by a clock that has been put back since. */
function runsUntil(end: number, { heldSince }: VerdictRow, now: number): boolean {
  return now < end && end - heldSince >= heldSince - now;
}

/** Until the lease of an open verdict ends; null when none runs. */
export function leaseLeftMs(row: VerdictRow, now: number): number | null {
  const isRunning = row.verdict.resolution === null && runsUntil(row.leaseUntil, row, now);
  return isRunning ? row.leaseUntil - now : null;
}

/** Until the backoff of an open verdict ends; null unless its newest attempt has failed. */
export function retryInMs(row: VerdictRow, now: number): number | null {
  const { resolution, attemptCount } = row.verdict;
  if (resolution !== null || attemptCount === 0 || row.claimId !== null) return null;
  return runsUntil(row.nextAttemptAt, row, now) ? row.nextAttemptAt - now : 0;
}

function findVerdict(tables: Tables, { nodeId, epoch }: EpochRef): VerdictRow | undefined {
  return tables.members.get(nodeId)?.verdicts.get(epoch);
}

export function claim(tables: Tables, request: ClaimRequest, now: number): ClaimResult {
  const { ownerId, ownerEpoch, claimId } = request;
  const row = findVerdict(tables, request);
  if (row === undefined || row.verdict.resolution !== null) return refused('resolved');
  if (row.claimId === claimId) return { outcome: 'claimed', fence: row.verdict.fence, verdict: row.verdict };
  if (!runsUntil(row.leaseUntil, row, now) && closeIfOver(tables, row, now)) return refused('resolved');
  if (!isSpeaking(tables, ownerId, ownerEpoch)) return refused('owner-over');
  if (isHeld(row, now)) return refused('held');
  const operationId = `claimed:${claimId}`;
  if (tables.operations.has(operationId)) return refused('held');
  if (maintenanceEnd(tables.member(request.nodeId), now) !== null) return refused('maintenance');

  tables.fence++;
  row.claimId = claimId;
  row.leaseUntil = now + request.leaseMs;
  row.nextAttemptAt = 0;
  row.heldSince = now;
  row.verdict = {
    ...row.verdict,
    ownerId,
    fence: tables.fence,
    attemptCount: row.verdict.attemptCount + 1,
  };
  appendStep(tables, row, { operationId, kind: 'claimed', observerId: ownerId, now });
  return { outcome: 'claimed', fence: tables.fence, verdict: row.verdict };
}

function refused(reason: 'held' | 'resolved' | 'maintenance' | 'owner-over'): ClaimResult {
  return { outcome: 'refused', reason };
}

/** Nobody recovers a node that has left or lives in a newer epoch: such a verdict is closed once no lease runs. */
function closeIfOver(tables: Tables, row: VerdictRow, now: number): boolean {
  const { nodeId, epoch } = row.verdict;
  const member = tables.member(nodeId);
  if (hasLeft(member)) closeVerdict(tables, row, 'left', nodeId, now);
  else if (epochOf(member) > epoch) closeVerdict(tables, row, 'superseded', nodeId, now);
  else return false;
  return true;
}

export function renew(
  tables: Tables,
  request: LeaseRef & { readonly leaseMs: number },
  now: number,
): RenewResult {
  const row = heldVerdict(tables, request);
  if (row === null) return { outcome: 'lost' };
  row.leaseUntil = now + request.leaseMs;
  row.heldSince = now;
  const hasReturned = row.hasReturned || epochOf(tables.member(request.nodeId)) > request.epoch;
  return { outcome: 'renewed', hasReturned };
}

function heldVerdict(tables: Tables, lease: LeaseRef): VerdictRow | null {
  const row = findVerdict(tables, lease);
  if (row === undefined || row.verdict.resolution !== null) return null;
  return row.claimId === lease.claimId && row.verdict.fence === lease.fence ? row : null;
}

export function finish(tables: Tables, request: FinishRequest, now: number): FinishResult {
  const operationId = `finished:${request.claimId}`;
  const row = heldVerdict(tables, request);
  if (row === null) return tables.operations.has(operationId) ? 'recorded' : 'lost';
  const error = request.error === null ? null : startOf(request.error, errorLength);
  row.claimId = null;
  row.leaseUntil = 0;
  appendStep(tables, row, {
    operationId,
    kind: request.outcome,
    observerId: row.verdict.ownerId ?? '',
    now,
    error,
  });
  if (request.outcome === 'completed') {
    row.verdict = { ...row.verdict, resolution: 'completed' };
    row.resolvedAt = now;
    tables.fileVerdict(row);
  } else {
    row.verdict = { ...row.verdict, lastError: error };
    row.nextAttemptAt = now + request.retryAfterMs;
    row.heldSince = now;
    closeIfOver(tables, row, now);
  }
  return 'recorded';
}

export function dismiss(tables: Tables, request: DismissRequest, now: number): boolean {
  const operationId = `dismissed:${request.operationId}`;
  if (tables.operations.has(operationId)) return true;
  const row = findVerdict(tables, request);
  if (row === undefined || row.verdict.resolution !== null) return false;
  closeVerdict(tables, row, 'dismissed', request.operatorId, now, operationId);
  return true;
}

/** Resolves an open verdict without a recovery. */
export function closeVerdict(
  tables: Tables,
  row: VerdictRow,
  resolution: Exclude<Resolution, 'completed'>,
  observerId: string,
  now: number,
  operationId = `closed:${row.verdict.epoch}:${row.decisionCount}:${row.verdict.nodeId}`,
): void {
  row.verdict = { ...row.verdict, resolution };
  row.resolvedAt = now;
  row.claimId = null;
  row.leaseUntil = 0;
  tables.fileVerdict(row);
  const { nodeId, epoch } = row.verdict;
  tables.appendEvent({
    operationId,
    kind: 'closed',
    at: now,
    observerId,
    targetId: nodeId,
    targetEpoch: epoch,
    detail: { resolution },
  });
}

function appendStep(
  tables: Tables,
  { verdict }: VerdictRow,
  step: {
    readonly operationId: string;
    readonly kind: 'claimed' | 'completed' | 'failed';
    readonly observerId: string;
    readonly now: number;
    readonly error?: string | null;
  },
): void {
  const { fence, attemptCount } = verdict;
  tables.appendEvent({
    operationId: step.operationId,
    kind: step.kind,
    at: step.now,
    observerId: step.observerId,
    targetId: verdict.nodeId,
    targetEpoch: verdict.epoch,
    detail: {
      fence,
      attempt: attemptCount,
      ...(step.kind === 'failed' ? { error: step.error ?? null } : {}),
    },
  });
}
