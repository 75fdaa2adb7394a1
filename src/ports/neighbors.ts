/** Who stands around a node on the ring, as the registry tells it. */
import type { NodeRecord } from '../core/node.ts';

/** Around whom, and how many each way. The node itself need not be on the ring. */
export interface NeighborsRequest {
  readonly nodeId: string;
  readonly count: number;
}

/** Nodes that are on the ring and not in maintenance, without the node itself, nearest first. In a small ring one may be in both. */
export interface Neighbors {
  /** Those that observe the node. */
  readonly predecessors: readonly NodeRecord[];
  /** Those that the node observes. */
  readonly successors: readonly NodeRecord[];
}
