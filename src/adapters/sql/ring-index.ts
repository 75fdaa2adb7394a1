/**
 * The indexes that a round finds the ring by, and a heartbeat its place in the order of everybody's. They mean nothing,
 * so they have no number among the migrations: every `migrate()` makes what is missing, older versions go on beside
 * them, and the owner of `dns_nodes` may drop ours or rebuild its table. Without them rounds and heartbeats are right, and
 * slow where many rows are of nodes that are gone.
 */
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { raw, sql } from './sql.ts';

/** How fine the indexes tell times apart. Coarse, so that an hour is a long run of ids in order. */
export const hourMs = 3_600_000;

/** The hour of the last heartbeat of a node of ours, or of the end of its maintenance. `of` is empty or an alias with its dot. */
export function signHour(of = ''): SqlStatement {
  return raw(`MAX(${of}last_beat_at_ms, COALESCE(${of}maintenance_until_ms, 0)) / ${hourMs}`);
}

/** Whether a row of `ringwatch_nodes` may be on the ring. */
export function isSigned(of = ''): SqlStatement {
  return raw(`${of}lifecycle = 'alive'`);
}

/** Whether a row of `ringwatch_nodes` may be of a node that is owed a look: nothing was heard of it since its maintenance. */
export function isOwed(of = ''): SqlStatement {
  return sql`${isSigned(of)} AND ${raw(of)}maintenance_until_ms > ${raw(of)}last_beat_at_ms`;
}

/** The id of such a node, as no other index has it: by `node_id` itself SQLite may read the whole table instead. */
export function owedId(of = ''): SqlStatement {
  return raw(`(${of}node_id || '')`);
}

/** The hour when a vote was last affirmed. Observers go on affirming those that no verdict has settled. */
export function voteHour(of = ''): SqlStatement {
  return raw(`${of}affirmed_at_ms / ${hourMs}`);
}

/** Whether a standing statement is a vote. */
export function isVote(of = ''): SqlStatement {
  return raw(`${of}status = 'dead'`);
}

/** The hour when a node was last seen by `dns_nodes`, as text that sorts by time: the front of every form that is read. */
export function seenHour(of = ''): SqlStatement {
  return raw(`substr(CAST(${of}last_seen AS TEXT), 1, 13)`);
}

/** Whether a row of `dns_nodes` may be on the ring when no heartbeat of ours speaks for it. */
export function isSeen(of = ''): SqlStatement {
  return raw(`CAST(${of}status AS TEXT) IN ('active', 'maintenance')`);
}

const indexes = new Map([
  [
    'ringwatch_nodes_sign',
    sql`CREATE INDEX IF NOT EXISTS ringwatch_nodes_sign ON ringwatch_nodes (${signHour()}, node_id) WHERE ${isSigned()}`,
  ],
  [
    'ringwatch_nodes_order',
    sql`CREATE INDEX IF NOT EXISTS ringwatch_nodes_order ON ringwatch_nodes (heartbeat_count)`,
  ],
  [
    'ringwatch_nodes_owed',
    sql`CREATE INDEX IF NOT EXISTS ringwatch_nodes_owed ON ringwatch_nodes (${owedId()}) WHERE ${isOwed()}`,
  ],
  [
    'ringwatch_votes_affirmed',
    sql`CREATE INDEX IF NOT EXISTS ringwatch_votes_affirmed ON ringwatch_votes (${voteHour()}, target_id) WHERE ${isVote()}`,
  ],
  [
    'ringwatch_dns_nodes_seen',
    sql`CREATE INDEX IF NOT EXISTS ringwatch_dns_nodes_seen ON dns_nodes (${seenHour()}, id) WHERE ${isSeen()}`,
  ],
]);

/** Makes the indexes that are missing; not on a `dns_nodes` that is a view or a virtual table, which can have none. */
export async function makeRingIndexes(executor: SqlExecutor): Promise<void> {
  const [found] = await executor.read(
    [
      sql`SELECT name FROM sqlite_master WHERE type = 'index'
        UNION ALL SELECT 'ringwatch_dns_nodes_seen' FROM sqlite_master
        WHERE name = 'dns_nodes' AND NOT (type = 'table' AND rootpage > 0)`,
    ],
    'leader',
  );
  const names = new Set(found?.rows.map((row) => row['name']));
  const missing = [...indexes].filter(([name]) => !names.has(name));
  if (missing.length > 0) await executor.transact(missing.map(([, statement]) => statement));
}
