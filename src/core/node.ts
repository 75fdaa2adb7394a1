/**
 * What the protocol knows of a node: the row that describes it, as an observer reads it in a round.
 * Not for: what one observer thinks of it (peer.ts).
 */

/** One machine or process with an id, listed in the registry. */
export interface NodeRecord {
  /** The id; ring order is the byte order of its UTF-8 form. */
  readonly id: string;
  /** Host name or IP literal without brackets; `internal_ip`, else `ip_address`. Empty when neither is usable. */
  readonly address: string;
  /** TCP port of the node's ping answer; null when the registry names none (then the observer's own setting, 6001). */
  readonly port: number | null;
  /** The node's current life, from 1; 0 for a node that has no epochs yet (one that runs the original). */
  readonly epoch: number;
  /** What the node or its operator says of it. `foreign` statuses of a shared table count as `away`. */
  readonly lifecycle: Lifecycle;
  /** Whether it belongs to the ring: not left, not away, seen within the membership window, or its maintenance ended within it. A confirmed death does not end it here. */
  readonly isListed: boolean;
  /** Whether a verdict stands for its current epoch. */
  readonly isConfirmedDead: boolean;
  /** How often a quorum has found it dead in its current epoch; 0 for never. After a return a quorum may do so again. */
  readonly decisionCount: number;
  /** Opaque; differs after every heartbeat. Compare for equality only. */
  readonly heartbeat: string;
  /** How often the node has refuted accusations in its current epoch. */
  readonly refutationCount: number;
  /** Whether its ping answer names node and epoch; an answer that names nobody is then a miss. */
  readonly isNamed: boolean;
}

/** `alive`: judged as any node. `maintenance`: not judged until its end. `left`: said good-bye. `away`: out of the ring by somebody else's word. */
export type Lifecycle = 'alive' | 'maintenance' | 'left' | 'away';
