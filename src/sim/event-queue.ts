/**
 * The events that have not run yet, in the order of their instants; those of one instant in the order in which they
 * were made. Not for: running them (scheduler.ts).
 */

/** An event that has not run yet. */
export class QueuedEvent {
  readonly isQuiet: boolean;
  readonly #queue: EventQueue;
  #run: (() => void) | null;

  /** Made by `EventQueue.add` alone. */
  constructor(queue: EventQueue, run: () => void, isQuiet: boolean) {
    this.#queue = queue;
    this.#run = run;
    this.isQuiet = isQuiet;
  }

  /** What it does, once: null afterwards, and when it was cancelled. */
  takeRun(): (() => void) | null {
    const run = this.#run;
    this.#run = null;
    return run;
  }

  /** Takes it out of the queue; harmless afterwards. */
  cancel(): void {
    this.#queue.changeCount++;
    // Its place stays until its instant, but what it holds can be let go.
    this.#run = null;
  }
}

/**
 * A heap in which each place has four below it. Instants stand in an array of numbers of their own, since a big heap is
 * slow to walk when each comparison has to look at two objects.
 */
export class EventQueue {
  /** Events made and cancelled so far: whether anybody does anything. */
  changeCount = 0;
  #ats = new Float64Array(64);
  #orders = new Float64Array(64);
  readonly #events: QueuedEvent[] = [];
  #madeCount = 0;

  /** The instant of the first event, which may be a cancelled one; Infinity when there is none. */
  get nextAt(): number {
    return this.#events.length === 0 ? Number.POSITIVE_INFINITY : (this.#ats[0] as number);
  }

  add(at: number, run: () => void, isQuiet: boolean): QueuedEvent {
    this.changeCount++;
    const event = new QueuedEvent(this, run, isQuiet);
    const count = this.#events.length;
    if (count === this.#ats.length) this.#grow();
    this.#events.push(event);
    this.#rise(count, at, this.#madeCount++, event);
    return event;
  }

  /** Takes the first event out; null when there is none. */
  take(): QueuedEvent | null {
    const first = this.#events[0];
    const last = this.#events.pop();
    if (first === undefined || last === undefined) return null;
    const count = this.#events.length;
    if (count > 0) this.#sink(this.#ats[count] as number, this.#orders[count] as number, last);
    return first;
  }

  /** Finds a place for an event, from the end upwards. */
  #rise(end: number, at: number, order: number, event: QueuedEvent): void {
    const ats = this.#ats;
    const orders = this.#orders;
    const events = this.#events;
    let place = end;
    while (place > 0) {
      const above = (place - 1) >> 2;
      // One that was made earlier stays before one of the same instant.
      if ((ats[above] as number) <= at) break;
      ats[place] = ats[above] as number;
      orders[place] = orders[above] as number;
      events[place] = events[above] as QueuedEvent;
      place = above;
    }
    ats[place] = at;
    orders[place] = order;
    events[place] = event;
  }

  /** Finds a place for an event, from the top downwards. */
  #sink(at: number, order: number, event: QueuedEvent): void {
    const ats = this.#ats;
    const orders = this.#orders;
    const events = this.#events;
    const count = events.length;
    let place = 0;
    for (;;) {
      const begin = 4 * place + 1;
      if (begin >= count) break;
      const end = Math.min(begin + 4, count);
      let least = begin;
      for (let child = begin + 1; child < end; child++) if (this.#isBefore(child, least)) least = child;
      const leastAt = ats[least] as number;
      if (at < leastAt || (at === leastAt && order < (orders[least] as number))) break;
      ats[place] = leastAt;
      orders[place] = orders[least] as number;
      events[place] = events[least] as QueuedEvent;
      place = least;
    }
    ats[place] = at;
    orders[place] = order;
    events[place] = event;
  }

  #isBefore(place: number, other: number): boolean {
    const at = this.#ats[place] as number;
    const otherAt = this.#ats[other] as number;
    return (
      at < otherAt || (at === otherAt && (this.#orders[place] as number) < (this.#orders[other] as number))
    );
  }

  #grow(): void {
    this.#ats = enlarged(this.#ats);
    this.#orders = enlarged(this.#orders);
  }
}

function enlarged(numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
