/**
 * Follows the registry's log by a cursor, from this node's join on. Each reading of a round says how far the log goes; only
 * where that has moved, and is heard, the lines between are read. Not for: what a line says (log-events.ts).
 */
import { generationOf } from '../core/fence.ts';
import type { Progress } from '../core/reading.ts';
import { cursorOf, isBeyond, type LogPlace, placeOf } from '../core/wire/log-cursor.ts';
import type { EpochRef, EventPage, EventQuery } from '../ports/registry.ts';
import { messageOf } from './emitter.ts';
import { type LogEvent, logEventOf } from './log-events.ts';

/** Where the log is told from: a cursor of it; or a number, this node's join as that epoch or the next one that is there. */
export type LogStart = string | number;

export interface LogFollowerOptions {
  /** Where the epoch before has come to; null for this node's join. */
  readonly cursor: LogStart | null;
  readonly self: () => EpochRef;
  readonly read: (query: EventQuery) => Promise<EventPage>;
  /** False once its monitor stops: from then on it stays where it is, and the next epoch goes on from there. */
  readonly isRunning: () => boolean;
  /** Whether what it tells is heard now: else it reads nothing, and passes over what there is. */
  readonly isHeard: () => boolean;
  readonly tell: (event: LogEvent) => void;
  /** Told once while the log cannot be read. */
  readonly warn: (message: string) => void;
}

/** Lines of one request, at most. */
const pageLength = 200;

/** Among so many of its own newest lines a node looks for its join. */
const joinLookLength = 100;

export class LogFollower {
  readonly #options: LogFollowerOptions;
  /** Up to here all is told. */
  #place: LogPlace | null;
  /** The furthest end of the log that a round has read. */
  #end: LogPlace = { generation: 0, id: 0 };
  #isReading = false;
  #isWanted = false;
  #hasFailed = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#place = typeof options.cursor === 'string' ? placeOf(options.cursor) : null;
  }

  /** Where the next line is told from: before the first reading a join; null where there is none. */
  get cursor(): LogStart | null {
    if (this.#place !== null) return cursorOf(this.#place);
    return this.#firstEpoch > 0 ? this.#firstEpoch : null;
  }

  /** An epoch that was over before it could read leaves its lines to the next one. */
  get #firstEpoch(): number {
    const { cursor, self } = this.#options;
    return typeof cursor === 'number' ? cursor : self().epoch;
  }

  /** A round has read how far the registry has come. */
  noteProgress({ fence, newestEvent }: Progress): void {
    // The reading that shows a node its own death has ended its epoch by now.
    if (!this.#options.isRunning()) return;
    const end = { generation: generationOf(fence), id: newestEvent };
    if (isBeyond(end, this.#end)) this.#end = end;
    if (this.#place !== null && !isBeyond(end, this.#place)) return;
    if (this.#options.isHeard()) void this.#follow();
    else this.#place = end;
  }

  /** This node has itself had a line written: it need not wait for the next round. */
  look(): void {
    if (this.#place === null || !this.#isTelling()) return;
    this.#isWanted = true;
    void this.#follow();
  }

  #isTelling(): boolean {
    return this.#options.isRunning() && this.#options.isHeard();
  }

  async #follow(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      let place = this.#place ?? (await this.#joinPlace());
      this.#place = place;
      // A page that has not moved comes from a replica that lags: the next round goes on.
      let hasMoved = true;
      while (this.#isWanted || (hasMoved && isBeyond(this.#end, place))) {
        this.#isWanted = false;
        const before = place;
        place = await this.#readPage(before);
        hasMoved = isBeyond(place, before);
      }
      this.#hasFailed = false;
    } catch (error) {
      // The next round tries again, from the same place.
      if (!this.#hasFailed && this.#isTelling())
        this.#options.warn(`the log cannot be read: ${messageOf(error)}`);
      this.#hasFailed = true;
    } finally {
      this.#isReading = false;
    }
  }

  /** Tells what a page has; returns where the next one begins. */
  async #readPage(from: LogPlace): Promise<LogPlace> {
    const { read, tell, self } = this.#options;
    const query = { limit: pageLength, take: 'oldest', freshness: 'cheap' } as const;
    const page = await read({ after: cursorOf(from), ...query });
    if (!this.#isTelling()) return from;
    const place = placeOf(page.cursor) ?? from;
    this.#place = place;
    if (page.lostCount > 0) tell({ name: 'events-lost', payload: { count: page.lostCount } });
    for (const line of page.events) {
      const event = logEventOf(line);
      // What this node itself does of these is told by its agent, at once.
      const isOwn = (line.kind === 'joined' || line.kind === 'left') && line.targetId === self().nodeId;
      if (event !== null && !isOwn) tell(event);
    }
    return place;
  }

  /** The line of this node's join; the end of the log where it is not among the newest. */
  async #joinPlace(): Promise<LogPlace> {
    const { nodeId } = this.#options.self();
    const first = this.#firstEpoch;
    const end = this.#end;
    // From what is committed, once: a replica that lags may not have the join yet, and what came after it would be passed over.
    const { events } = await this.#options.read({ after: null, limit: joinLookLength, nodeId });
    const join = events.find(
      ({ kind, targetId, targetEpoch }) =>
        kind === 'joined' && targetId === nodeId && targetEpoch !== null && targetEpoch >= first,
    );
    return (join === undefined ? null : placeOf(join.cursor)) ?? end;
  }
}
