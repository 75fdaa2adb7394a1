/**
 * Events in the order of their instants; those of one instant in the order in which they were added. Each place of the
 * heap has four below it. Instants stand in an array of numbers of their own: a heap is slow to walk when each comparison
 * has to look at two objects.
 */
import type { QueuedEvent } from './queued-event.ts';

export class EventHeap {
  #ats = new Float64Array(64);
  #orders = new Float64Array(64);
  readonly #events: QueuedEvent[] = [];
  #addedCount = 0;

  /** How many there are. */
  get size(): number {
    return this.#events.length;
  }

  /** The instant of the first one; Infinity when there is none. */
  get firstAt(): number {
    return this.#events.length === 0 ? Number.POSITIVE_INFINITY : (this.#ats[0] as number);
  }

  add(at: number, event: QueuedEvent): void {
    const count = this.#events.length;
    if (count === this.#ats.length) this.#grow();
    this.#events.push(event);
    this.#rise(count, at, this.#addedCount++, event);
  }

  /** Takes the first one out; null when there is none. */
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
      // One that was added earlier stays before one of the same instant.
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
