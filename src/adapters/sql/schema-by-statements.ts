/**
 * The third step of the schema: the ring stands in the rows by statements, heartbeats have one order, and there is one
 * log. Rows of the steps before are carried over. A node that was not seen within the membership window of then has left:
 * the day of the upgrade finds no old node dead. What observers had said is said again by them.
 */

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
  sql`CREATE TABLE ringwatch_nodes (
    node_id TEXT NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL,
    lifecycle TEXT NOT NULL CHECK (lifecycle IN ('alive', 'dead', 'left', 'away')),
    instance_id TEXT,
    address TEXT NOT NULL,
    port INTEGER,
    region TEXT,
    is_named INTEGER NOT NULL,
    has_handler INTEGER NOT NULL,
    keeps_shared INTEGER NOT NULL,
    maintenance_until INTEGER NOT NULL,
    is_maintenance_theirs INTEGER NOT NULL,
    beat_order INTEGER NOT NULL,
    last_beat_at INTEGER NOT NULL,
    refutation_count INTEGER NOT NULL,
    decision_count INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    status TEXT NOT NULL,
    seen TEXT,
    joined_after INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE INDEX ringwatch_nodes_ring ON ringwatch_nodes (lifecycle, node_id)`,
  sql`CREATE TABLE ringwatch_votes (
    target_id TEXT NOT NULL,
    observer_id TEXT NOT NULL,
    target_epoch INTEGER NOT NULL,
    observer_epoch INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('suspect', 'dead')),
    evidence TEXT,
    said_at INTEGER NOT NULL,
    affirmed_at INTEGER NOT NULL,
    PRIMARY KEY (target_id, observer_id)
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE INDEX ringwatch_votes_by_observer ON ringwatch_votes (observer_id)`,
  sql`CREATE TABLE ringwatch_verdicts (
    node_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    decision_count INTEGER NOT NULL,
    quorum INTEGER NOT NULL,
    votes TEXT NOT NULL,
    resolution TEXT CHECK (resolution IN ('completed', 'returned', 'superseded', 'left', 'dismissed')),
    resolved_at INTEGER NOT NULL,
    owner_id TEXT,
    claim_id TEXT,
    fence INTEGER NOT NULL,
    held_until INTEGER NOT NULL,
    held_since INTEGER NOT NULL,
    attempt_count INTEGER NOT NULL,
    has_returned INTEGER NOT NULL,
    last_error TEXT,
    PRIMARY KEY (node_id, epoch)
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE INDEX ringwatch_verdicts_open ON ringwatch_verdicts (held_until, decided_at, node_id)
    WHERE resolution IS NULL`,
  sql`CREATE INDEX ringwatch_verdicts_resolved ON ringwatch_verdicts (resolved_at) WHERE resolution IS NOT NULL`,
  sql`CREATE TABLE ringwatch_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    observer_id TEXT NOT NULL,
    target_id TEXT,
    target_epoch INTEGER,
    detail TEXT NOT NULL,
    fence INTEGER
  ) STRICT`,
  sql`CREATE INDEX ringwatch_events_by_observer ON ringwatch_events (observer_id)`,
  sql`CREATE INDEX ringwatch_events_by_target ON ringwatch_events (target_id)`,
  sql`CREATE TABLE ringwatch_operations (
    operation_id TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  sql`CREATE TABLE ringwatch_cluster (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    fence INTEGER NOT NULL,
    beat INTEGER NOT NULL,
    epoch_floor INTEGER NOT NULL,
    pruned_at INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    imported_id INTEGER NOT NULL
  ) STRICT`,
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

const carryCluster = sql`INSERT INTO ringwatch_cluster SELECT 1,
    COALESCE((SELECT value FROM ringwatch_state WHERE name = 'fence'), 0),
    COALESCE((SELECT MAX(heartbeat_count) FROM ringwatch_old_nodes), 0),
    COALESCE((SELECT value FROM ringwatch_state WHERE name = 'epoch_floor'), 0),
    COALESCE((SELECT value FROM ringwatch_state WHERE name = 'pruned_at_ms'), 0),
    0, MAX(0, COALESCE((SELECT MAX(id) FROM node_health_events), 0) - ${importedLines})`;
