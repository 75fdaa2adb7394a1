/** Votes of observers that nobody lists: they count for nothing, and somebody should be told why. */
import type { DecideRequest } from '../../ports/registry.ts';
import type { SqlRow, SqlStatement } from './executor.ts';
import { textOf } from './node-row.ts';
import type { Problems } from './problems.ts';
import { secondsOf, wholeSeconds } from './shared-time.ts';
import { raw, sql } from './sql.ts';

/** How far back in the shared log is looked for them, in rows about one node. */
const depth = 64;

/**
 * Rows of `table_name` and `observer_id`, for reading only. What a node of ours said before it was forgotten is not
 * among them: an event of ours refers to it.
 */
export function strangersVotes({ targetId, quorumWindowMs }: DecideRequest, now: number): SqlStatement {
  const isListed = raw('EXISTS (SELECT 1 FROM dns_nodes d WHERE d.id = s.observer_id)');
  const isKnown = raw('EXISTS (SELECT 1 FROM ringwatch_nodes o WHERE o.node_id = s.observer_id)');
  return sql`SELECT 'ringwatch_votes' AS table_name, s.observer_id AS observer_id FROM ringwatch_votes s
      WHERE s.target_id = ${targetId} AND s.status = 'dead' AND NOT ${isKnown}
    UNION SELECT 'node_health_events' AS table_name, s.observer_id AS observer_id
      FROM (SELECT id, observer_id, ${secondsOf('created_at')} AS at_s FROM node_health_events
        WHERE target_id = ${targetId} AND status = 'dead' ORDER BY id DESC LIMIT ${depth}) s
      WHERE s.at_s >= ${wholeSeconds(now - quorumWindowMs)} AND NOT ${isListed} AND NOT ${isKnown}
        AND NOT EXISTS (SELECT 1 FROM ringwatch_events e WHERE e.shared_event_id = s.id)`;
}

/** Tells of each once. */
export function reportStrangers(rows: readonly SqlRow[], targetId: string, problems: Problems): void {
  for (const row of rows) {
    const observerId = JSON.stringify(textOf(row['observer_id']));
    const word = `found ${observerId}, which says that ${JSON.stringify(targetId)} is dead`;
    const table = textOf(row['table_name']);
    problems.report(table, targetId, `expected an observer that is listed, ${word}`);
  }
}
