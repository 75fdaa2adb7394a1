/** The joins that a query may read: each adds columns of a node's row, null where there is none. */
import type { Rows, TableName } from './rows.ts';

/** Whose rows a join reads, which column names the node, and what each added column is called in the node's row. */
export interface Join {
  readonly table: TableName;
  readonly nodeId: string;
  readonly added: Readonly<Record<string, string>>;
}

/** By the name of the join. */
export const joins: Readonly<Partial<Record<keyof Rows, Join>>> = {
  accusations: {
    table: 'votes',
    nodeId: 'observerId',
    added: {
      currentEpoch: 'epoch',
      observerLifecycle: 'lifecycle',
      observerBeatAt: 'lastBeatAt',
      observerBeatOrder: 'beatOrder',
    },
  },
  recoveries: {
    table: 'verdicts',
    nodeId: 'nodeId',
    added: { nodeEpoch: 'epoch', nodeLifecycle: 'lifecycle' },
  },
  listed: {
    table: 'sharedNodes',
    nodeId: 'id',
    added: { nodeId: 'nodeId', instanceId: 'instanceId', keepsShared: 'keepsShared' },
  },
  foreignEvents: {
    table: 'sharedEvents',
    nodeId: 'observerId',
    added: { observerInstanceId: 'instanceId' },
  },
};
