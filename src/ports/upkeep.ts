/** What keeps a registry usable: old rows are pruned, and its generation is raised when it went back. */

import type { EpochRef } from '../core/node.ts';
import type { KnownProgress } from '../core/reading.ts';

/**
 * How much of the past to keep, and who asks. By age goes what is too old by the registry's clock now, and was so at the
 * pruning before: a clock that jumps ahead for a while deletes nothing.
 */
export interface PruneRequest extends EpochRef {
  /** Events and resolved verdicts older than this go. */
  readonly maxAgeMs: number;
  /** Events beyond this many go, oldest first; so do resolved verdicts and departed nodes. */
  readonly maxEventCount: number;
  /** Nodes that left or died, and were not seen for this long, go. */
  readonly departedAfterMs: number;
  /** No other node prunes within this time: the two readings of the clock are as far apart. */
  readonly everyMs: number;
}

/** How much was deleted. */
export interface PruneResult {
  /** False when another node did it within `everyMs`. */
  readonly isMine: boolean;
  readonly eventCount: number;
  readonly verdictCount: number;
  readonly nodeCount: number;
}

/** What a node knows of the registry, where that shows less. */
export interface RaiseRequest extends EpochRef {
  /** Null: an operator says that a backup was restored, and the generation is raised without any evidence. */
  readonly known: KnownProgress | null;
  /** The highest epoch of any node that the caller has read of: epochs that begin are above it from now on. */
  readonly epochFloor: number;
  /** Whether that holds also where nothing is missing: the caller has found a generation that another node began. Default false. */
  readonly liftsFloor?: boolean;
}

/** See `Registry.raise`. */
export type RaiseResult = 'raised' | 'current';
