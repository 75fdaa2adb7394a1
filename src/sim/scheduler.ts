/**
 * Virtual time: a queue of events in the order of their instants, and the loop that runs them.
 *
 * What runs in the world is asynchronous, so after every event that may have settled a promise the loop waits
 * until all microtasks that follow from it have run; only then does time go on. Events at the same instant run
 * in the order in which they were made.
 *
 * Not for: a node's own view of time (process.ts).
 */

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
const quietTurns = 16;

/** An event that has not run yet. */
export interface Scheduled {
  /** Takes it out of the queue; harmless afterwards. */
  cancel(): void;
}

/** `quiet` events settle no promise and call nobody's code; the loop does not drain after them. */
export type EventKind = 'quiet' | 'loud';

interface QueuedEvent extends Scheduled {
  readonly at: number;
  readonly order: number;
  readonly isQuiet: boolean;
  run: (() => void) | null;
}

/** The one clock of a world, in milliseconds from its start. */
export class Scheduler {
  readonly #drain: Drain;
  /** Events made and cancelled so far: whether anybody does anything. */
  #activity = 0;
  readonly #heap: QueuedEvent[] = [];
  #now = 0;
  #madeCount = 0;
  #ranCount = 0;

  constructor(drain: Drain | null = null) {
    this.#drain = drain ?? (() => this.#settle());
  }

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
    const event: QueuedEvent = {
      at: this.#now + Math.max(0, delayMs),
      order: this.#madeCount++,
      isQuiet: kind === 'quiet',
      run,
      cancel: () => {
        this.#activity++;
        event.run = null;
      },
    };
    this.#activity++;
    this.#push(event);
    return event;
  }

  /** Lets time pass until that instant; everything due by then has run. */
  async runTo(untilAt: number): Promise<void> {
    await this.runWhile(untilAt, () => true);
  }

  /** The same, but stops after the first event after which `goesOn` is false. Says whether it ran to the end. */
  async runWhile(untilAt: number, goesOn: () => boolean): Promise<boolean> {
    await this.#drain();
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > untilAt) break;
      this.#pop();
      const { run } = next;
      if (run === null) continue;
      next.run = null;
      this.#now = next.at;
      this.#ranCount++;
      run();
      if (!next.isQuiet) {
        await this.#drain();
        if (!goesOn()) return false;
      }
    }
    this.#now = Math.max(this.#now, untilAt);
    return true;
  }

  async #settle(): Promise<void> {
    let seen = this.#activity;
    for (let turn = 0; turn < quietTurns; turn++) {
      await undefined;
      if (this.#activity !== seen) {
        seen = this.#activity;
        turn = 0;
      }
    }
  }

  #push(event: QueuedEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as QueuedEvent;
      if (!isBefore(event, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as QueuedEvent, heap[child] as QueuedEvent))
        child++;
      const below = heap[child] as QueuedEvent;
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
