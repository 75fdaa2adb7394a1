/** An agent's events one after the other, for `for await`. Not for: listeners of one name (agent-reporter.ts). */
import type { Signal } from '../ports/abort.ts';
import type { AgentEvents } from './events.ts';

/** One event of an agent, its name in `event`. */
export type AgentEvent =
  | { [Name in keyof AgentEvents]: { readonly event: Name } & AgentEvents[Name] }[keyof AgentEvents]
  | LostEvents;

/** So many events were dropped at this place, the oldest ones, since they were not taken in time. */
export interface LostEvents {
  readonly event: 'lost';
  readonly count: number;
}

/** Which events a stream gives, and until when. */
export interface EventsOptions {
  /** Ends the stream. Default: only the agent's end does, or the end of the loop. */
  readonly signal?: Signal | undefined;
  /** Whether each probe is told too: several a round. Default false. */
  readonly probes?: boolean | undefined;
}

/** How many events wait for a reader that is busy. */
const capacity = 1_000;

type Result = IteratorResult<AgentEvent>;

/** Holds at most 1,000 events, also where no one ever reads it. */
export class EventStream implements AsyncIterableIterator<AgentEvent> {
  readonly #waiting: ((result: Result) => void)[] = [];
  readonly #onEnd: () => void;
  #queue: AgentEvent[] = [];
  #lostCount = 0;
  #isEnded = false;

  /** `onEnd` is called once. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  push(event: AgentEvent): void {
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader({ done: false, value: event });
      return;
    }
    this.#queue.push(event);
    if (this.#queue.length <= capacity) return;
    this.#queue.shift();
    this.#lostCount++;
  }

  /** No more events come. Those that wait can still be taken. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
    for (const reader of this.#waiting.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<Result> {
    const event = this.#take();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends it at once: the loop was left, or the signal has aborted. */
  return(): Promise<Result> {
    this.#queue = [];
    this.#lostCount = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): AgentEvent | undefined {
    const count = this.#lostCount;
    if (count === 0) return this.#queue.shift();
    this.#lostCount = 0;
    return { event: 'lost', count };
  }
}
