/** The log of what has happened: its events, and how they are read. */

/** What a note is about. */
export type NoteKind = 'unreachable' | 'restarted' | 'self-dead' | 'brake' | 'outage';

/** What an event of the log is about. docs/events.md says of each what it means and what it carries. */
export type EventKind =
  | 'suspect'
  | 'dead'
  | 'recovered'
  | NoteKind
  | 'joined'
  | 'left'
  | 'listed-again'
  | 'maintenance'
  | 'verdict'
  | 'verdict-closed'
  | 'obituary'
  | 'obituaries-held'
  | 'recovery-started'
  | 'recovery-ended'
  | 'recovery-given-up'
  | 'recovery-retried'
  | 'flapping'
  | 'brake-released'
  | 'registry-went-back';

/** One entry of the log. */
export interface RegistryEvent {
  /** Order within one generation of a registry. */
  readonly cursor: string;
  readonly kind: EventKind;
  /** Registry clock, milliseconds since 1970. */
  readonly at: number;
  /** Who said or did it. */
  readonly observerId: string;
  readonly targetId: string | null;
  readonly targetEpoch: number | null;
  /** Evidence of a statement, or the facts of anything else. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Which events are asked for. */
export interface EventQuery {
  /** Where the last page ended; null for the start. */
  readonly after: string | null;
  /** At most this many; 1 to 10,000. */
  readonly limit: number;
  /** Which of those after the cursor, where there are more of them: `oldest` for a reader that misses none. Default `newest`. */
  readonly take?: 'newest' | 'oldest';
  /** Only events about, or by, this node. */
  readonly nodeId?: string;
  /**
   * `cheap`: the page may lag, and what is missing in it comes with a later one. A log that is shorter than the cursor says is
   * then no sign that it went back. Default: what is committed.
   */
  readonly freshness?: 'cheap';
}

/** Events in order, and where the next page begins. */
export interface EventPage {
  readonly events: readonly RegistryEvent[];
  /** Pass it as `after` next time. */
  readonly cursor: string;
  /**
   * How many lines between the given cursor and the last event here the log does not hold any more, since they were pruned.
   * Counted for a reader of the `oldest` ones of all nodes; else 0.
   */
  readonly lostCount: number;
  /**
   * Whether the log went back since the last page, as a restored backup has it: what was written since the backup is lost. Then
   * there are no events here. The next page goes on from the line that tells of it; from the log's present end, where no node
   * has found it yet. Told once.
   */
  readonly wentBack: boolean;
}
