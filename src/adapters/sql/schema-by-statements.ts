/**
 * The third step of the schema: the ring stands in the rows by statements, heartbeats have one order, and there is one
 * log. Rows of the steps before are carried over. A node that was not seen within the membership window of then has left:
 * the day of the upgrade finds no old node dead. What observers had said is said again by them.
 */

import { sharedTables } from './schema-tables.ts';
import { sql } from './sql.ts';
import type { SqlStatement } from './statement.ts';

/** The membership window's default of the steps before. */
const windowMs = 900_000;

/** Lines of the shared log before these are history: the border imports the ones after. */
const importedLines = 1_000;

/** The statements of the step, at a moment of the registry's clock. */
export function byStatements(now: number): SqlStatement[] {
  return [
    ...['nodes', 'verdicts', 'events'].map((name) => ({
      sql: `ALTER TABLE ringwatch_${name} RENAME TO ringwatch_old_${name}`,
      values: [],
    })),
    sql`DROP TABLE ringwatch_votes`,
    ...['verdicts_open', 'events_observer', 'events_target', 'events_shared', 'dns_nodes_seen'].map(
      (name) => ({
        sql: `DROP INDEX IF EXISTS ringwatch_${name}`,
        values: [],
      }),
    ),
    ...tables,
    carryNodes(now),
    carryVerdicts,
    carryEvents,
    carryCluster,
    ...['old_nodes', 'old_verdicts', 'old_events', 'state'].map((name) => ({
      sql: `DROP TABLE ringwatch_${name}`,
      values: [],
    })),
  ];
}

const tables: readonly SqlStatement[] = [
  ...sharedTables({
    ...{ integer: 'INTEGER', text: 'TEXT', lineId: 'INTEGER PRIMARY KEY AUTOINCREMENT' },
    options: { nodes: 'STRICT, WITHOUT ROWID', keyed: 'STRICT, WITHOUT ROWID', others: 'STRICT' },
  }),
  sql`ALTER TABLE ringwatch_cluster ADD COLUMN beat INTEGER NOT NULL DEFAULT 0`,
  sql`CREATE TABLE ringwatch_guard (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    is_open INTEGER NOT NULL,
    CONSTRAINT ringwatch_moved CHECK (is_open = 1)
  ) STRICT`,
  sql`INSERT INTO ringwatch_guard (id, is_open) VALUES (1, 1)`,
];

/** Whether a verdict stands against the old row's epoch. */
const isDead = `EXISTS (SELECT 1 FROM ringwatch_old_verdicts v WHERE v.node_id = o.node_id AND v.epoch = o.epoch
  AND v.resolution IS NOT 'returned')`;

/** A node of the original is `away` until the border has looked at its row. */
function carryNodes(now: number): SqlStatement {
  return {
    sql: `INSERT INTO ringwatch_nodes SELECT o.node_id, o.epoch,
        CASE WHEN o.lifecycle = 'left' THEN 'left' WHEN ${isDead} THEN 'dead'
          WHEN o.instance_id IS NULL THEN 'away'
          WHEN o.last_beat_at_ms >= ? OR COALESCE(o.maintenance_until_ms, 0) > ? THEN 'alive' ELSE 'left' END,
        o.instance_id,
        COALESCE(NULLIF(CAST(d.internal_ip AS TEXT), ''), NULLIF(CAST(d.ip_address AS TEXT), ''), ''),
        o.port, NULL, o.is_named, o.has_handler, o.keeps_shared_row,
        COALESCE(o.maintenance_until_ms, 0), 0, o.heartbeat_count, o.last_beat_at_ms, o.refutation_count,
        COALESCE((SELECT v.decision_count FROM ringwatch_old_verdicts v
          WHERE v.node_id = o.node_id AND v.epoch = o.epoch), 0),
        1, COALESCE(CAST(d.status AS TEXT), ''), NULL, o.started_after_event_id
      FROM ringwatch_old_nodes o LEFT JOIN dns_nodes d ON d.id = o.node_id`,
    values: [now - windowMs, now],
  };
}

const carryVerdicts = sql`INSERT INTO ringwatch_verdicts SELECT node_id, epoch, decided_at_ms, decision_count, quorum,
    votes, resolution, COALESCE(resolved_at_ms, 0), owner_id, claim_id, fence,
    MAX(lease_until_ms, next_attempt_at_ms), held_since_ms, attempt_count,
    MAX(has_returned, EXISTS (SELECT 1 FROM ringwatch_old_nodes n WHERE n.node_id = v.node_id AND n.epoch > v.epoch)),
    last_error
  FROM ringwatch_old_verdicts v`;

/** An event has one name everywhere since. A detail that is no JSON is carried over as it is. */
const carryEvents = sql`INSERT INTO ringwatch_events (id, kind, at, observer_id, target_id, target_epoch, detail, fence)
  SELECT id,
    CASE kind WHEN 'claimed' THEN 'recovery-started' WHEN 'completed' THEN 'recovery-ended'
      WHEN 'failed' THEN 'recovery-ended' WHEN 'closed' THEN 'verdict-closed'
      WHEN 'brake-on' THEN 'brake' WHEN 'brake-off' THEN 'brake' ELSE kind END,
    at_ms, observer_id, target_id, target_epoch,
    CASE WHEN NOT json_valid(detail) THEN detail
      WHEN kind IN ('completed', 'failed') THEN json_set(detail, '$.outcome', kind)
      WHEN kind IN ('brake-on', 'brake-off') THEN json_set(detail, '$.isOn', json(IIF(kind = 'brake-on', 'true', 'false')))
      ELSE detail END,
    NULL
  FROM ringwatch_old_events ORDER BY id`;

const carryCluster = sql`INSERT INTO ringwatch_cluster (id, fence, beat, epoch_floor, pruned_at, imported_at, imported_id) SELECT 1,
    COALESCE((SELECT value FROM ringwatch_state WHERE name = 'fence'), 0),
    COALESCE((SELECT MAX(heartbeat_count) FROM ringwatch_old_nodes), 0),
    COALESCE((SELECT value FROM ringwatch_state WHERE name = 'epoch_floor'), 0),
    COALESCE((SELECT value FROM ringwatch_state WHERE name = 'pruned_at_ms'), 0),
    0, MAX(0, COALESCE((SELECT MAX(id) FROM node_health_events), 0) - ${importedLines})`;
