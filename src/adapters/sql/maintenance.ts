/** Putting a node into maintenance and taking it out again. */
import { appendEvent } from './events.ts';
import type { SqlExecutor } from './executor.ts';
import { noteNode } from './membership.ts';
import { maintenanceEnd } from './node-row.ts';
import type { Problems } from './problems.ts';
import { readNodeRow } from './reading.ts';
import { timestamp } from './shared-time.ts';
import { raw, sql } from './sql.ts';

/** A change of the end by less than this is the same maintenance, asked for again. */
const sameMaintenanceMs = 60_000;

/** False when no such node is known. */
export async function setMaintenance(
  executor: SqlExecutor,
  { nodeId, durationMs }: { readonly nodeId: string; readonly durationMs: number },
  now: number,
  problems: Problems,
): Promise<boolean> {
  const row = await readNodeRow(executor, nodeId, problems);
  if (row === null) return false;
  const until = durationMs > 0 ? now + Math.round(durationMs) : null;
  const isOurs = row.own?.maintenanceUntil != null && row.own.maintenanceUntil > now;
  const isTheirs = !isOurs && maintenanceEnd(row, now) !== null;
  // Our own end is compared as it is when the transaction runs: a call that is repeated finds its own.
  const isSame =
    until === null
      ? sql`(NOT COALESCE(maintenance_until_ms > ${now}, 0) AND NOT ${isTheirs})`
      : sql`(maintenance_until_ms > ${now} AND abs(maintenance_until_ms - ${until}) < ${sameMaintenanceMs})`;
  await executor.transact([
    noteNode(nodeId, raw('1')),
    appendEvent({
      operationId: `maintenance:${now}:${until ?? 0}:${nodeId}`,
      kind: 'maintenance',
      now,
      observerId: nodeId,
      targetId: nodeId,
      targetEpoch: raw('epoch'),
      detail: JSON.stringify({ durationMs }),
      source: sql`FROM ringwatch_nodes WHERE node_id = ${nodeId} AND NOT COALESCE(${isSame}, 0)`,
    }),
    // When it has ended is kept: from then on the node is owed a look, however old its heartbeat is by now.
    until === null
      ? sql`UPDATE ringwatch_nodes SET maintenance_until_ms = ${now} WHERE node_id = ${nodeId}
          AND (${isTheirs} OR maintenance_until_ms > ${now})`
      : sql`UPDATE ringwatch_nodes SET maintenance_until_ms = ${until} WHERE node_id = ${nodeId}`,
    // A clock that was set back: seen later than this, it would be in a maintenance of the shared table's own afterwards.
    sql`UPDATE dns_nodes SET last_seen = ${timestamp(now)} WHERE id = ${nodeId} AND EXISTS (
      SELECT 1 FROM ringwatch_nodes WHERE node_id = ${nodeId} AND keeps_shared_row = 1 AND last_beat_at_ms > ${now})`,
    until === null
      ? sql`UPDATE dns_nodes SET status = 'active' WHERE id = ${nodeId} AND status = 'maintenance'`
      : sql`UPDATE dns_nodes SET status = 'maintenance' WHERE id = ${nodeId} AND status IN ('active', 'inactive')`,
  ]);
  return true;
}
