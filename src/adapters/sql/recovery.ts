/** The recovery of a verdict: who may run it, until when, and how it ended. Each call is one transaction. */

import { startOf } from '../../core/text.ts';
import type {
  ClaimRefusal,
  ClaimRequest,
  ClaimResult,
  DismissRequest,
  EpochRef,
  FinishRequest,
  FinishResult,
  LeaseRef,
  RenewResult,
} from '../../ports/registry.ts';
import { closeVerdicts } from './closing.ts';
import { appendEvent, isNew, markApplied } from './events.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { livingEpoch } from './membership.ts';
import { hasLeft, maintenanceEnd } from './node-row.ts';
import type { Problems } from './problems.ts';
import { readNodeRow } from './reading.ts';
import { raw, sql } from './sql.ts';
import { epochOf } from './statements.ts';
import { decodeVerdict, isHeld, leaseRuns, verdictColumns } from './verdict-row.ts';

/** Longest error that is kept. */
const errorLength = 1_000;

const nextFence = raw("(SELECT value FROM ringwatch_state WHERE name = 'fence')");

function keyOf({ nodeId, epoch }: EpochRef): SqlStatement {
  return sql`node_id = ${nodeId} AND epoch = ${epoch}`;
}

export async function claim(
  executor: SqlExecutor,
  request: ClaimRequest,
  now: number,
  problems: Problems,
): Promise<ClaimResult> {
  const { nodeId, epoch, ownerId, ownerEpoch, claimId, leaseMs } = request;
  const key = keyOf(request);
  // The shared table's words on the node carry clocks, so they are read first and bound.
  const node = await readNodeRow(executor, nodeId, problems);
  const isMaintained = sql`(${node !== null && maintenanceEnd(node, now) !== null}
    OR EXISTS (SELECT 1 FROM ringwatch_nodes WHERE node_id = ${nodeId} AND maintenance_until_ms > ${now}))`;
  const isOwnerOver = sql`(NOT EXISTS (SELECT 1 FROM ringwatch_nodes WHERE ${livingEpoch(ownerId, ownerEpoch)})
    OR ${standingOwner(ownerId, ownerEpoch)})`;
  const isUsed = sql`EXISTS (SELECT 1 FROM ringwatch_events WHERE operation_id = ${`claimed:${claimId}`})`;
  const isFree = sql`NOT ${isHeld(now)}`;
  const results = await executor.transact([
    ...closeIfOver(
      request,
      node !== null && hasLeft(node),
      sql`NOT ${leaseRuns(now)} AND v.claim_id IS NOT ${claimId}`,
      now,
    ),
    sql`UPDATE ringwatch_verdicts AS v SET owner_id = ${ownerId}, owner_epoch = ${ownerEpoch}, claim_id = ${claimId},
        fence = ${nextFence} + 1, lease_until_ms = ${now + Math.round(leaseMs)}, next_attempt_at_ms = 0,
        held_since_ms = ${now}, attempt_count = attempt_count + 1
      WHERE ${key} AND resolution IS NULL AND ${isFree} AND NOT ${isUsed} AND NOT ${isOwnerOver} AND NOT ${isMaintained}
        AND ${epochOf(sql`${nodeId}`)} <= ${epoch}`,
    sql`UPDATE ringwatch_state SET value = (SELECT fence FROM ringwatch_verdicts WHERE ${key})
      WHERE name = 'fence' AND value < (SELECT fence FROM ringwatch_verdicts WHERE ${key} AND claim_id = ${claimId})`,
    appendEvent({
      ...stepOf(request, now),
      operationId: `claimed:${claimId}`,
      kind: 'claimed',
      detail: raw("json_object('fence', v.fence, 'attempt', v.attempt_count)"),
      source: sql`FROM ringwatch_verdicts v WHERE ${key} AND claim_id = ${claimId}`,
    }),
    sql`SELECT ${verdictColumns}, ${isOwnerOver} AS is_owner_over, (${isFree} AND NOT ${isUsed}) AS is_free
      FROM ringwatch_verdicts v WHERE ${key}`,
  ]);
  const row = results.at(-1)?.rows[0];
  if (row === undefined || row['resolution'] !== null) return refused('resolved');
  if (row['claim_id'] === claimId) {
    if (node === null) tellOfUnknown(request, problems);
    const verdict = decodeVerdict(row, problems);
    return { outcome: 'claimed', fence: verdict.fence, verdict };
  }
  if (row['is_owner_over'] === 1) return refused('owner-over');
  return refused(row['is_free'] === 1 ? 'maintenance' : 'held');
}

/** Its rows may have been deleted by somebody else after it died: the verdict is a promise all the same. */
function tellOfUnknown({ nodeId, epoch }: EpochRef, problems: Problems): void {
  const verdict = `The verdict on ${JSON.stringify(nodeId)}, epoch ${epoch}, is on a node that no table lists`;
  problems.tell(
    'ringwatch_verdicts',
    nodeId,
    `${verdict}; its recovery is run all the same. If nobody should run it, dismiss it: ringwatch resolve ${nodeId}.`,
  );
}

function refused(reason: ClaimRefusal): ClaimResult {
  return { outcome: 'refused', reason };
}

function standingOwner(ownerId: string, ownerEpoch: number): SqlStatement {
  return sql`EXISTS (SELECT 1 FROM ringwatch_verdicts WHERE node_id = ${ownerId} AND epoch = ${ownerEpoch}
    AND resolution IS NOT 'returned')`;
}

/** Nobody recovers a node that has left or lives in a newer epoch: such a verdict is closed once no lease runs. */
function closeIfOver(ref: EpochRef, isLeft: boolean, where: SqlStatement, now: number): SqlStatement[] {
  const { nodeId, epoch } = ref;
  const verdict = sql`v.node_id = ${nodeId} AND v.epoch = ${epoch} AND ${where}`;
  const hasLeftNow = sql`EXISTS (SELECT 1 FROM ringwatch_nodes x WHERE x.node_id = ${nodeId}
    AND x.lifecycle = 'left' AND (x.instance_id IS NOT NULL OR ${isLeft}))`;
  return [
    ...closeVerdicts({
      resolution: 'left',
      observerId: nodeId,
      now,
      where: sql`${verdict} AND ${hasLeftNow}`,
    }),
    ...closeVerdicts({
      resolution: 'superseded',
      observerId: nodeId,
      now,
      where: sql`${verdict} AND ${epochOf(sql`${nodeId}`)} > ${epoch}`,
    }),
  ];
}

/** What all steps of a recovery have in common; `v` is the verdict. */
function stepOf({ nodeId, epoch }: EpochRef, now: number) {
  return { now, observerId: raw('v.owner_id'), targetId: nodeId, targetEpoch: epoch };
}

function leaseCondition(lease: LeaseRef): SqlStatement {
  return sql`${keyOf(lease)} AND resolution IS NULL AND claim_id = ${lease.claimId} AND fence = ${lease.fence}`;
}

export async function renew(
  executor: SqlExecutor,
  request: LeaseRef & { readonly leaseMs: number },
  now: number,
): Promise<RenewResult> {
  const { nodeId, epoch, leaseMs } = request;
  const lease = leaseCondition(request);
  const results = await executor.transact([
    sql`UPDATE ringwatch_verdicts SET lease_until_ms = ${now + Math.round(leaseMs)}, held_since_ms = ${now}
      WHERE ${lease}`,
    sql`SELECT has_returned OR ${epochOf(sql`${nodeId}`)} > ${epoch} AS has_returned FROM ringwatch_verdicts WHERE ${lease}`,
  ]);
  const row = results.at(-1)?.rows[0];
  return row === undefined
    ? { outcome: 'lost' }
    : { outcome: 'renewed', hasReturned: row['has_returned'] === 1 };
}

export async function finish(
  executor: SqlExecutor,
  request: FinishRequest,
  now: number,
  problems: Problems,
): Promise<FinishResult> {
  const { outcome, claimId, retryAfterMs } = request;
  const operationId = `finished:${claimId}`;
  const error = request.error === null ? null : startOf(request.error, errorLength);
  const lease = leaseCondition(request);
  const node = outcome === 'failed' ? await readNodeRow(executor, request.nodeId, problems) : null;
  const results = await executor.transact([
    appendEvent({
      ...stepOf(request, now),
      operationId,
      kind: outcome,
      detail:
        outcome === 'failed'
          ? sql`json_object('fence', v.fence, 'attempt', v.attempt_count, 'error', ${error})`
          : raw("json_object('fence', v.fence, 'attempt', v.attempt_count)"),
      source: sql`FROM ringwatch_verdicts v WHERE ${lease}`,
      isApplied: false,
    }),
    outcome === 'completed'
      ? sql`UPDATE ringwatch_verdicts SET resolution = 'completed', resolved_at_ms = ${now}, claim_id = NULL,
          lease_until_ms = 0 WHERE ${lease}`
      : sql`UPDATE ringwatch_verdicts SET claim_id = NULL, lease_until_ms = 0, last_error = ${error},
          next_attempt_at_ms = ${now + Math.round(retryAfterMs)}, held_since_ms = ${now} WHERE ${lease}`,
    ...(outcome === 'failed'
      ? closeIfOver(request, node !== null && hasLeft(node), isNew(operationId), now)
      : []),
    markApplied(operationId),
    sql`SELECT 1 AS is_recorded FROM ringwatch_events WHERE operation_id = ${operationId}`,
  ]);
  return (results.at(-1)?.rows.length ?? 0) > 0 ? 'recorded' : 'lost';
}

export async function dismiss(executor: SqlExecutor, request: DismissRequest, now: number): Promise<boolean> {
  const { nodeId, epoch, operatorId } = request;
  const operationId = `dismissed:${request.operationId}`;
  const results = await executor.transact([
    ...closeVerdicts({
      resolution: 'dismissed',
      observerId: operatorId,
      now,
      where: sql`v.node_id = ${nodeId} AND v.epoch = ${epoch}`,
      operationId,
    }),
    // Not how many rows were changed: a repetition changes none.
    sql`SELECT 1 AS is_done FROM ringwatch_events WHERE operation_id = ${operationId}`,
  ]);
  return (results.at(-1)?.rows.length ?? 0) > 0;
}
