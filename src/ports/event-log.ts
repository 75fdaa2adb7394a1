/** The log of what has happened: its events, and how they are read. */

/** What a note is about. */
export type NoteKind = 'unreachable' | 'restarted' | 'self-dead' | 'brake-on' | 'brake-off' | 'outage';

/** What an event of the log is about. */
export type EventKind =
  | 'suspect'
  | 'dead'
  | 'recovered'
  | NoteKind
  | 'joined'
  | 'left'
  /** The node has put its row of `dns_nodes` back, which another program had deleted. */
  | 'listed-again'
  | 'maintenance'
  | 'verdict'
  | 'obituary'
  | 'obituaries-held'
  | 'claimed'
  | 'completed'
  | 'failed'
  | 'given-up'
  | 'retried'
  | 'flapping'
  | 'brake-released'
  | 'closed'
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
  /** At most this many, the newest ones; 1 to 10,000. */
  readonly limit: number;
  /** Only events about, or by, this node. */
  readonly nodeId?: string;
}

/** Events in order, and where the next page begins. */
export interface EventPage {
  readonly events: readonly RegistryEvent[];
  /** Pass it as `after` next time. */
  readonly cursor: string;
  /**
   * Whether the log went back since the last page, as a restored backup has it: what was written since the backup is lost. Then
   * there are no events here, and the next page goes on from the log's present end. Told once.
   */
  readonly wentBack: boolean;
}
