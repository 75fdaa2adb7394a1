/**
 * Deletes what is old, by one node at a time. Never what is open: an open verdict, its node, and what was said of it.
 * Rows of nodes that run the original are chosen by a reading statement and deleted by their ids, since their times
 * differ between the replicas of rqlite.
 */
import type { PruneRequest, PruneResult } from '../../ports/registry.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { livingEpoch } from './membership.ts';
import { numberOrNull, standingVerdict } from './node-row.ts';
import { secondsOf, wholeSeconds } from './shared-time.ts';
import { raw, sql } from './sql.ts';

/** Rows of one kind that one call deletes at most. */
const rowLimit = 10_000;

export async function prune(executor: SqlExecutor, request: PruneRequest, now: number): Promise<PruneResult> {
  const [turn] = await executor.transact([takeTurn(request, now)]);
  if (turn?.changes !== 1) return { isMine: false, eventCount: 0, verdictCount: 0, nodeCount: 0 };
  const since = await departedBefore(executor, request, now);
  const departed = await idsOf(executor, departedNodes(request, since));
  const originals = await idsOf(executor, oldOriginals(request, now));
  const gone = sql`SELECT value FROM json_each(${departed})`;
  const isStillGone = sql`node_id IN (${gone}) AND (instance_id IS NULL OR ${isDeparted(request, since)})`;
  const oldEvents = sql`SELECT id FROM ringwatch_events WHERE ${isOldEvent(request, now)} ORDER BY id LIMIT ${rowLimit}`;
  const results = await executor.transact([
    sql`UPDATE ringwatch_state SET value = MAX(value, COALESCE(
        (SELECT MAX(epoch) FROM ringwatch_nodes WHERE ${isStillGone}), 0)) WHERE name = 'epoch_floor'`,
    sql`DELETE FROM dns_nodes WHERE id IN (
        SELECT node_id FROM ringwatch_nodes WHERE ${isStillGone} AND keeps_shared_row = 1)`,
    sql`DELETE FROM ringwatch_votes
      WHERE target_id IN (SELECT node_id FROM ringwatch_nodes WHERE ${isStillGone})
        OR observer_id IN (SELECT node_id FROM ringwatch_nodes WHERE ${isStillGone})`,
    sql`DELETE FROM ringwatch_nodes WHERE ${isStillGone}`,
    oldVerdicts(request, now),
    // Shared rows go with the events that refer to them, or they would look like rows of the original's nodes.
    sql`DELETE FROM node_health_events WHERE id IN (
        SELECT shared_event_id FROM ringwatch_events WHERE id IN (${oldEvents}))`,
    sql`DELETE FROM ringwatch_events WHERE id IN (${oldEvents})`,
    sql`DELETE FROM node_health_events WHERE id IN (SELECT value FROM json_each(${originals}))`,
  ]);
  const count = (index: number): number => results[index]?.changes ?? 0;
  return { isMine: true, nodeCount: count(3), verdictCount: count(4), eventCount: count(6) + count(7) };
}

/** One node wins the turn; a time in the future is one that a clock wrote which has been put back since. */
function takeTurn({ nodeId, epoch, everyMs }: PruneRequest, now: number): SqlStatement {
  return sql`UPDATE ringwatch_state SET value = ${now} WHERE name = 'pruned_at_ms'
    AND (value <= ${now - Math.round(everyMs)} OR value > ${now})
    AND EXISTS (SELECT 1 FROM ringwatch_nodes WHERE ${livingEpoch(nodeId, epoch)})`;
}

async function idsOf(executor: SqlExecutor, statement: SqlStatement): Promise<string> {
  const [result] = await executor.read([statement], 'leader');
  return JSON.stringify(result?.rows.map((row) => row['id']) ?? []);
}

/** Departed nodes go that were last seen before this: by age, and beyond so many. */
async function departedBefore(executor: SqlExecutor, request: PruneRequest, now: number): Promise<number> {
  const all = isDeparted(request, Number.MAX_SAFE_INTEGER);
  const [result] = await executor.read(
    [
      sql`SELECT last_beat_at_ms AS id FROM ringwatch_nodes WHERE ${all}
        ORDER BY last_beat_at_ms DESC LIMIT 1 OFFSET ${Math.max(0, request.maxEventCount - 1)}`,
    ],
    'leader',
  );
  return Math.max(now - request.departedAfterMs, numberOrNull(result?.rows[0]?.['id']) ?? 0);
}

/** A node of ours that left or died, was not seen since, and has nothing open. */
function isDeparted({ nodeId }: PruneRequest, since: number): SqlStatement {
  return sql`(node_id <> ${nodeId} AND instance_id IS NOT NULL AND last_beat_at_ms < ${since}
    AND (lifecycle = 'left' OR ${standingVerdict('ringwatch_nodes.node_id', 'ringwatch_nodes.epoch')})
    AND NOT EXISTS (SELECT 1 FROM ringwatch_verdicts v
      WHERE v.node_id = ringwatch_nodes.node_id AND v.resolution IS NULL))`;
}

/** A row that somebody else keeps is not ours to delete, and without ours it would look like a new node. */
function departedNodes(request: PruneRequest, since: number): SqlStatement {
  const isShared = raw('EXISTS (SELECT 1 FROM dns_nodes d WHERE d.id = ringwatch_nodes.node_id)');
  return sql`SELECT node_id AS id FROM ringwatch_nodes
    WHERE (${isDeparted(request, since)} AND (keeps_shared_row = 1 OR NOT ${isShared}))
      OR (node_id <> ${request.nodeId} AND instance_id IS NULL AND NOT ${isShared}
        AND NOT EXISTS (SELECT 1 FROM ringwatch_verdicts v WHERE v.node_id = ringwatch_nodes.node_id))
    LIMIT ${rowLimit}`;
}

/** The verdict of a node's present life stays: without it the same death could be found again. */
function oldVerdicts({ maxAgeMs, maxEventCount }: PruneRequest, now: number): SqlStatement {
  return sql`DELETE FROM ringwatch_verdicts WHERE resolution IS NOT NULL
    AND resolved_at_ms < MAX(${now - maxAgeMs}, COALESCE((SELECT r.resolved_at_ms FROM ringwatch_verdicts r
      WHERE r.resolution IS NOT NULL ORDER BY r.resolved_at_ms DESC LIMIT 1 OFFSET ${Math.max(0, maxEventCount - 1)}), 0))
    AND epoch <> COALESCE((SELECT n.epoch FROM ringwatch_nodes n WHERE n.node_id = ringwatch_verdicts.node_id),
      CASE WHEN EXISTS (SELECT 1 FROM dns_nodes d WHERE d.id = ringwatch_verdicts.node_id) THEN 0 ELSE -1 END)`;
}

const isOpen = 'EXISTS (SELECT 1 FROM ringwatch_verdicts v WHERE v.resolution IS NULL AND v.node_id =';

function isOldEvent({ maxAgeMs, maxEventCount }: PruneRequest, now: number): SqlStatement {
  return sql`(at_ms < ${now - maxAgeMs} OR id <= COALESCE(
      (SELECT id FROM ringwatch_events ORDER BY id DESC LIMIT 1 OFFSET ${maxEventCount}), 0))
    AND (target_id IS NULL OR NOT ${raw(isOpen)} ringwatch_events.target_id))`;
}

/**
 * Rows of the shared log that no event of ours refers to. What is old ends where the first newer row is: a row never
 * outlives one of the same observer that took it back.
 */
function oldOriginals({ maxAgeMs, maxEventCount }: PruneRequest, now: number): SqlStatement {
  const isUnreferenced = raw('NOT EXISTS (SELECT 1 FROM ringwatch_events o WHERE o.shared_event_id = h.id)');
  const firstNew = sql`SELECT id FROM node_health_events
    WHERE ${secondsOf('created_at')} >= ${wholeSeconds(now - maxAgeMs)} ORDER BY id LIMIT 1`;
  const lastBeyond = sql`SELECT h.id FROM node_health_events h WHERE ${isUnreferenced}
    ORDER BY h.id DESC LIMIT 1 OFFSET ${maxEventCount}`;
  return sql`SELECT h.id AS id FROM node_health_events h
    WHERE ${isUnreferenced} AND (h.id < COALESCE((${firstNew}), ${Number.MAX_SAFE_INTEGER})
      OR h.id <= COALESCE((${lastBeyond}), 0))
    AND NOT ${raw(isOpen)} h.target_id) ORDER BY h.id LIMIT ${rowLimit}`;
}
