/**
 * What the protocol knows of a node: the row that describes it, as an observer reads it in a round.
 * Not for: what one observer thinks of it (peer.ts).
 */

/** One epoch of one node. */
export interface EpochRef {
  readonly nodeId: string;
  readonly epoch: number;
}

/** One machine or process with an id, as the registry has it. */
export interface NodeRecord {
  /** The id; ring order is the byte order of its UTF-8 form. */
  readonly id: string;
  /** Host name or IP literal without brackets. Empty when the registry has none that can be used. */
  readonly address: string;
  /** TCP port of the node's ping answer; null when the registry names none (then the observer's own setting, 6001). */
  readonly port: number | null;
  /** The node's current epoch, from 1; 0 for a node that runs the original and has not died yet. */
  readonly epoch: number;
  readonly lifecycle: Lifecycle;
  /** How often a quorum has found it dead in its current epoch; 0 for never. After a return a quorum may do so again. */
  readonly decisionCount: number;
  /** The place of its newest heartbeat in the registry's one order of all heartbeats and joins; 0 for none. */
  readonly beatOrder: number;
  /** How often the node has refuted accusations in its current epoch. */
  readonly refutationCount: number;
  /** Why its own agent has declared this epoch over; null where it has not. */
  readonly obituary: string | null;
  /** Whether its ping answer names node and epoch; an answer without a name is then a miss. */
  readonly isNamed: boolean;
}

/**
 * - `alive`: on the ring from its join on.
 * - `maintenance`: on the ring and passed over until its maintenance ends.
 * - `dead`: a verdict stands against this epoch.
 * - `left`: it has left, or an operator has removed it.
 * - `away`: another program has taken it off the ring by a status in `dns_nodes`, or has not seen it for the membership window.
 */
export type Lifecycle = 'alive' | 'maintenance' | 'dead' | 'left' | 'away';
