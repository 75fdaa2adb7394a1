/**
 * Virtual time: a queue of events in the order of their instants, and the loop that runs them.
 *
 * What runs in the world is asynchronous, so after every event that may have settled a promise the loop waits
 * until all microtasks that follow from it have run; only then does time go on. Events at the same instant run
 * in the order in which they were made.
 *
 * Not for: a node's own view of time (process.ts), or the order of the events (event-queue.ts).
 */
import { EventQueue } from './event-queue.ts';

/**
 * Comes back when the microtask queue is empty: `() => new Promise((resolve) => setImmediate(resolve))` in Node.
 * That is exact but slow, and it needs a platform.
 */
export type Drain = () => Promise<void>;

/**
 * Without a `drain` of the caller's the loop lets this many microtask turns pass without anybody making or
 * cancelling an event. A chain of awaits that long which touches no port would be cut by the next event, the same way
 * in every run; a test compares the histories of whole clusters under this and under an exact drain.
 */
const quietTurns = 12;

/** An event that has not run yet. */
export interface Scheduled {
  /** Takes it out of the queue; harmless afterwards. */
  cancel(): void;
}

/** `quiet` events settle no promise and call nobody's code; the loop does not drain after them. */
export type EventKind = 'quiet' | 'loud';

/** What is called back from a settled promise runs one microtask turn later. */
const settled = Promise.resolve();

/** The one clock of a world, in milliseconds from its start. */
export class Scheduler {
  readonly #drain: Drain | null;
  readonly #queue = new EventQueue();
  #now = 0;
  #ranCount = 0;

  constructor(drain: Drain | null = null) {
    this.#drain = drain;
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
  after(delayMs: number, run: () => void, kind: EventKind = 'loud'): Scheduled {
    if (Number.isNaN(delayMs)) throw new RangeError('expected a delay in milliseconds, got NaN');
    return this.#queue.add(this.#now + Math.max(0, delayMs), run, kind === 'quiet');
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
          else if (this.#runToLoudEvent(untilAt)) settle();
          else resolve(true);
        } catch (error) {
          reject(error);
        }
        hasRun = true;
      };
      const settle = this.#settler(goOn, reject);
      settle();
    });
  }

  /** Runs what is due by then up to the next loud event; false when there was none, and all the time has passed. */
  #runToLoudEvent(untilAt: number): boolean {
    const queue = this.#queue;
    while (queue.nextAt <= untilAt) {
      const at = queue.nextAt;
      const event = queue.take();
      const run = event?.takeRun() ?? null;
      if (event === null || run === null) continue;
      this.#now = at;
      this.#ranCount++;
      run();
      if (!event.isQuiet) return true;
    }
    this.#now = Math.max(this.#now, untilAt);
    return false;
  }

  /** A function that calls `onSettled` once all that follows from the last event has run. */
  #settler(onSettled: () => void, onError: (error: unknown) => void): () => void {
    const drain = this.#drain;
    if (drain !== null) return () => void drain().then(onSettled, onError);
    const queue = this.#queue;
    let seen = 0;
    let turn = 0;
    const look = (): void => {
      if (queue.changeCount !== seen) {
        seen = queue.changeCount;
        turn = 0;
      }
      turn++;
      if (turn < quietTurns) void settled.then(look);
      else onSettled();
    };
    return () => {
      seen = queue.changeCount;
      turn = 0;
      void settled.then(look);
    };
  }
}
