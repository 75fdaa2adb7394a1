/**
 * What observers tell each other in the virtual world: one message there, and nothing back. Messages can be lost, late and
 * doubled beside all that is wrong with the network, and a forger can send others. Not for: what a receiver lets in
 * (monitor/look-gate.ts).
 */
import type { Host } from './host.ts';
import { drawMs, type Latency } from './latency.ts';
import type { SeededRandom } from './random.ts';
import type { Scheduled, Scheduler } from './scheduler.ts';

/** What is wrong with a part of the messages, of all nodes. */
export interface MessageFault {
  /** `doubled`: it comes at once, and once more when it is late. */
  readonly how: 'lost' | 'late' | 'doubled';
  /** The part of the messages that is affected, 0 to 1. */
  readonly rate: number;
  /** How late they are. */
  readonly lateness: Latency;
}

/** A flood of messages from a stranger. */
export interface Forgery {
  /** How many a second, at one receiver. */
  readonly perSecond: number;
  /** The text of the next one. */
  readonly draw: (random: SeededRandom) => string;
}

/** Tells how long a message takes from one host to another; null when it is lost. */
type Travel = (from: Host, to: Host) => number | null;

/** A flood comes in batches, so that a world of thousands a second can be run. */
const batchMs = 20;

/** No node of a world is there. */
const forgerAddress = '192.0.2.66';

/** The messages of a world, and what is wrong with them. */
export class Messages {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #travel: Travel;
  /** Told of each node that is given a message. */
  onTold: (receiver: Host, text: string) => void = () => undefined;
  readonly #faults = new Set<MessageFault>();
  readonly #forgers = new Set<{ next: Scheduled | null }>();

  constructor(scheduler: Scheduler, random: SeededRandom, travel: Travel) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#travel = travel;
  }

  /** Sends one, as the text of its header. */
  send(from: Host, to: Host, port: number, text: string): void {
    const travelMs = this.#travel(from, to);
    if (travelMs === null) return;
    let lateMs = 0;
    let againAfterMs: number | null = null;
    for (const { how, rate, lateness } of this.#faults) {
      if (!this.#random.chance(rate)) continue;
      if (how === 'lost') return;
      if (how === 'late') lateMs += drawMs(lateness, this.#random);
      else againAfterMs = drawMs(lateness, this.#random);
    }
    const arriveAfter = (ms: number): void => {
      this.#scheduler.after(travelMs + ms, () => this.#deliver(to, port, text, from.address));
    };
    arriveAfter(lateMs);
    if (againAfterMs !== null) arriveAfter(lateMs + againAfterMs);
  }

  /** Begins a fault; the function that comes back ends it. */
  fault(fault: MessageFault): () => void {
    const own = { ...fault };
    this.#faults.add(own);
    return () => void this.#faults.delete(own);
  }

  /** A stranger, at an address of its own, floods a host; the function that comes back ends it. */
  forge(to: () => Host, { perSecond, draw }: Forgery): () => void {
    const random = this.#random.stream(`forger ${this.#scheduler.now}`);
    const forger: { next: Scheduled | null } = { next: null };
    let owed = 0;
    const flood = (): void => {
      for (owed += (perSecond * batchMs) / 1_000; owed >= 1; owed--)
        for (const port of to().listeners.keys()) this.#deliver(to(), port, draw(random), forgerAddress);
      forger.next = this.#scheduler.after(batchMs, flood);
    };
    this.#forgers.add(forger);
    flood();
    return () => {
      this.#forgers.delete(forger);
      forger.next?.cancel();
    };
  }

  /** Ends every fault and every flood. */
  heal(): void {
    this.#faults.clear();
    for (const { next } of this.#forgers) next?.cancel();
    this.#forgers.clear();
  }

  /** Where no process listens it is lost. */
  #deliver(to: Host, port: number, text: string, address: string): void {
    const listener = to.isUp ? to.listeners.get(port) : undefined;
    listener?.process.deliver(() => {
      this.onTold(to, text);
      listener.looked?.(text, address);
    });
  }
}
