/**
 * The next nodes on the ring, found without a look at those that are gone: rows of nodes that left, died or fell silent
 * stay in the tables, in the shared one for ever. Both tables are read by the hour of a node's last sign, and within an
 * hour in the order of ids, through the indexes of `ring-index.ts`. Nodes that are owed a look since their maintenance,
 * however long ago, have an index of their own, and so have the accused. What is looked at beyond the nodes that are given is what has fallen off
 * the ring within about an hour and the membership window, what has died in a maintenance, and votes of such an hour.
 */
import type { RoundRequest } from '../../ports/registry.ts';
import type { SqlStatement } from './executor.ts';
import {
  joinedNodes,
  listedCondition,
  nodeColumns,
  sharedMaintenanceMs,
  standingVerdict,
} from './node-row.ts';
import {
  hourMs,
  isOwed,
  isSeen,
  isSigned,
  isVote,
  owedId,
  seenHour,
  signHour,
  voteHour,
} from './ring-index.ts';
import { timestamp } from './shared-time.ts';
import { raw, sql } from './sql.ts';

/** Different hours that are looked into at most: the longest membership window has 720, a mad clock any number. */
const hourLimit = 1_000;

/** After every text. */
const end = raw("x'ffffffffffffffff'");

/**
 * Rows of `nodeColumns` and `lap`: 0 ahead to the end of the ids, 1 from their start. Nodes of ours come first; those
 * that the shared table speaks for are looked for as far as the last of ours. A node that both tables give is one.
 */
export function successorsOf(request: RoundRequest, now: number): SqlStatement {
  const { nodeId, lookAhead, membershipWindowMs } = request;
  const isEligible = sql`${listedCondition(now, membershipWindowMs)}
    AND NOT ${standingVerdict('d.id', 'COALESCE(n.epoch, 0)')}`;
  const signedSince = sql`${Math.floor((now - membershipWindowMs) / hourMs)}`;
  const seenSince = sql`${timestamp(now - membershipWindowMs - sharedMaintenanceMs).slice(0, 13)}`;
  return sql`WITH RECURSIVE
    our_hours(hour) AS (${hoursOf('ringwatch_nodes', isSigned(), signHour(), signedSince, 'our_hours')}),
    their_hours(hour) AS (${hoursOf('dns_nodes', isSeen(), seenHour(), seenSince, 'their_hours')}),
    vote_hours(hour) AS (${hoursOf('ringwatch_votes', isVote(), voteHour(), signedSince, 'vote_hours')}),
    laps(lap, after, before) AS (VALUES (0, ${nodeId}, ${end}), (1, '', ${nodeId})),
    ours(lap, id) AS MATERIALIZED (
      SELECT l.lap AS lap, o.node_id AS id FROM laps l CROSS JOIN our_hours h CROSS JOIN ringwatch_nodes o
      ON o.node_id IN (
        SELECT n.node_id FROM ringwatch_nodes n CROSS JOIN dns_nodes d ON d.id = n.node_id
        WHERE ${isSigned('n.')} AND ${signHour('n.')} = h.hour AND n.node_id > l.after AND n.node_id < l.before
          AND ${isEligible}
        ORDER BY n.node_id LIMIT ${lookAhead})
      ORDER BY lap, id LIMIT ${lookAhead}),
    their_laps(lap, after, before) AS (
      SELECT l.lap, l.after, CASE WHEN l.lap = last.lap THEN last.id WHEN l.lap > last.lap THEN l.after ELSE l.before END
      FROM laps l LEFT JOIN (SELECT lap, id FROM ours ORDER BY lap, id LIMIT 1 OFFSET ${lookAhead - 1}) last ON 1),
    theirs(lap, id) AS (
      SELECT l.lap AS lap, t.id AS id FROM their_laps l CROSS JOIN their_hours h CROSS JOIN dns_nodes t
      ON t.id IN (
        SELECT d.id FROM ${joinedNodes}
        WHERE ${isSeen('d.')} AND ${seenHour('d.')} = h.hour AND d.id > l.after AND d.id < l.before
          AND ${isEligible}
        ORDER BY d.id LIMIT ${lookAhead})),
    owed(lap, id) AS (
      SELECT l.lap AS lap, o.node_id AS id FROM laps l CROSS JOIN ringwatch_nodes o
      ON o.node_id IN (
        SELECT n.node_id FROM ringwatch_nodes n CROSS JOIN dns_nodes d ON d.id = n.node_id
        WHERE ${isOwed('n.')} AND ${owedId('n.')} > l.after AND ${owedId('n.')} < l.before AND ${isEligible}
        ORDER BY ${owedId('n.')} LIMIT ${lookAhead})),
    accused(lap, id) AS (
      SELECT l.lap AS lap, o.node_id AS id FROM laps l CROSS JOIN vote_hours h CROSS JOIN ringwatch_nodes o
      ON o.node_id IN (
        SELECT a.target_id FROM ringwatch_votes a CROSS JOIN ringwatch_nodes n ON n.node_id = a.target_id
          CROSS JOIN dns_nodes d ON d.id = a.target_id
        WHERE ${isVote('a.')} AND ${voteHour('a.')} = h.hour AND a.target_id > l.after AND a.target_id < l.before
          AND ${isEligible}
        GROUP BY a.target_id ORDER BY a.target_id LIMIT ${lookAhead}))
    SELECT p.lap AS lap, ${nodeColumns}
    FROM (SELECT lap, id FROM ours UNION SELECT lap, id FROM theirs UNION SELECT lap, id FROM owed
      UNION SELECT lap, id FROM accused ORDER BY lap, id LIMIT ${lookAhead}) p
    CROSS JOIN dns_nodes d ON d.id = p.id LEFT JOIN ringwatch_nodes n ON n.node_id = d.id`;
}

/** The different hours of a table's rows, in order: each is one step into the index, however many rows it has. */
function hoursOf(
  table: string,
  isIndexed: SqlStatement,
  hour: SqlStatement,
  since: SqlStatement,
  hours: string,
): SqlStatement {
  const next = (from: SqlStatement): SqlStatement =>
    sql`(SELECT ${hour} FROM ${raw(table)} WHERE ${isIndexed} AND ${hour} ${from} ORDER BY ${hour} LIMIT 1)`;
  return sql`SELECT ${next(sql`>= ${since}`)}
    UNION ALL SELECT ${next(raw('> h.hour'))} FROM ${raw(hours)} h WHERE h.hour IS NOT NULL LIMIT ${hourLimit}`;
}
