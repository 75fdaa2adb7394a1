/**
 * The events that have not run yet, in the order of their instants; those of one instant in the order in which they
 * were made. Not for: running them (scheduler.ts).
 *
 * Only those of the present slot of time stand in order, in a heap that is small enough for the processor's cache. Those
 * of each later slot lie in a list as they came, and of a cancelled one nothing is left when its slot begins.
 */
import { EventHeap } from './event-heap.ts';
import type { QueuedEvent } from './queued-event.ts';

/** The length of a slot in milliseconds. A power of two, so that no instant is rounded into another slot. */
const slotMs = 32;

/** How many slots have a list of their own: half a minute, which is longer than most timers. */
const slotCount = 1_024;

export class EventQueue {
  readonly #present = new EventHeap();
  /** The newest event of each slot, with the older ones behind it. */
  readonly #slots = new Array<QueuedEvent | null>(slotCount).fill(null);
  /** The newest of those that come after the last slot. */
  #beyond: QueuedEvent | null = null;
  #slotsBeginAt = 0;
  /** The first slot that has not begun. */
  #nextSlot = 0;
  /** When that slot begins: what is earlier is in the heap. */
  #nextSlotAt = 0;

  /** The instant of the first event, which may be a cancelled one; Infinity when there is none. */
  get nextAt(): number {
    if (this.#present.size === 0) this.#beginSlot();
    return this.#present.firstAt;
  }

  add(at: number, event: QueuedEvent): void {
    if (at < this.#nextSlotAt) {
      this.#present.add(at, event);
      return;
    }
    event.at = at;
    const slot = Math.floor((at - this.#slotsBeginAt) / slotMs);
    if (slot < slotCount) {
      event.next = this.#slots[slot] as QueuedEvent | null;
      this.#slots[slot] = event;
    } else {
      event.next = this.#beyond;
      this.#beyond = event;
    }
  }

  /** Takes the first event out; null when there is none. */
  take(): QueuedEvent | null {
    if (this.#present.size === 0) this.#beginSlot();
    return this.#present.take();
  }

  /** Goes on to the next slot in which anything is to happen. */
  #beginSlot(): void {
    while (this.#present.size === 0) {
      if (this.#nextSlot === slotCount && !this.#renewSlots()) return;
      const newest = this.#slots[this.#nextSlot] as QueuedEvent | null;
      this.#slots[this.#nextSlot] = null;
      this.#nextSlot++;
      this.#nextSlotAt += slotMs;
      this.#addAll(newest);
    }
  }

  /** Lays the slots anew from the first instant that lies beyond them; false when there is none. */
  #renewSlots(): boolean {
    const newest = this.#beyond;
    let firstAt = Number.POSITIVE_INFINITY;
    for (let event = newest; event !== null; event = event.next) {
      if (!event.isCancelled && event.at < firstAt) firstAt = event.at;
    }
    if (firstAt === Number.POSITIVE_INFINITY) return false;
    this.#beyond = null;
    this.#slotsBeginAt = Math.floor(firstAt / slotMs) * slotMs;
    this.#nextSlot = 0;
    this.#nextSlotAt = this.#slotsBeginAt;
    this.#addAll(newest);
    return true;
  }

  /** Adds those of a list to where they belong now, in the order in which they were made. */
  #addAll(newest: QueuedEvent | null): void {
    let event = reversed(newest);
    while (event !== null) {
      const { next } = event;
      event.next = null;
      if (!event.isCancelled) this.add(event.at, event);
      event = next;
    }
  }
}

/** The same list from its other end. */
function reversed(first: QueuedEvent | null): QueuedEvent | null {
  let last: QueuedEvent | null = null;
  for (let event = first; event !== null; ) {
    const { next } = event;
    event.next = last;
    last = event;
    event = next;
  }
  return last;
}
