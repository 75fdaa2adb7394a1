/** The recovery of a verdict: who may run it, until when, and how it ended. Each is a rule. */
import { retryDelayMs } from '../core/claims.ts';
import { startOf } from '../core/wire/text.ts';
import type {
  ClaimRefusal,
  ClaimRequest,
  ClaimResult,
  FinishRequest,
  FinishResult,
  LeaseRef,
  RenewResult,
} from '../ports/registry.ts';
import type { NodeRow, VerdictRow } from '../ports/rows.ts';
import { Plus, Taken, type Write } from '../ports/store.ts';
import { appendEvent, knownOperations } from './events.ts';
import { asKnown, progressQueries } from './generation.ts';
import { isInMaintenance, isOurs, nodeById, unchanged, updateNode } from './node-row.ts';
import { sharedNodeById } from './original/shared-rows.ts';
import {
  answer,
  answerForNow,
  ask,
  atLeast,
  Committed,
  change,
  type Problem,
  type Rule,
  type Step,
} from './rule.ts';
import {
  closeVerdict,
  countedAttempts,
  hasLease,
  isHeld,
  leaseStands,
  recoveryEnded,
  stillHeld,
  updateVerdict,
  verdictOf,
  verdictOfEpoch,
} from './verdict-row.ts';

/** Longest error that is kept. */
const errorLength = 1_000;

/**
 * Tries to get the right to run the recovery of an open verdict. Null when another program has given the node another
 * status that was not imported: it may have begun a maintenance.
 */
export function claim(request: ClaimRequest, isImported: boolean, now: number): Rule<ClaimResult | null> {
  const { nodeId, epoch, ownerId, ownerEpoch, claimId } = request;
  const self = { nodeId: ownerId, epoch: ownerEpoch };
  const known = request.known ?? {};
  const operationId = `claimed:${claimId}`;
  return ask(
    [
      verdictOfEpoch(nodeId, epoch),
      nodeById(nodeId),
      nodeById(ownerId),
      knownOperations([operationId]),
      sharedNodeById([nodeId]),
      ...progressQueries(self, known),
    ],
    ([[row], [node], [owner], used, [shared], ...progress]) => {
      const isAsKnown = asKnown(self, known, progress);
      if (isAsKnown === null) return answerForNow(refused('went-back'));
      if (row === undefined || row.resolution !== null) return answerForNow(refused('resolved'));
      if (row.claimId === claimId && !row.isOwnerOver) return answerForNow(claimed(row, row.fence));
      if (!isImported && shared !== undefined && shared.status !== node?.status) return answerForNow(null);
      const isUntouched = [unchanged([nodeId, node]), stillHeld(row)];
      // The lease of an owner that has stopped ends before what is over is closed.
      const isLeased = hasLease(row, now);
      const over = isLeased ? null : wayItIsOver(row, node);
      if (over !== null)
        return change(refused('resolved'), closeVerdict(row, over, nodeId, now), isUntouched);
      if (!isActing(owner, ownerEpoch)) return answerForNow(refused('owner-over'));
      if (node !== undefined && isInMaintenance(node, now)) {
        if (isLeased) return answerForNow(refused('held'));
        // What holds it now is the maintenance, and no lease that has ended.
        const held = { claimId: null, heldUntil: node.maintenanceUntil, heldSince: now };
        const isNoted = row.claimId === null && row.heldUntil >= node.maintenanceUntil;
        return isNoted
          ? answerForNow(refused('maintenance'))
          : change(refused('maintenance'), [updateVerdict(row, held)], isUntouched);
      }
      if (row.isGivenUp) return answerForNow(refused('given-up'));
      if (isHeld(afterLease(row, request), now) || used.length > 0) return answerForNow(refused('held'));
      if (row.claimId !== null && isTriedTooOften(row, request.maxAttempts)) {
        const error = `its owner ${row.ownerId} stopped in attempt ${row.attemptCount} and did not say how it ended`;
        return change(refused('given-up'), giveUp(row, ownerId, error, now), isUntouched);
      }
      const attemptCount = row.attemptCount + 1;
      const given = {
        ownerId,
        claimId,
        attemptCount,
        heldUntil: now + Math.round(request.leaseMs),
        heldSince: now,
        holdMs: Math.round(request.holdMs ?? 0),
        isOwnerOver: false,
      };
      const step = change(
        new Committed<ClaimResult>(({ fence }) => claimed({ ...row, ...given, fence }, fence)),
        [
          updateVerdict(row, { ...given, fence: new Taken('fence') }),
          updateNode(nodeId, {}),
          stepOf(row, 'recovery-started', ownerId, attemptCount, 'taken', now),
        ],
        [...isUntouched, unchanged([ownerId, owner]), ...isAsKnown],
        [operationId],
      );
      return node === undefined ? { ...step, problems: [onStranger(row)] } : step;
    },
  );
}

/**
 * Held for longer where a second owner has stopped and its lease ran out, and after each further one: perhaps the handler
 * ends every node that runs it.
 */
function afterLease(row: VerdictRow, request: ClaimRequest): VerdictRow {
  const count = countedAttempts(row);
  if (row.claimId === null || count < 2) return row;
  return { ...row, heldUntil: row.heldUntil + retryDelayMs(request, count - 1) };
}

/** From now on an operator alone lets it be tried: nothing else ends what holds it. */
function giveUp(row: VerdictRow, observerId: string, error: string | null, now: number): Write[] {
  const { nodeId: targetId, epoch: targetEpoch, attemptCount: attempt, fence } = row;
  const held = { claimId: null, heldUntil: Number.MAX_SAFE_INTEGER, heldSince: now };
  return [
    updateVerdict(row, { ...held, isGivenUp: true, lastError: error }),
    recoveryEnded(row),
    appendEvent({
      kind: 'recovery-given-up',
      at: now,
      observerId,
      targetId,
      targetEpoch,
      detail: { attempt, error },
      fence,
    }),
  ];
}

/** The node's row was removed by hand: its death was decided all the same. */
function onStranger({ nodeId, epoch }: VerdictRow): Problem {
  const found = `The verdict on ${JSON.stringify(nodeId)}, epoch ${epoch}, is on a node that no table lists`;
  const message = `${found}; its recovery is run all the same. If it should not be run, dismiss it: ringwatch resolve ${nodeId}.`;
  return { table: 'ringwatch_verdicts', key: `${nodeId} ${epoch}`, message, isUsed: true };
}

function refused(reason: ClaimRefusal): ClaimResult {
  return { outcome: 'refused', reason };
}

function claimed(row: VerdictRow, fence: number): ClaimResult {
  return { outcome: 'claimed', fence, verdict: verdictOf(row), abortedCount: row.abortedCount };
}

function isActing(owner: NodeRow | undefined, epoch: number): boolean {
  if (owner === undefined || !isOurs(owner)) return false;
  return owner.epoch === epoch && owner.lifecycle !== 'left' && owner.lifecycle !== 'dead';
}

/** A node that has left, or that lives in a newer epoch, needs no recovery. */
function wayItIsOver({ epoch }: VerdictRow, node: NodeRow | undefined): 'left' | 'superseded' | null {
  if (node === undefined) return null;
  if (node.lifecycle === 'left') return 'left';
  return node.epoch > epoch ? 'superseded' : null;
}

function stepOf(
  { nodeId: targetId, epoch: targetEpoch }: VerdictRow,
  kind: 'recovery-started' | 'recovery-ended',
  observerId: string,
  attempt: number,
  fence: number | 'taken',
  at: number,
  detail: Readonly<Record<string, unknown>> = {},
): Write {
  return appendEvent({ kind, at, observerId, targetId, targetEpoch, detail: { attempt, ...detail }, fence });
}

/** Extends a lease that is still ours: one conditional write. A late copy of it is known by its operation, and does nothing. */
export function renew(request: LeaseRef & { readonly leaseMs: number }, now: number): Step<'renewed'> {
  const held = { heldUntil: now + Math.round(request.leaseMs), heldSince: now };
  return change(
    'renewed',
    [updateVerdict(request, held)],
    [stands(request)],
    [`renewed:${now}:${request.claimId}`],
  );
}

/** What a renewal tells: whether the node has returned, where it was done; else whether the lease is still ours. */
export function leaseStateOf(request: LeaseRef, isRenewed: boolean): Rule<RenewResult> {
  const { nodeId, epoch } = request;
  return ask([verdictOfEpoch(nodeId, epoch), nodeById(nodeId)], ([[row], [node]]) => {
    const hasReturned = row?.hasReturned === true || (node !== undefined && node.epoch > epoch);
    const state: RenewResult = { outcome: 'renewed', hasReturned };
    if (isRenewed) return answerForNow(state);
    return answer<RenewResult>(isOf(row, request) ? state : { outcome: 'lost' });
  });
}

function stands({ nodeId, epoch, claimId, fence }: LeaseRef) {
  return atLeast(leaseStands(nodeId, epoch, claimId, fence, false), 1);
}

function isOf(row: VerdictRow | undefined, lease: LeaseRef): boolean {
  if (row?.resolution !== null || row.isOwnerOver) return false;
  return row.claimId === lease.claimId && row.fence === lease.fence;
}

/** Whether a recovery that has had so many attempts waits for an operator. */
function isTriedTooOften(row: VerdictRow, maxAttempts: number | null): boolean {
  return maxAttempts !== null && countedAttempts(row) >= maxAttempts;
}

/** The attempt has counted as one whose owner stopped. Now its owner says that it was aborted, and it counts no more. */
function uncount(row: VerdictRow | undefined, operationId: string): Step<FinishResult> {
  if (row === undefined || row.resolution !== null) return answer('lost');
  const writes = [updateVerdict(row, { abortedCount: new Plus(1) }), updateNode(row.nodeId, {})];
  return change<FinishResult>('lost', writes, [stillHeld(row)], [operationId]);
}

/** Records how a recovery ended. */
export function finish(request: FinishRequest, now: number): Rule<FinishResult> {
  const { nodeId, epoch, claimId, outcome } = request;
  const [finished, aborted, granted] = [`finished:${claimId}`, `aborted:${claimId}`, `claimed:${claimId}`];
  return ask(
    [verdictOfEpoch(nodeId, epoch), nodeById(nodeId), knownOperations([finished, aborted, granted])],
    ([[row], [node], done]) => {
      const isDone = (id: string): boolean => done.some(({ operationId }) => operationId === id);
      if (isDone(finished)) return answerForNow<FinishResult>('recorded');
      if (row === undefined || !isOf(row, request)) {
        const isCounted = outcome === 'aborted' && isDone(granted) && !isDone(aborted);
        return isCounted ? uncount(row, aborted) : answer<FinishResult>('lost');
      }
      const error = request.error === null ? null : startOf(request.error, errorLength);
      const detail = outcome === 'completed' ? { outcome } : { outcome: 'failed', error };
      const ended = { claimId: null, heldSince: now };
      const over = outcome === 'completed' ? null : wayItIsOver(row, node);
      const isLast = outcome === 'failed' && over === null && isTriedTooOften(row, request.maxAttempts);
      const completed = { ...ended, resolution: 'completed', resolvedAt: now, heldUntil: 0 };
      const failed = {
        ...{ ...ended, lastError: error, heldUntil: now + Math.round(request.retryAfterMs) },
        ...(outcome === 'aborted' ? { abortedCount: new Plus(1) } : {}),
      };
      const writes = [
        stepOf(row, 'recovery-ended', row.ownerId ?? '', row.attemptCount, row.fence, now, detail),
        updateVerdict(row, outcome === 'completed' ? completed : failed),
        ...(over === null ? [] : closeVerdict(row, over, nodeId, now)),
        ...(isLast ? giveUp(row, row.ownerId ?? '', error, now) : []),
        outcome === 'completed' ? recoveryEnded(row) : updateNode(nodeId, {}),
      ];
      return change<FinishResult>(
        'recorded',
        writes,
        [stands(request), unchanged([nodeId, node])],
        [finished],
      );
    },
  );
}
