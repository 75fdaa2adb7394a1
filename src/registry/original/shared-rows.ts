/** How rows of the original's tables are found. */
import { bareAddress } from '../../core/wire/address-text.ts';
import type { SharedNodeRow } from '../../ports/rows.ts';
import type { Guard } from '../../ports/store.ts';
import { atMost, count, select } from '../rule.ts';

/** Statuses of `dns_nodes` that Ringwatch writes itself: any other one is another program's, and takes a node off the ring. */
export const ownStatuses: readonly string[] = ['active', 'inactive', 'maintenance'];

/** Where the node of a row is reached, without brackets; empty where the row does not say. */
export function addressIn({
  internalIp,
  ipAddress,
}: Pick<SharedNodeRow, 'internalIp' | 'ipAddress'>): string {
  return bareAddress(internalIp || ipAddress || '');
}

/** The status of a row while the node is in maintenance, or after it. Another program's stays. */
export function maintained(status: string, isOn: boolean): string {
  if (isOn) return ownStatuses.includes(status) ? 'maintenance' : status;
  return status === 'maintenance' ? 'active' : status;
}

/** These rows of `dns_nodes`. */
export const sharedNodeById = select('sharedNodes', [['id', 'in']]);

/** Whether the node has a row of `dns_nodes`: for guards. */
export const sharedNodesOf = count('sharedNodes', [['id', '=']]);

/** The newest row of `node_health_events`: the limit is 1. */
export const newestSharedEvent = select('sharedEvents', [], { orderBy: [['id', 'desc']], isLimited: true });

const newerLines = count('foreignEvents', [
  ['targetId', '='],
  ['id', '>'],
  ['observerInstanceId', 'null'],
]);

/** No observer of the original has written about the target after this line of its log. */
export function noLineAfter(targetId: string, id: number): Guard {
  return atMost(newerLines(targetId, id), 0);
}
