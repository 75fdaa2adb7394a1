/**
 * The tables. `dns_nodes` and `node_health_events` are shared with the original and created as its owner creates
 * them; where they exist they are used as they are. The others are Ringwatch's own.
 */

import { byStatements } from './schema-by-statements.ts';
import { deathColumns } from './schema-deaths.ts';
import { nameColumns } from './schema-names.ts';
import { ownerColumns } from './schema-owners.ts';
import { sql } from './sql.ts';
import type { SqlStatement } from './statement.ts';

/** One step of the schema; steps are never changed once they are released. */
export interface Migration {
  /** From 1 up, in order. */
  readonly number: number;
  readonly name: string;
  /** At a moment of the registry's clock, milliseconds since 1970. */
  readonly statements: (now: number) => readonly SqlStatement[];
}

/** Where the schema's steps are noted. */
export const migrationsTable = sql`
  CREATE TABLE IF NOT EXISTS ringwatch_migrations (
    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL
  ) STRICT`;

/** What is created only where the shared tables do not exist: an installation has indexes of its own. */
export const sharedTables = {
  dns_nodes: [
    sql`CREATE TABLE IF NOT EXISTS dns_nodes (
      id TEXT PRIMARY KEY, ip_address TEXT NOT NULL, internal_ip TEXT, region TEXT,
      status TEXT NOT NULL DEFAULT 'active', last_seen TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
      capabilities TEXT, metadata TEXT, created_at TIMESTAMP, updated_at TIMESTAMP)`,
    sql`CREATE INDEX IF NOT EXISTS idx_dns_nodes_status ON dns_nodes (status)`,
    sql`CREATE INDEX IF NOT EXISTS idx_dns_nodes_last_seen ON dns_nodes (last_seen)`,
  ],
  node_health_events: [
    sql`CREATE TABLE IF NOT EXISTS node_health_events (
      id INTEGER PRIMARY KEY AUTOINCREMENT, observer_id TEXT NOT NULL, target_id TEXT NOT NULL,
      status TEXT NOT NULL, created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
    sql`CREATE INDEX IF NOT EXISTS idx_node_health_events_target ON node_health_events (target_id, status)`,
    sql`CREATE INDEX IF NOT EXISTS idx_node_health_events_created ON node_health_events (created_at)`,
  ],
} as const;

/** In order. */
export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'nodes, votes, verdicts, events',
    statements: () => [
      sql`CREATE TABLE IF NOT EXISTS ringwatch_nodes (
        node_id TEXT NOT NULL PRIMARY KEY,
        epoch INTEGER NOT NULL,
        instance_id TEXT,
        port INTEGER,
        is_named INTEGER NOT NULL,
        has_handler INTEGER NOT NULL,
        keeps_shared_row INTEGER NOT NULL,
        lifecycle TEXT NOT NULL CHECK (lifecycle IN ('alive', 'left')),
        maintenance_until_ms INTEGER,
        heartbeat_count INTEGER NOT NULL,
        last_beat_at_ms INTEGER NOT NULL,
        refutation_count INTEGER NOT NULL,
        started_after_event_id INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      sql`CREATE TABLE IF NOT EXISTS ringwatch_votes (
        target_id TEXT NOT NULL,
        observer_id TEXT NOT NULL,
        target_epoch INTEGER NOT NULL,
        observer_epoch INTEGER NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('suspect', 'dead')),
        evidence TEXT,
        said_at_ms INTEGER NOT NULL,
        affirmed_at_ms INTEGER NOT NULL,
        shared_event_id INTEGER NOT NULL,
        PRIMARY KEY (target_id, observer_id)
      ) STRICT, WITHOUT ROWID`,
      sql`CREATE INDEX IF NOT EXISTS ringwatch_votes_observer ON ringwatch_votes (observer_id)`,
      sql`CREATE TABLE IF NOT EXISTS ringwatch_verdicts (
        node_id TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        decided_at_ms INTEGER NOT NULL,
        decision_count INTEGER NOT NULL,
        quorum INTEGER NOT NULL,
        votes TEXT NOT NULL,
        resolution TEXT CHECK (resolution IN ('completed', 'returned', 'superseded', 'left', 'dismissed')),
        resolved_at_ms INTEGER,
        owner_id TEXT,
        owner_epoch INTEGER,
        claim_id TEXT,
        fence INTEGER NOT NULL,
        lease_until_ms INTEGER NOT NULL,
        attempt_count INTEGER NOT NULL,
        next_attempt_at_ms INTEGER NOT NULL,
        has_returned INTEGER NOT NULL,
        returned_after_event_id INTEGER NOT NULL,
        last_error TEXT,
        PRIMARY KEY (node_id, epoch)
      ) STRICT, WITHOUT ROWID`,
      sql`CREATE INDEX IF NOT EXISTS ringwatch_verdicts_open
        ON ringwatch_verdicts (decided_at_ms) WHERE resolution IS NULL`,
      sql`CREATE TABLE IF NOT EXISTS ringwatch_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        operation_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        observer_id TEXT NOT NULL,
        target_id TEXT,
        target_epoch INTEGER,
        detail TEXT NOT NULL,
        shared_event_id INTEGER,
        shared_position INTEGER NOT NULL,
        is_applied INTEGER NOT NULL
      ) STRICT`,
      sql`CREATE INDEX IF NOT EXISTS ringwatch_events_observer ON ringwatch_events (observer_id)`,
      sql`CREATE INDEX IF NOT EXISTS ringwatch_events_target ON ringwatch_events (target_id)`,
      sql`CREATE INDEX IF NOT EXISTS ringwatch_events_shared
        ON ringwatch_events (shared_event_id) WHERE shared_event_id IS NOT NULL`,
      sql`CREATE TABLE IF NOT EXISTS ringwatch_state (
        name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
      sql`INSERT INTO ringwatch_state (name, value)
        VALUES ('fence', 0), ('epoch_floor', 0), ('pruned_at_ms', 0)
        ON CONFLICT (name) DO NOTHING`,
    ],
  },
  {
    number: 2,
    name: 'when a lease or a backoff began',
    statements: () => [
      sql`ALTER TABLE ringwatch_verdicts ADD COLUMN held_since_ms INTEGER NOT NULL DEFAULT 0`,
    ],
  },
  {
    number: 3,
    name: 'the ring by statements, one order of heartbeats, one log',
    statements: byStatements,
  },
  {
    number: 4,
    name: 'the order of heartbeats stands in their rows',
    statements: () => [
      sql`CREATE INDEX ringwatch_nodes_beats ON ringwatch_nodes (beat_order)`,
      // A version that still counted here would give lower places than the rows have.
      sql`ALTER TABLE ringwatch_cluster DROP COLUMN beat`,
    ],
  },
  {
    number: 5,
    name: 'what weighs on the brake, and obituaries',
    statements: () => deathColumns({ integer: 'INTEGER', text: 'TEXT' }),
  },
  { number: 6, name: 'when a lease ends with its owner', statements: () => ownerColumns('INTEGER') },
  {
    number: 7,
    name: 'the name of the cluster, digests of settings, aborted attempts',
    statements: () => nameColumns({ integer: 'INTEGER', text: 'TEXT' }),
  },
];
