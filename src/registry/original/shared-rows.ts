/** How rows of the original's tables are found. */
import type { Guard } from '../../ports/store.ts';
import { atMost, count, select } from '../rule.ts';

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
