/** What observers say, and what follows from it at once: one transaction for all entries, each applied once. */
import type { Entry, StatementEntry } from '../../ports/registry.ts';
import { closeVerdicts } from './closing.ts';
import { appendEvent, isNew, jsonOf, markApplied, sharedPosition } from './events.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { timestamp } from './shared-time.ts';
import { raw, sql } from './sql.ts';
import { epochOf } from './statements.ts';

export async function record(executor: SqlExecutor, entries: readonly Entry[], now: number): Promise<void> {
  if (entries.length === 0) return;
  await executor.transact(entries.flatMap((entry) => entryStatements(entry, now)));
}

function entryStatements(entry: Entry, now: number): SqlStatement[] {
  const { operationId, observerId, targetId, targetEpoch } = entry;
  const written = {
    operationId,
    kind: entry.kind,
    now,
    observerId,
    targetId,
    targetEpoch,
    source: raw('WHERE 1'),
  };
  if (!isStatement(entry)) return [appendEvent({ ...written, detail: jsonOf(entry.detail) })];
  const consequences = entry.kind === 'recovered' ? takeBack(entry, now) : [put(entry, entry.kind, now)];
  return [
    appendEvent({
      ...written,
      detail: jsonOf(entry.evidence === null ? null : { ...entry.evidence }),
      isApplied: false,
    }),
    sql`INSERT INTO node_health_events (observer_id, target_id, status, created_at)
      SELECT ${observerId}, ${targetId}, ${entry.kind}, ${timestamp(now)} WHERE ${isNew(operationId)}`,
    ...consequences,
    markApplied(operationId, 'sharedEvent'),
  ];
}

function isStatement(entry: Entry): entry is StatementEntry {
  return entry.kind === 'suspect' || entry.kind === 'dead' || entry.kind === 'recovered';
}

function put(entry: StatementEntry, status: 'suspect' | 'dead', now: number): SqlStatement {
  const { operationId, observerId, observerEpoch, targetId, targetEpoch } = entry;
  const evidence = entry.evidence === null ? null : jsonOf({ ...entry.evidence });
  // What waited in an earlier life's queue must not cover what the present life says.
  return sql`INSERT INTO ringwatch_votes (target_id, observer_id, target_epoch, observer_epoch, status, evidence,
      said_at_ms, affirmed_at_ms, shared_event_id)
    SELECT ${targetId}, ${observerId}, ${targetEpoch}, ${observerEpoch}, ${status}, ${evidence}, ${now}, ${now},
      ${sharedPosition}
    WHERE ${isNew(operationId)}
    ON CONFLICT (target_id, observer_id) DO UPDATE SET
      said_at_ms = CASE WHEN ringwatch_votes.status = excluded.status
        AND ringwatch_votes.observer_epoch = excluded.observer_epoch
        AND ringwatch_votes.target_epoch = excluded.target_epoch
        THEN ringwatch_votes.said_at_ms ELSE excluded.said_at_ms END,
      target_epoch = excluded.target_epoch, observer_epoch = excluded.observer_epoch, status = excluded.status,
      evidence = excluded.evidence, affirmed_at_ms = excluded.affirmed_at_ms,
      shared_event_id = excluded.shared_event_id
    WHERE ringwatch_votes.observer_epoch <= excluded.observer_epoch`;
}

function takeBack(entry: StatementEntry, now: number): SqlStatement[] {
  const { operationId, observerId, observerEpoch, targetId, targetEpoch, knownDecision = 0 } = entry;
  const guard = isNew(operationId);
  // What was said before the verdict was known, and waited in a queue since, does not answer it.
  const isAnswered = sql`v.node_id = ${targetId} AND v.epoch = ${targetEpoch} AND v.decision_count <= ${knownDecision}`;
  return [
    sql`DELETE FROM ringwatch_votes WHERE target_id = ${targetId} AND observer_id = ${observerId}
      AND observer_epoch <= ${observerEpoch} AND ${guard}`,
    ...closeVerdicts({
      resolution: 'returned',
      observerId,
      now,
      where: sql`${isAnswered} AND v.attempt_count = 0 AND ${guard}`,
    }),
    sql`UPDATE ringwatch_verdicts AS v SET has_returned = 1
      WHERE ${isAnswered} AND v.resolution IS NULL AND ${guard}`,
    // A node that runs the original does not begin epochs itself: its return from a verdict begins the next one.
    sql`INSERT INTO ringwatch_nodes (node_id, epoch, instance_id, port, is_named, has_handler, keeps_shared_row,
        lifecycle, maintenance_until_ms, heartbeat_count, last_beat_at_ms, refutation_count, started_after_event_id)
      SELECT ${targetId}, ${targetEpoch + 1}, NULL, NULL, 0, 0, 0, 'alive', NULL, 0, 0, 0, ${sharedPosition}
      WHERE ${guard} AND ${epochOf(sql`${targetId}`)} = ${targetEpoch}
        AND EXISTS (SELECT 1 FROM ringwatch_verdicts v WHERE ${isAnswered})
      ON CONFLICT (node_id) DO UPDATE SET epoch = excluded.epoch, lifecycle = 'alive', refutation_count = 0,
        started_after_event_id = excluded.started_after_event_id
      WHERE ringwatch_nodes.instance_id IS NULL`,
  ];
}
