/**
 * Virtual time: a queue of events in the order of their instants, and the loop that runs them.
 *
 * What runs in the world is asynchronous. So after every event that may have settled a promise the loop waits until all
 * microtasks that follow from it have run; only then does time go on. Events at the same instant run
 * in the order in which they were made.
 *
 * Not for: a node's own view of time (process.ts), or the order of the events (event-queue.ts).
 */
import { EventQueue } from './event-queue.ts';
import { type EventKind, QueuedEvent } from './queued-event.ts';

/**
 * Comes back when the microtask queue is empty: `() => new Promise((resolve) => setImmediate(resolve))` in Node.
 * That is exact but slow, and it needs a platform.
 */
export type Drain = () => Promise<void>;

/**
 * Without a `drain` of the caller's the loop waits until this many microtask turns have passed in which no event was made
 * or cancelled. A chain of awaits that long which touches no port would be cut by the next event, the same way
 * in every run.
 */
export type QuietTurns = Readonly<Record<EventKind, number>>;

/** Enough for programs and registries of any making that await a few calls of their own. */
const usualTurns: QuietTurns = { quiet: 0, brief: 12, loud: 12 };

/**
 * Enough where nodes run Ringwatch on the registry in memory. In the swarm no chain takes more than two turns after a brief
 * event, and seven after a loud one. A test compares the histories of whole clusters under this and under an exact
 * drain.
 */
export const ringwatchTurns: QuietTurns = { quiet: 0, brief: 4, loud: 8 };

/** An event that has not run yet. */
export interface Scheduled {
  /** Takes it out of the queue; harmless afterwards. */
  cancel(): void;
}

/** A function that is called at an instant. */
class Call extends QueuedEvent implements Scheduled {
  readonly #scheduler: Scheduler;
  #run: (() => void) | null;

  constructor(scheduler: Scheduler, run: () => void) {
    super();
    this.#scheduler = scheduler;
    this.#run = run;
  }

  happen(): void {
    this.#run?.();
  }

  cancel(): void {
    // What it holds can be let go.
    this.#run = null;
    this.#scheduler.cancel(this);
  }
}

/** What is called back from a settled promise runs one microtask turn later. */
const settled = Promise.resolve();

/** The one clock of a world, in milliseconds from its start. */
export class Scheduler {
  readonly #drain: Drain | null;
  readonly #quietTurns: QuietTurns;
  readonly #queue = new EventQueue();
  #now = 0;
  #ranCount = 0;
  /** Events made and cancelled so far: whether anything goes on. */
  #changeCount = 0;

  constructor(drain: Drain | null = null, quietTurns = usualTurns) {
    this.#drain = drain;
    this.#quietTurns = quietTurns;
  }

  /** True time of the world, milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Events run so far. */
  get ranCount(): number {
    return this.#ranCount;
  }

  /** Runs `run` after that many milliseconds (below 0 counts as 0). */
  after(delayMs: number, run: () => void): Scheduled {
    const call = new Call(this, run);
    this.add(delayMs, call);
    return call;
  }

  /** Makes an event happen after that many milliseconds. It must not wait for its instant already. */
  add(delayMs: number, event: QueuedEvent): void {
    if (Number.isNaN(delayMs)) throw new RangeError('expected a delay in milliseconds, got NaN');
    this.#changeCount++;
    this.#queue.add(this.#now + Math.max(0, delayMs), event);
  }

  /** Takes an event out for good; harmless when it has happened. */
  cancel(event: QueuedEvent): void {
    this.#changeCount++;
    event.isCancelled = true;
  }

  /** Lets time pass until that instant; everything due by then has run. */
  async runTo(untilAt: number): Promise<void> {
    await this.runWhile(untilAt, () => true);
  }

  /** The same, but stops after the first event after which `goesOn` is false. Says whether it ran to the end. */
  runWhile(untilAt: number, goesOn: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let hasRun = false;
      // Called back rather than awaited: the promises of a loop of awaits cost more than the events.
      const goOn = (): void => {
        try {
          if (hasRun && !goesOn()) resolve(false);
          else {
            const kind = this.#runToLoudEvent(untilAt);
            if (kind === null) resolve(true);
            else settle(kind);
          }
        } catch (error) {
          reject(error);
        }
        hasRun = true;
      };
      const settle = this.#settler(goOn, reject);
      settle('loud');
    });
  }

  /** Runs what is due by then up to the next event that is not quiet; null when there was none, and all the time has passed. */
  #runToLoudEvent(untilAt: number): EventKind | null {
    const queue = this.#queue;
    while (queue.nextAt <= untilAt) {
      const at = queue.nextAt;
      const event = queue.take();
      if (event === null || event.isCancelled) continue;
      this.#now = at;
      this.#ranCount++;
      // Asked before it happens, since it may be another kind of event by then.
      const { kind } = event;
      event.happen();
      if (kind !== 'quiet') return kind;
    }
    this.#now = Math.max(this.#now, untilAt);
    return null;
  }

  /** A function that calls `onSettled` once all that follows from the last event has run. */
  #settler(onSettled: () => void, onError: (error: unknown) => void): (kind: EventKind) => void {
    const drain = this.#drain;
    if (drain !== null) return () => void drain().then(onSettled, onError);
    let seen = 0;
    let turn = 0;
    let enough = 0;
    const look = (): void => {
      if (this.#changeCount !== seen) {
        seen = this.#changeCount;
        turn = 0;
      }
      turn++;
      if (turn < enough) void settled.then(look);
      else onSettled();
    };
    return (kind) => {
      seen = this.#changeCount;
      turn = 0;
      enough = this.#quietTurns[kind];
      void settled.then(look);
    };
  }
}
