/** Who votes and who could: the counts that a verdict hangs on, as expressions over the tables. */
import type { Presence } from '../../core/reading.ts';
import type { DecideRequest } from '../../ports/registry.ts';
import type { SqlStatement } from './executor.ts';
import {
  awayCondition,
  heartbeatOf,
  isSpeaking,
  joinedNodes,
  presentCondition,
  seenCondition,
  standingVerdict,
} from './node-row.ts';
import { raw, sql } from './sql.ts';
import { epochOf, laterWord, originalStatements } from './statements.ts';

/** What was read before the decision and is bound to it. */
export interface Ballot {
  readonly now: number;
  /** A target that runs the original was taken out of the ring. */
  readonly isTargetLeft: boolean;
  readonly isTargetMaintained: boolean;
  /** JSON: ids of rows of the shared log that are votes of nodes that run the original. */
  readonly originalVotes: string;
  /** JSON: nodes that run the original and were seen within the membership window. */
  readonly originalMembers: string;
  /** JSON: those seen longer ago that may be there all the same, by what the observer has watched. */
  readonly olderOriginals: string;
  /** JSON: nodes of ours that the shared table takes out of the ring. */
  readonly awayMembers: string;
}

/** After a return only what was said since then can make the verdict again. */
function returnedAfter({ targetId, targetEpoch }: DecideRequest): SqlStatement {
  return sql`COALESCE((SELECT r.returned_after_event_id FROM ringwatch_verdicts r
    WHERE r.node_id = ${targetId} AND r.epoch = ${targetEpoch}), 0)`;
}

/** Valid votes of nodes with epochs: `observer_id`, `observer_epoch`, `evidence`. */
export function ownVotes(request: DecideRequest, now: number): SqlStatement {
  const { targetId, targetEpoch, quorumWindowMs } = request;
  return sql`SELECT v.observer_id AS observer_id, v.observer_epoch AS observer_epoch, v.evidence AS evidence
    FROM ringwatch_votes v JOIN ringwatch_nodes o ON o.node_id = v.observer_id
    WHERE v.target_id = ${targetId} AND v.target_epoch = ${targetEpoch} AND v.status = 'dead'
      AND v.affirmed_at_ms >= ${now - quorumWindowMs} AND v.shared_event_id > ${returnedAfter(request)}
      AND ${isSpeaking}`;
}

/** Valid votes of nodes that run the original, as the leader shows them: `id`, `observer_id`. For reading statements only. */
export function originalVotesNow(request: DecideRequest, now: number): SqlStatement {
  const { targetId, quorumWindowMs } = request;
  return sql`SELECT id, observer_id FROM (${originalStatements(targetId, now - quorumWindowMs, ['dead'])})
    WHERE id > ${returnedAfter(request)}`;
}

/** The bound votes of nodes that run the original, as far as they still hold. */
function originalVotes(request: DecideRequest, ids: string): SqlStatement {
  const { targetId } = request;
  return sql`SELECT DISTINCT e.observer_id AS observer_id, 0 AS observer_epoch, NULL AS evidence
    FROM node_health_events e LEFT JOIN ringwatch_nodes o ON o.node_id = e.observer_id
    WHERE e.id IN (SELECT value FROM json_each(${ids})) AND e.target_id = ${targetId} AND e.status = 'dead'
      AND e.id > ${returnedAfter(request)}
      AND e.id > COALESCE((SELECT started_after_event_id FROM ringwatch_nodes WHERE node_id = ${targetId}), 0)
      AND o.instance_id IS NULL AND NOT ${laterWord('e', targetId)}
      AND NOT ${standingVerdict('e.observer_id', 'COALESCE(o.epoch, 0)')}`;
}

/** Since when whoever is there was heard of. The observer knows; the window may reach further back. */
function presenceIn({ presence, membershipWindowMs }: DecideRequest, now: number): Presence {
  const since = Math.min(presence?.since ?? 0, now - membershipWindowMs);
  return { since, sinceOrder: presence?.sinceOrder ?? 0 };
}

/** Nodes seen or heard of since then that are not confirmed dead: `id`, `has_handler`. `originals` are ids, as `value`. Stands inside of `boundMembers`. */
function members({ since, sinceOrder }: Presence, originals: SqlStatement): SqlStatement {
  return sql`SELECT n.node_id AS id, n.has_handler AS has_handler FROM ringwatch_nodes n
      WHERE n.instance_id IS NOT NULL AND n.lifecycle = 'alive'
        AND (n.last_beat_at_ms >= ${since} OR n.heartbeat_count > ${sinceOrder})
        AND n.node_id NOT IN (SELECT value FROM json_each(away_members))
        AND NOT ${standingVerdict('n.node_id', 'n.epoch')}
    UNION ALL SELECT j.value AS id, 0 AS has_handler FROM (${originals}) j
      WHERE NOT EXISTS (SELECT 1 FROM ringwatch_nodes x WHERE x.node_id = j.value AND x.instance_id IS NOT NULL)
        AND NOT ${standingVerdict('j.value', epochOf(raw('j.value')).sql)}`;
}

/** One row with the lists of a ballot, so that a statement holds each of them once: they may be as long as the cluster. */
function boundMembers({ originalMembers, olderOriginals, awayMembers }: Ballot): SqlStatement {
  return sql`(SELECT ${originalMembers} AS original_members, ${olderOriginals} AS older_originals,
    ${awayMembers} AS away_members LIMIT 1)`;
}

/** Ids of the nodes that the observer found silent and that have not been heard of since. */
function silentIds({ silentNodes }: DecideRequest): SqlStatement {
  const nodeId = "json_extract(s.value, '$.nodeId')";
  return sql`SELECT ${raw(nodeId)} FROM json_each(${JSON.stringify(silentNodes)}) s
    WHERE json_extract(s.value, '$.heartbeat') = ${heartbeatOf(nodeId)}`;
}

/** One row with everything that a verdict hangs on, counted in the same instant. */
export function factsOf(request: DecideRequest, ballot: Ballot): SqlStatement {
  const { targetId, minQuorum, isQuorumStrict } = request;
  const { now } = ballot;
  const votes = sql`${ownVotes(request, now)} UNION ALL ${originalVotes(request, ballot.originalVotes)}`;
  const originals = raw('SELECT value FROM json_each(original_members)');
  const listed = members(
    { since: now - request.membershipWindowMs, sinceOrder: Number.MAX_SAFE_INTEGER },
    originals,
  );
  const present = members(
    presenceIn(request, now),
    sql`${originals} UNION ALL SELECT value FROM json_each(older_originals)`,
  );
  const target = sql`FROM ringwatch_nodes WHERE node_id = ${targetId}`;
  const unresolved = sql`ringwatch_verdicts WHERE resolution IS NULL AND (
        decided_at_ms > ${now - request.brakeWindowMs} OR is_handled)`;
  // The limits keep each part from being counted again wherever it is named.
  const counted = sql`SELECT
      (SELECT COUNT(*) FROM (${votes})) AS vote_count,
      (SELECT json_group_array(json_object('observerId', observer_id, 'observerEpoch', observer_epoch,
          'evidence', CASE WHEN json_valid(evidence) THEN json(evidence) END))
        FROM (SELECT * FROM (${votes}) ORDER BY observer_id)) AS votes,
      (SELECT COUNT(*) FROM (${present}) WHERE id <> ${targetId} AND id NOT IN (${silentIds(request)})
        AND id NOT IN (SELECT observer_id FROM (${votes}))) AS idle_count,
      (SELECT COUNT(*) FROM (SELECT id FROM (${listed}) UNION SELECT node_id FROM ${unresolved})) AS member_count,
      (SELECT COUNT(*) FROM ${unresolved}) AS unresolved_count,
      COALESCE((SELECT epoch ${target}), 0) AS epoch,
      EXISTS (SELECT 1 ${target} AND lifecycle = 'left' AND (instance_id IS NOT NULL OR ${ballot.isTargetLeft})) AS is_left,
      (${ballot.isTargetMaintained} OR EXISTS (SELECT 1 ${target} AND maintenance_until_ms > ${now})) AS is_maintained,
      COALESCE((SELECT refutation_count ${target}), 0) AS refutation_count
    FROM (SELECT *, EXISTS (SELECT 1 FROM (${present}) WHERE has_handler = 1) AS is_handled
      FROM ${boundMembers(ballot)} LIMIT 1) LIMIT 1`;
  const needed = isQuorumStrict ? sql`${minQuorum}` : sql`MAX(1, MIN(${minQuorum}, vote_count + idle_count))`;
  return sql`SELECT *, ${needed} AS needed,
      MAX(1, CAST(${request.maxDeadFraction} * member_count + 1e-9 AS INTEGER)) AS brake_limit
    FROM (${counted}) LIMIT 1`;
}

/** One row for each possible voter that has not voted, no more than a quorum could need: tells whether the quorum is the full one without counting the cluster. */
export function idleVoters(request: DecideRequest, now: number): SqlStatement {
  const { targetId, minQuorum, isQuorumStrict } = request;
  return sql`SELECT 1 AS voter FROM ${joinedNodes}
    WHERE d.id <> ${targetId} AND d.id NOT IN (${silentIds(request)})
      AND d.id NOT IN (SELECT observer_id FROM (${ownVotes(request, now)}))
      AND d.id NOT IN (SELECT observer_id FROM (${originalVotesNow(request, now)}))
      AND ${presentCondition(presenceIn(request, now), now)} AND NOT ${standingVerdict('d.id', 'COALESCE(n.epoch, 0)')}
    LIMIT ${isQuorumStrict ? 0 : minQuorum}`;
}

/** What the shared table alone knows of who is in the ring: `kind` is `member`, `older` (seen longer ago) or `away`. */
export function sharedMembers(request: DecideRequest, now: number): SqlStatement {
  const isMember = seenCondition(now - request.membershipWindowMs, now);
  return sql`SELECT d.id AS id, CASE WHEN ${isMember} THEN 'member' ELSE 'older' END AS kind FROM ${joinedNodes}
      WHERE n.instance_id IS NULL AND d.id IS NOT NULL AND ${presentCondition(presenceIn(request, now), now)}
    UNION ALL SELECT n.node_id AS id, 'away' AS kind
      FROM ringwatch_nodes n LEFT JOIN dns_nodes d ON d.id = n.node_id
      WHERE n.instance_id IS NOT NULL AND n.lifecycle = 'alive' AND ${awayCondition(now)}`;
}
