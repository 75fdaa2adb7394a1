/** How rows of the original's tables are found. */
import { select } from '../rule.ts';

/** These rows of `dns_nodes`. */
export const sharedNodeById = select('sharedNodes', [['id', 'in']]);

/** The newest row of `node_health_events`: the limit is 1. */
export const newestSharedEvent = select('sharedEvents', [], { orderBy: [['id', 'desc']], isLimited: true });
