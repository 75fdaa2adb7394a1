/** The names of tables and columns in SQL, and the joins that are read. */
import { columnsOf } from '../../ports/columns.ts';
import type { Rows } from '../../ports/rows.ts';

/** A table or a join: where its rows come from, and the expression of each column. */
export interface Source {
  readonly from: string;
  readonly columns: ReadonlyMap<string, string>;
}

/** The SQL name of a column: words parted by underscores. */
export function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The SQL name of each table that is written. */
export const tableNames = {
  nodes: 'ringwatch_nodes',
  votes: 'ringwatch_votes',
  verdicts: 'ringwatch_verdicts',
  events: 'ringwatch_events',
  operations: 'ringwatch_operations',
  cluster: 'ringwatch_cluster',
  sharedNodes: 'dns_nodes',
  sharedEvents: 'node_health_events',
} as const;

/** Columns of `dns_nodes` that an installation may lack: then nothing is read from them and nothing written. */
export const optionalColumns: ReadonlySet<string> = new Set(['region', 'createdAt', 'updatedAt']);

type SourceName = keyof Rows;
type Overrides = Readonly<Record<string, string>>;

/** Columns of a foreign table may be of any type, and rqlite rewrites those that are declared as times. */
const sharedNode: Overrides = {
  ipAddress: 'CAST(t.ip_address AS TEXT)',
  internalIp: 'CAST(t.internal_ip AS TEXT)',
  status: 'CAST(t.status AS TEXT)',
  lastSeen: 'CAST(t.last_seen AS TEXT)',
  createdAt: 'CAST(t.created_at AS TEXT)',
  updatedAt: 'CAST(t.updated_at AS TEXT)',
};
const sharedEvent: Overrides = { createdAt: 'CAST(t.created_at AS TEXT)', status: 'CAST(t.status AS TEXT)' };

const joins: Readonly<Record<SourceName, { readonly from: string; readonly overrides?: Overrides }>> = {
  nodes: { from: 'ringwatch_nodes t' },
  votes: { from: 'ringwatch_votes t' },
  verdicts: { from: 'ringwatch_verdicts t' },
  events: { from: 'ringwatch_events t' },
  operations: { from: 'ringwatch_operations t' },
  cluster: { from: 'ringwatch_cluster t' },
  sharedNodes: { from: 'dns_nodes t', overrides: sharedNode },
  sharedEvents: { from: 'node_health_events t', overrides: sharedEvent },
  accusations: {
    from: 'ringwatch_votes t LEFT JOIN ringwatch_nodes n ON n.node_id = t.observer_id',
    overrides: {
      currentEpoch: 'n.epoch',
      observerLifecycle: 'n.lifecycle',
      observerBeatAt: 'n.last_beat_at',
      observerBeatOrder: 'n.beat_order',
    },
  },
  // By statistics a join would be turned around, and read every node.
  recoveries: {
    from: 'ringwatch_verdicts t',
    overrides: { nodeEpoch: ofNode('epoch'), nodeLifecycle: ofNode('lifecycle') },
  },
  listed: {
    from: 'dns_nodes t LEFT JOIN ringwatch_nodes n ON n.node_id = t.id',
    overrides: {
      ...sharedNode,
      nodeId: 'n.node_id',
      instanceId: 'n.instance_id',
      keepsShared: 'n.keeps_shared',
    },
  },
  foreignEvents: {
    from: 'node_health_events t LEFT JOIN ringwatch_nodes n ON n.node_id = t.observer_id',
    overrides: { ...sharedEvent, observerInstanceId: 'n.instance_id' },
  },
};

/** The table or join by its name, as this database has it: what `missing` names reads as null. */
export function sourceOf(name: SourceName, missing: ReadonlySet<string>): Source {
  const { from, overrides = {} } = joins[name];
  const isShared = from.startsWith('dns_nodes');
  const columns = new Map<string, string>();
  for (const column of Object.keys(columnsOf[name])) {
    const isMissing = isShared && missing.has(column);
    columns.set(column, isMissing ? 'NULL' : (overrides[column] ?? `t.${columnName(column)}`));
  }
  return { from, columns };
}

function ofNode(column: string): string {
  return `(SELECT n.${column} FROM ringwatch_nodes n WHERE n.node_id = t.node_id)`;
}
