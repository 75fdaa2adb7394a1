/**
 * Statements and notes on their way to the registry: bounded, in order, and patient. When it is full, what nothing
 * depends on goes first, with a warning: notes, then words that a later one on the same target has replaced. Whoever
 * said a word that the registry will never have is told, so that it can be said again.
 */
import type { Clock } from '../ports/clock.ts';
import { type Entry, type Registry, RegistryError } from '../ports/registry.ts';
import { Pause, withDeadline } from './deadline.ts';
import { messageOf } from './emitter.ts';

export interface OutboxOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly capacity: number;
  /** Bound of one write. */
  readonly timeoutMs: number;
  /** Longest wait between two tries. */
  readonly maxPauseMs: number;
  /** The registry has it. */
  readonly onRecorded: (entry: Entry) => void;
  /** The registry will never have it: it was refused for good, or there was no room for it. */
  readonly onRefused: (entry: Entry) => void;
  readonly onWarning: (code: 'outbox-full' | 'registry-error', message: string) => void;
}

/** Entries in one write, at most; half of a small outbox, so that the other half is room for what is said meanwhile. */
const largestBatch = 50;

const firstPauseMs = 100;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #pause: Pause;
  readonly #batchSize: number;
  #queue: Entry[] = [];
  /** How many of the first ones may be on their way already. */
  #sentCount = 0;
  #isSending = false;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#pause = new Pause(options.clock);
    this.#batchSize = Math.max(1, Math.min(largestBatch, Math.floor(options.capacity / 2)));
  }

  /** Entries that wait. */
  get size(): number {
    return this.#queue.length;
  }

  push(entry: Entry): void {
    if (this.#isClosed) return;
    this.#queue.push(entry);
    if (this.#queue.length > this.#options.capacity) this.#dropOne();
    if (!this.#isSending) void this.#send();
  }

  /** Gives up on what still waits. */
  close(): void {
    this.#isClosed = true;
    this.#pause.end();
  }

  #dropOne(): void {
    const needless = needlessIn(this.#queue, this.#sentCount);
    const [dropped] = this.#queue.splice(needless ?? this.#sentCount, 1);
    if (dropped === undefined) return;
    const { capacity, onWarning, onRefused } = this.#options;
    onWarning(
      'outbox-full',
      `more than ${capacity} entries wait for the registry; a "${dropped.kind}" about ${dropped.targetId} was dropped`,
    );
    if (needless === null) onRefused(dropped);
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    let pauseMs = firstPauseMs;
    while (this.#queue.length > 0 && !this.#isClosed) {
      const batch = this.#queue.slice(0, pauseMs === firstPauseMs ? this.#batchSize : 1);
      try {
        await this.#record(batch);
        pauseMs = firstPauseMs;
      } catch (error) {
        if (this.#isClosed) break;
        if (batch.length === 1 && isHopeless(error)) this.#discard(batch, messageOf(error));
        // After a failure entries go one by one, so that a bad one cannot hold up the rest.
        else if (!(await this.#pause.wait(pauseMs))) break;
        pauseMs = Math.min(pauseMs * 2, Math.max(this.#options.maxPauseMs, firstPauseMs * 2));
      }
    }
    this.#isSending = false;
  }

  async #record(batch: readonly Entry[]): Promise<void> {
    const { registry, clock, timeoutMs, onRecorded } = this.#options;
    this.#sentCount = batch.length;
    try {
      await withDeadline(clock, timeoutMs, () => registry.record(batch));
    } finally {
      this.#sentCount = 0;
    }
    this.#remove(batch);
    if (!this.#isClosed) for (const entry of batch) onRecorded(entry);
  }

  #discard(batch: readonly Entry[], message: string): void {
    this.#remove(batch);
    this.#options.onWarning(
      'registry-error',
      `the registry refuses an entry for good, so it was dropped: ${message}`,
    );
    for (const entry of batch) this.#options.onRefused(entry);
  }

  #remove(batch: readonly Entry[]): void {
    const gone = new Set(batch.map(({ operationId }) => operationId));
    this.#queue = this.#queue.filter(({ operationId }) => !gone.has(operationId));
  }
}

/** The place, from `first` on, of the oldest note, or else of the oldest word that a later one has replaced; null without. */
function needlessIn(queue: readonly Entry[], first: number): number | null {
  const note = queue.findIndex((entry, index) => index >= first && isNote(entry));
  if (note !== -1) return note;
  const spokenOf = new Set<string | null>();
  let oldest: number | null = null;
  for (let index = queue.length - 1; index >= first; index--) {
    const targetId = queue[index]?.targetId ?? null;
    if (spokenOf.has(targetId)) oldest = index;
    spokenOf.add(targetId);
  }
  return oldest;
}

function isNote(entry: Entry): boolean {
  return 'detail' in entry;
}

function isHopeless(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'invalid';
}
