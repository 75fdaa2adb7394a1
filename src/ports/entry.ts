/** What an observer writes to the logs of the registry: statements, and notes. */
import type { Evidence } from '../core/evidence.ts';
import type { NoteKind } from './event-log.ts';

/** One row for the logs. */
export type Entry = StatementEntry | NoteEntry;

interface EntryBase {
  /** Random and unique to this entry. */
  readonly operationId: string;
  readonly observerId: string;
  readonly observerEpoch: number;
}

/**
 * What an observer says of a target. `dead` is a vote, `recovered` takes back what the observer had said of any epoch.
 * Where the observer knew of the verdict of `targetEpoch`, `recovered` closes one that no node has claimed, and tells a
 * running recovery. For a node without epochs of its own it then begins the next one.
 * Also a row of `node_health_events`. A repeated `dead` (new `operationId`) affirms the vote.
 */
export interface StatementEntry extends EntryBase {
  readonly kind: 'suspect' | 'dead' | 'recovered';
  readonly targetId: string;
  readonly targetEpoch: number;
  readonly evidence: Evidence | null;
  /**
   * Of `recovered`: `NodeRecord.decisionCount` of that epoch as the observer had read it when it spoke, 0 without. A
   * verdict that was made later is not answered by it, however late it comes.
   */
  readonly knownDecision?: number;
}

/** Anything else worth keeping; nothing is decided by it. */
export interface NoteEntry extends EntryBase {
  readonly kind: NoteKind;
  readonly targetId: string | null;
  readonly targetEpoch: number | null;
  /** Plain JSON, at most 4 kB when written. */
  readonly detail: Readonly<Record<string, unknown>>;
}
