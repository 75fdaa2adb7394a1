/** A node's row: how it is found, and what it means at a moment of the registry's clock. */
import type { Lifecycle, NodeRecord } from '../core/node.ts';
import type { AccusationRow, NodeRow } from '../ports/rows.ts';
import { type Changes, type Guard, Plus, Taken, type Write } from '../ports/store.ts';
import { select } from './rule.ts';

/** The rows of these nodes. */
export const nodesById = select('nodes', [['nodeId', 'in']]);

/** One node's row. */
export const nodeById = select('nodes', [['nodeId', '=']]);

/** Whether the node begins its epochs itself; false for one that runs the original. */
export function isOurs({ instanceId }: Pick<NodeRow, 'instanceId'>): boolean {
  return instanceId !== null;
}

/** Whether the node is in maintenance now. A death and a leave come before it. */
export function isInMaintenance({ maintenanceUntil }: NodeRow, now: number): boolean {
  return maintenanceUntil > now;
}

/** What observers are to make of the node now. */
function lifecycleOf(row: NodeRow, now: number): Lifecycle {
  if (row.lifecycle === 'dead') return 'dead';
  if (row.lifecycle === 'left') return 'left';
  if (isInMaintenance(row, now)) return 'maintenance';
  return row.lifecycle === 'away' ? 'away' : 'alive';
}

const records = new WeakMap<NodeRow, NodeRecord>();

/** The row as observers read it: the same object for the same row, so that they see at a glance that nothing has changed. */
export function recordOf(row: NodeRow, now: number): NodeRecord {
  const lifecycle = lifecycleOf(row, now);
  const known = records.get(row);
  if (known !== undefined && known.lifecycle === lifecycle) return known;
  const {
    nodeId: id,
    address,
    port,
    epoch,
    decisionCount,
    beatOrder,
    refutationCount,
    obituary,
    isNamed,
  } = row;
  const counts = { decisionCount, beatOrder, refutationCount };
  const record = { id, address, port, epoch, lifecycle, ...counts, obituary, isNamed };
  records.set(row, record);
  return record;
}

/**
 * Lifecycles in which a node may act: its votes count, it is a possible voter, and its handler may run. Another program's
 * status takes a node off the ring, and no vote from it.
 */
export const actingLifecycles: readonly string[] = ['alive', 'away'];

/** Whether the observer may still act in the epoch in which it said this, and of this epoch of the target. */
export function isValid(vote: AccusationRow, target: NodeRow): boolean {
  const { currentEpoch, observerEpoch, observerLifecycle } = vote;
  const isActing = currentEpoch === observerEpoch && actingLifecycles.includes(observerLifecycle ?? '');
  return isActing && vote.targetEpoch === target.epoch && vote.observerId !== target.nodeId;
}

/** Changes columns of a node's row, and its revision with them. */
export function updateNode(nodeId: string, changes: Changes<'nodes'>): Write {
  return { kind: 'update', table: 'nodes', key: [nodeId], changes: { ...changes, rev: new Plus(1) } };
}

/** The guard that nothing about the nodes has changed; null for one without a row. */
export function unchanged(...rows: readonly (readonly [nodeId: string, row: NodeRow | undefined])[]): Guard {
  return { kind: 'revs', revs: rows.map(([nodeId, row]) => [nodeId, row?.rev ?? 0]) };
}

/** A row for a node that has none yet; it runs the original until it joins. */
export function newNode(nodeId: string): NodeRow {
  return {
    nodeId,
    epoch: 0,
    lifecycle: 'away',
    instanceId: null,
    address: '',
    port: null,
    region: null,
    isNamed: false,
    hasHandler: false,
    keepsShared: false,
    maintenanceUntil: 0,
    isMaintenanceTheirs: false,
    beatOrder: 0,
    lastBeatAt: 0,
    refutationCount: 0,
    decisionCount: 0,
    rev: 0,
    status: '',
    seen: null,
    joinedAfter: 0,
    aliveSince: 0,
    deathOrder: 0,
    openRecoveries: 0,
    flapCount: 0,
    obituary: null,
    settings: null,
  };
}

/** Writes changes of a node's row as it was read: the whole row where there was none, else the changed columns alone. */
export function writeNode(row: NodeRow, changes: Changes<'nodes'>): Write {
  if (row.rev > 0) return updateNode(row.nodeId, changes);
  return { kind: 'put', table: 'nodes', row: { ...row, ...changes, rev: 1 } };
}

/** What a return writes besides: from here on the node is alive. */
export const aliveFromNow = { aliveSince: new Taken('beat') } as const;

/** A node of the original begins no epochs itself: its return from a verdict begins the next one, with these changes. */
export function nextEpoch({ epoch }: NodeRow, newestSharedId: number) {
  return { epoch: epoch + 1, refutationCount: 0, decisionCount: 0, joinedAfter: newestSharedId };
}
