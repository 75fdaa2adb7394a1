/** The names of tables and columns in SQL, and the joins that are read. */
import { columnsOf } from '../../ports/columns.ts';
import { joins } from '../../ports/joins.ts';
import type { Rows, TableName } from '../../ports/rows.ts';

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

/** Columns of a foreign table may be of any type, and rqlite rewrites those that are declared as times. */
const readAsText: Readonly<Partial<Record<TableName, ReadonlySet<string>>>> = {
  sharedNodes: new Set(['ipAddress', 'internalIp', 'status', 'lastSeen', 'createdAt', 'updatedAt']),
  sharedEvents: new Set(['createdAt', 'status']),
};

/** The table that rows come from; of a join, the one that nodes are joined to. */
export function tableOf(name: keyof Rows): TableName {
  return joins[name]?.table ?? (name as TableName);
}

/** The table or join by its name, as this database has it: what `missing` names reads as null. */
export function sourceOf(name: keyof Rows, missing: ReadonlySet<string>): Source {
  const join = joins[name];
  const table = tableOf(name);
  const isItsNode = join === undefined ? '' : `n.node_id = t.${columnName(join.nodeId)}`;
  // By statistics this join would be turned around, and read every node.
  const isTurnable = name === 'recoveries';
  const from = `${tableNames[table]} t`;
  const columns = new Map<string, string>();
  for (const column of Object.keys(columnsOf[name])) columns.set(column, expressionOf(column));
  const isJoined = join !== undefined && !isTurnable;
  return { from: isJoined ? `${from} LEFT JOIN ringwatch_nodes n ON ${isItsNode}` : from, columns };

  function expressionOf(column: string): string {
    const added = join?.added[column];
    if (added !== undefined) {
      const ofNode = `n.${columnName(added)}`;
      return isTurnable ? `(SELECT ${ofNode} FROM ringwatch_nodes n WHERE ${isItsNode})` : ofNode;
    }
    if (table === 'sharedNodes' && missing.has(column)) return 'NULL';
    const own = `t.${columnName(column)}`;
    return readAsText[table]?.has(column) === true ? `CAST(${own} AS TEXT)` : own;
  }
}
