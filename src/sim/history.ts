/** What happened in a virtual world, in order: what every monitor told, what every handler did, and what was done to the nodes. */
import type { MonitorEvents } from '../monitor/events.ts';

interface Moment {
  /** True time, milliseconds from the world's start. */
  readonly at: number;
  /** The node that it happened on. */
  readonly nodeId: string;
  /** Its epoch then; 0 before it had one. */
  readonly epoch: number;
}

/** Events of a monitor that are heard here. What it tells of the log is not among them, so no log is read. */
export type OwnEventName = 'probe' | (typeof toldEvents)[number];

/** A monitor has told something. */
export type MonitorMoment = {
  readonly [Name in OwnEventName]: Moment & {
    readonly kind: Name;
    readonly event: MonitorEvents[Name];
  };
}[OwnEventName];

/** A node began or ended to live, or could not. */
export type LifeMoment = Moment & {
  readonly kind: 'started' | 'joined' | 'crashed' | 'paused' | 'leaving' | 'left' | 'ended' | 'broken';
  /** In words; empty when there is nothing to add. */
  readonly detail: string;
};

/** The recovery handler of a node began or ended its work. */
export type HandlerMoment = Moment & {
  readonly kind: 'handlerBegan' | 'handlerEnded';
  readonly targetId: string;
  readonly targetEpoch: number;
  readonly fence: number;
  /** `running` when it began. */
  readonly outcome: 'running' | 'completed' | 'failed' | 'aborted';
};

/** One thing that happened. */
export type HistoryEntry = MonitorMoment | LifeMoment | HandlerMoment;

/** The kinds of entries. */
export type HistoryKind = HistoryEntry['kind'];

/** The entries of one kind. */
export type EntryOf<Kind extends HistoryKind> = HistoryEntry & { readonly kind: Kind };

/** What a monitor sees and does itself; `probe` is counted only. */
export const toldEvents = [
  'suspect',
  'dead',
  'recovered',
  'restarted',
  'unreachable',
  'verdict-read',
  'handler-started',
  'handler-ended',
  'refuted',
  'self-dead',
  'brake',
  'registry-went-back',
  'outage',
  'watching',
  'warning',
  'obituary',
] as const satisfies readonly (keyof MonitorEvents)[];

/** A record that only grows. */
export class History {
  readonly #entries: HistoryEntry[] = [];
  readonly #listeners: ((entry: HistoryEntry) => void)[] = [];

  /** Everything so far, in order. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** Appends an entry and tells the listeners of it. */
  add(entry: HistoryEntry): void {
    this.#entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  /** Hears every entry from now on. */
  listen(listener: (entry: HistoryEntry) => void): void {
    this.#listeners.push(listener);
  }

  /** The entries of one kind, in order. */
  of<Kind extends HistoryKind>(kind: Kind): EntryOf<Kind>[] {
    return this.#entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind);
  }
}
