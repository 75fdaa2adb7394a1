/** The tables as every SQL database makes them first. Later steps of its schema add the columns that are not here. */
import type { ColumnTypes } from './schema-deaths.ts';
import { raw, sql } from './sql.ts';
import type { SqlStatement } from './statement.ts';

/** What differs between databases. */
export interface TableTypes extends ColumnTypes {
  /** The column that numbers the lines of the log in the order in which they are written. */
  readonly lineId: string;
  /** What stands at the end of a table: of the nodes, of the others whose rows are found by their keys, of all others. */
  readonly options: { readonly nodes: string; readonly keyed: string; readonly others: string };
}

/** Makes them, without a row. */
export function sharedTables(types: TableTypes): readonly SqlStatement[] {
  const [integer, text, lineId] = [raw(types.integer), raw(types.text), raw(types.lineId)];
  const options = {
    nodes: raw(types.options.nodes),
    keyed: raw(types.options.keyed),
    others: raw(types.options.others),
  };
  return [
    sql`CREATE TABLE ringwatch_nodes (
      node_id ${text} NOT NULL PRIMARY KEY,
      epoch ${integer} NOT NULL,
      lifecycle ${text} NOT NULL CHECK (lifecycle IN ('alive', 'dead', 'left', 'away')),
      instance_id ${text},
      address ${text} NOT NULL,
      port INTEGER,
      region ${text},
      is_named INTEGER NOT NULL,
      has_handler INTEGER NOT NULL,
      keeps_shared INTEGER NOT NULL,
      maintenance_until ${integer} NOT NULL,
      is_maintenance_theirs INTEGER NOT NULL,
      beat_order ${integer} NOT NULL,
      last_beat_at ${integer} NOT NULL,
      refutation_count ${integer} NOT NULL,
      decision_count ${integer} NOT NULL,
      rev ${integer} NOT NULL,
      status ${text} NOT NULL,
      seen ${text},
      joined_after ${integer} NOT NULL
    ) ${options.nodes}`,
    sql`CREATE INDEX ringwatch_nodes_ring ON ringwatch_nodes (lifecycle, node_id)`,
    sql`CREATE TABLE ringwatch_votes (
      target_id ${text} NOT NULL,
      observer_id ${text} NOT NULL,
      target_epoch ${integer} NOT NULL,
      observer_epoch ${integer} NOT NULL,
      status ${text} NOT NULL CHECK (status IN ('suspect', 'dead')),
      evidence TEXT,
      said_at ${integer} NOT NULL,
      affirmed_at ${integer} NOT NULL,
      PRIMARY KEY (target_id, observer_id)
    ) ${options.keyed}`,
    sql`CREATE INDEX ringwatch_votes_by_observer ON ringwatch_votes (observer_id)`,
    sql`CREATE TABLE ringwatch_verdicts (
      node_id ${text} NOT NULL,
      epoch ${integer} NOT NULL,
      decided_at ${integer} NOT NULL,
      decision_count ${integer} NOT NULL,
      quorum ${integer} NOT NULL,
      votes TEXT NOT NULL,
      resolution ${text} CHECK (resolution IN ('completed', 'returned', 'superseded', 'left', 'dismissed')),
      resolved_at ${integer} NOT NULL,
      owner_id ${text},
      claim_id ${text},
      fence ${integer} NOT NULL,
      held_until ${integer} NOT NULL,
      held_since ${integer} NOT NULL,
      attempt_count ${integer} NOT NULL,
      has_returned INTEGER NOT NULL,
      last_error TEXT,
      PRIMARY KEY (node_id, epoch)
    ) ${options.keyed}`,
    sql`CREATE INDEX ringwatch_verdicts_open ON ringwatch_verdicts (held_until, decided_at, node_id)
      WHERE resolution IS NULL`,
    sql`CREATE INDEX ringwatch_verdicts_resolved ON ringwatch_verdicts (resolved_at) WHERE resolution IS NOT NULL`,
    sql`CREATE TABLE ringwatch_events (
      id ${lineId},
      kind ${text} NOT NULL,
      at ${integer} NOT NULL,
      observer_id ${text} NOT NULL,
      target_id ${text},
      target_epoch ${integer},
      detail TEXT NOT NULL,
      fence ${integer}
    ) ${options.others}`,
    sql`CREATE INDEX ringwatch_events_by_observer ON ringwatch_events (observer_id)`,
    sql`CREATE INDEX ringwatch_events_by_target ON ringwatch_events (target_id)`,
    sql`CREATE TABLE ringwatch_operations (
      operation_id ${text} NOT NULL CONSTRAINT ringwatch_operations_pkey PRIMARY KEY, at ${integer} NOT NULL
    ) ${options.keyed}`,
    sql`CREATE TABLE ringwatch_cluster (
      id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
      fence ${integer} NOT NULL,
      epoch_floor ${integer} NOT NULL,
      pruned_at ${integer} NOT NULL,
      imported_at ${integer} NOT NULL,
      imported_id ${integer} NOT NULL
    ) ${options.others}`,
  ];
}
