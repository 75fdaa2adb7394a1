/** Joining, heartbeats, leaving, maintenance: who is in the cluster. */
import {
  type EpochRef,
  type HeartbeatResult,
  type JoinRequest,
  type JoinResult,
  RegistryError,
} from '../../ports/registry.ts';
import { closeVerdicts } from './closing.ts';
import { appendEvent, isNew, markApplied, sharedPosition } from './events.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import type { Shape } from './shape.ts';
import { timestamp } from './shared-time.ts';
import { raw, sql } from './sql.ts';

export async function join(
  executor: SqlExecutor,
  shape: Shape,
  request: JoinRequest,
  now: number,
): Promise<JoinResult> {
  const { nodeId, instanceId, afterEpoch } = request;
  const operationId = `joined:${afterEpoch}:${instanceId}`;
  const row = sql`SELECT 1 FROM ringwatch_nodes WHERE node_id = ${nodeId}`;
  // A node that was pruned and comes back begins above every epoch that it may have had.
  const next = sql`COALESCE((SELECT epoch FROM ringwatch_nodes WHERE node_id = ${nodeId}),
    (SELECT value FROM ringwatch_state WHERE name = 'epoch_floor')) + 1`;
  const results = await executor.transact([
    // The event comes first: that it is new is the permission for all that follows.
    appendEvent({
      operationId,
      kind: 'joined',
      now,
      observerId: nodeId,
      targetId: nodeId,
      targetEpoch: next,
      detail: '{}',
      source: sql`WHERE EXISTS (${row} AND epoch = ${afterEpoch} AND instance_id IS NOT ${instanceId})
        OR (${afterEpoch} = 0 AND NOT EXISTS (${row}))`,
      isApplied: false,
    }),
    sql`INSERT INTO ringwatch_nodes (node_id, epoch, instance_id, port, is_named, has_handler, keeps_shared_row,
        lifecycle, maintenance_until_ms, heartbeat_count, last_beat_at_ms, refutation_count, started_after_event_id)
      SELECT ${nodeId}, ${next}, ${instanceId}, ${request.port}, ${request.isNamed}, ${request.hasHandler},
        ${request.address !== null}, 'alive', NULL, ${nextPlace}, ${now}, 0, ${sharedPosition}
      WHERE ${isNew(operationId)}
      ON CONFLICT (node_id) DO UPDATE SET epoch = excluded.epoch, instance_id = excluded.instance_id,
        port = excluded.port, is_named = excluded.is_named, has_handler = excluded.has_handler,
        keeps_shared_row = excluded.keeps_shared_row, lifecycle = 'alive',
        heartbeat_count = excluded.heartbeat_count, last_beat_at_ms = excluded.last_beat_at_ms, refutation_count = 0,
        started_after_event_id = excluded.started_after_event_id`,
    ...(request.address === null ? [] : [writeAddress(shape, request, request.address, operationId, now)]),
    ...closeVerdicts({
      resolution: 'superseded',
      observerId: nodeId,
      now,
      where: sql`v.node_id = ${nodeId} AND v.attempt_count = 0 AND ${isNew(operationId)}`,
    }),
    sql`UPDATE ringwatch_verdicts SET has_returned = 1
      WHERE node_id = ${nodeId} AND resolution IS NULL AND ${isNew(operationId)}`,
    markApplied(operationId),
    sql`SELECT epoch, instance_id FROM ringwatch_nodes WHERE node_id = ${nodeId}`,
  ]);
  const written = results.at(-1)?.rows[0];
  const epoch = typeof written?.['epoch'] === 'number' ? written['epoch'] : 0;
  return { outcome: written?.['instance_id'] === instanceId ? 'joined' : 'conflict', epoch };
}

/** Writes the node's shared row. An address that is there already stays: peers find the given one in `internal_ip`. */
function writeAddress(
  { nodeColumns }: Shape,
  request: JoinRequest,
  address: string,
  operationId: string,
  now: number,
): SqlStatement {
  const at = timestamp(now);
  const internal = request.internalAddress;
  const optional: Readonly<Record<string, string | null>> = {
    region: request.region,
    capabilities: null,
    metadata: null,
    created_at: at,
    updated_at: at,
  };
  const extra = Object.entries(optional).filter(([name]) => nodeColumns.has(name));
  const names = raw(extra.map(([name]) => `, ${name}`).join(''));
  const values = extra.reduce((list, [, value]) => sql`${list}, ${value}`, raw(''));
  const updates = raw(
    (nodeColumns.has('region') ? ', region = COALESCE(excluded.region, dns_nodes.region)' : '') +
      (nodeColumns.has('updated_at') ? ', updated_at = excluded.updated_at' : ''),
  );
  return sql`INSERT INTO dns_nodes (id, ip_address, internal_ip, status, last_seen${names})
    SELECT ${request.nodeId}, ${address}, ${internal}, ${statusNow(request.nodeId, now)}, ${at}${values}
    WHERE ${isNew(operationId)}
    ON CONFLICT (id) DO UPDATE SET
      internal_ip = COALESCE(excluded.internal_ip,
        CASE WHEN dns_nodes.ip_address = excluded.ip_address THEN NULL ELSE excluded.ip_address END),
      status = excluded.status, last_seen = excluded.last_seen${updates}`;
}

function statusNow(nodeId: string, now: number): SqlStatement {
  return sql`CASE WHEN EXISTS (SELECT 1 FROM ringwatch_nodes WHERE node_id = ${nodeId} AND maintenance_until_ms > ${now})
    THEN 'maintenance' ELSE 'active' END`;
}

/**
 * The place after all others in the order of everybody's heartbeats and joins. It is kept where nodes of 0.1.0 count
 * their own.
 */
const nextPlace = raw('(SELECT COALESCE(MAX(heartbeat_count), 0) + 1 FROM ringwatch_nodes)');

export async function heartbeat(
  executor: SqlExecutor,
  { nodeColumns }: Shape,
  { nodeId, epoch }: EpochRef,
  now: number,
): Promise<HeartbeatResult> {
  const at = timestamp(now);
  const [beat] = await executor.transact([
    sql`UPDATE ringwatch_nodes SET heartbeat_count = ${nextPlace}, last_beat_at_ms = ${now}
      WHERE ${livingEpoch(nodeId, epoch)}`,
    sql`UPDATE dns_nodes SET status = ${statusNow(nodeId, now)}, last_seen = ${at}
        ${nodeColumns.has('updated_at') ? sql`, updated_at = ${at}` : raw('')}
      WHERE id = ${nodeId} AND EXISTS (
        SELECT 1 FROM ringwatch_nodes WHERE ${livingEpoch(nodeId, epoch)} AND keeps_shared_row = 1)`,
  ]);
  return beat?.changes === 1 ? 'beating' : 'over';
}

/** The condition on `ringwatch_nodes` that this epoch has begun, is not over and has not left. */
export function livingEpoch(nodeId: string, epoch: number): SqlStatement {
  return sql`node_id = ${nodeId} AND epoch = ${epoch} AND instance_id IS NOT NULL AND lifecycle = 'alive'`;
}

export async function leave(executor: SqlExecutor, { nodeId, epoch }: EpochRef, now: number): Promise<void> {
  const operationId = `left:${epoch}:${nodeId}`;
  const guard = isNew(operationId);
  const row = sql`SELECT 1 FROM ringwatch_nodes WHERE node_id = ${nodeId}`;
  await executor.transact([
    appendEvent({
      operationId,
      kind: 'left',
      now,
      observerId: nodeId,
      targetId: nodeId,
      targetEpoch: epoch,
      detail: '{}',
      source: sql`WHERE EXISTS (${row} AND epoch = ${epoch} AND (instance_id IS NULL OR lifecycle = 'alive'))
        OR (${epoch} = 0 AND NOT EXISTS (${row}) AND EXISTS (SELECT 1 FROM dns_nodes WHERE id = ${nodeId}))`,
      isApplied: false,
    }),
    noteNode(nodeId, guard),
    // A node that runs the original says nothing itself: its life ends here, and its next heartbeat begins another.
    sql`UPDATE ringwatch_nodes SET lifecycle = 'left',
        epoch = CASE WHEN instance_id IS NULL THEN epoch + 1 ELSE epoch END,
        started_after_event_id = CASE WHEN instance_id IS NULL THEN ${sharedPosition} ELSE started_after_event_id END
      WHERE node_id = ${nodeId} AND ${guard}`,
    sql`UPDATE dns_nodes SET status = 'inactive' WHERE id = ${nodeId} AND ${guard}`,
    sql`DELETE FROM ringwatch_votes WHERE (target_id = ${nodeId} OR observer_id = ${nodeId}) AND ${guard}`,
    ...closeVerdicts({
      resolution: 'left',
      observerId: nodeId,
      now,
      where: sql`v.node_id = ${nodeId} AND v.attempt_count = 0 AND ${guard}`,
    }),
    markApplied(operationId),
  ]);
}

/** Makes a row of ours for a node that has none: one that runs the original and of which something must be noted. */
export function noteNode(nodeId: string, guard: SqlStatement): SqlStatement {
  return sql`INSERT INTO ringwatch_nodes (node_id, epoch, instance_id, port, is_named, has_handler, keeps_shared_row,
      lifecycle, maintenance_until_ms, heartbeat_count, last_beat_at_ms, refutation_count, started_after_event_id)
    SELECT ${nodeId}, 0, NULL, NULL, 0, 0, 0, 'alive', NULL, 0, 0, 0, 0 WHERE ${guard}
    ON CONFLICT (node_id) DO NOTHING`;
}

export async function setHandler(
  executor: SqlExecutor,
  { nodeId, epoch, hasHandler }: EpochRef & { readonly hasHandler: boolean },
): Promise<void> {
  await executor.transact([
    sql`UPDATE ringwatch_nodes SET has_handler = ${hasHandler} WHERE ${livingEpoch(nodeId, epoch)}`,
  ]);
}

export async function refute(executor: SqlExecutor, { nodeId, epoch }: EpochRef): Promise<void> {
  await executor.transact([
    sql`UPDATE ringwatch_nodes SET refutation_count = refutation_count + 1 WHERE ${livingEpoch(nodeId, epoch)}`,
  ]);
}

/** Guards against a clock that is none. */
export function checkedNow(now: number): number {
  if (!Number.isFinite(now) || now < 0) {
    throw new RegistryError(
      'invalid',
      `Expected the registry's clock in milliseconds since 1970, got ${now}.`,
    );
  }
  return Math.round(now);
}
