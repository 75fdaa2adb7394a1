/** The joins of the rows that a query may read, over tables in memory. */
import type { Rows, TableName } from '../../ports/rows.ts';
import type { Tables } from './query.ts';
import type { PlainRow } from './table.ts';

/** Whose rows a join reads, and what it adds to one. */
interface Join {
  readonly table: TableName;
  readonly of: (row: PlainRow, tables: Tables) => PlainRow;
}

const nodeOf = (tables: Tables, id: unknown): PlainRow | undefined => tables.nodes.get(String(id));

/** By the name of the join. */
export const joins: Readonly<Partial<Record<keyof Rows, Join>>> = {
  accusations: {
    table: 'votes',
    of: (row, tables) => {
      const observer = nodeOf(tables, row['observerId']);
      return {
        ...row,
        currentEpoch: observer?.['epoch'] ?? null,
        observerLifecycle: observer?.['lifecycle'] ?? null,
      };
    },
  },
  recoveries: {
    table: 'verdicts',
    of: (row, tables) => {
      const node = nodeOf(tables, row['nodeId']);
      return { ...row, nodeEpoch: node?.['epoch'] ?? null, nodeLifecycle: node?.['lifecycle'] ?? null };
    },
  },
  listed: {
    table: 'sharedNodes',
    of: (row, tables) => {
      const node = nodeOf(tables, row['id']);
      return {
        ...row,
        nodeId: node?.['nodeId'] ?? null,
        instanceId: node?.['instanceId'] ?? null,
        keepsShared: node?.['keepsShared'] ?? null,
      };
    },
  },
  foreignEvents: {
    table: 'sharedEvents',
    of: (row, tables) => ({
      ...row,
      observerInstanceId: nodeOf(tables, row['observerId'])?.['instanceId'] ?? null,
    }),
  },
};
