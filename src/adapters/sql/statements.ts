/** Who says what of a node: our own standing statements, and the shared log's rows of nodes that run the original. */
import type { SqlStatement } from './executor.ts';
import { standingVerdict } from './node-row.ts';
import { secondsOf, wholeSeconds } from './shared-time.ts';
import { raw, sql } from './sql.ts';

/** How far back in the shared log one question looks, in rows about one node with one status. */
const depth = 64;

/** The present epoch of a node as an expression. */
export function epochOf(nodeId: SqlStatement): SqlStatement {
  return sql`COALESCE((SELECT epoch FROM ringwatch_nodes WHERE node_id = ${nodeId}), 0)`;
}

/**
 * The newest words of nodes that run the original about a node's present life, since `since`: rows of
 * `id`, `observer_id`, `status`, `at_s`. For reading statements only, since their times differ between replicas.
 */
export function originalStatements(
  targetId: string,
  since: number,
  statuses: readonly ('dead' | 'suspect')[],
): SqlStatement {
  const words = statuses
    .map(
      (status) => sql`SELECT * FROM (
        SELECT id, observer_id, status, ${secondsOf('created_at')} AS at_s FROM node_health_events
        WHERE target_id = ${targetId} AND status = ${status} AND id > COALESCE(
          (SELECT started_after_event_id FROM ringwatch_nodes WHERE node_id = ${targetId}), 0)
        ORDER BY id DESC LIMIT ${depth})`,
    )
    .reduce((all, one) => sql`${all} UNION ALL ${one}`);
  return sql`SELECT e.id AS id, e.observer_id AS observer_id, e.status AS status, e.at_s AS at_s
    FROM (${words}) e LEFT JOIN ringwatch_nodes o ON o.node_id = e.observer_id
    WHERE o.instance_id IS NULL AND e.observer_id <> ${targetId} AND e.at_s >= ${wholeSeconds(since)}
      AND EXISTS (SELECT 1 FROM dns_nodes d WHERE d.id = e.observer_id)
      AND NOT ${laterWord('e', targetId)}
      AND NOT ${standingVerdict('e.observer_id', 'COALESCE(o.epoch, 0)')}`;
}

/** Whether the observer of a row of the shared log has said something of the target since. */
export function laterWord(alias: string, targetId: string): SqlStatement {
  const row = raw(alias);
  return sql`EXISTS (SELECT 1 FROM node_health_events l WHERE l.target_id = ${targetId}
    AND l.status IN ('suspect', 'dead', 'recovered') AND l.id > ${row}.id AND l.observer_id = ${row}.observer_id)`;
}
