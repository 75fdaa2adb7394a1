/**
 * Statements and notes on their way to the registry: bounded, in order, and patient. Nothing that was said is
 * lost in an outage unless the outbox is full; then the oldest notes go first, with a warning.
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
  readonly onWarning: (code: 'outbox-full' | 'registry-error', message: string) => void;
}

/** Entries in one write. */
const batchSize = 50;

const firstPauseMs = 100;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #pause: Pause;
  #queue: Entry[] = [];
  #isSending = false;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#pause = new Pause(options.clock);
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
    // The head may be on its way already, so it stays.
    const note = this.#queue.findIndex((entry, index) => index > 0 && 'detail' in entry);
    const [dropped] = this.#queue.splice(note === -1 ? Math.min(1, this.#queue.length - 1) : note, 1);
    const { capacity, onWarning } = this.#options;
    onWarning(
      'outbox-full',
      `more than ${capacity} entries wait for the registry; a "${dropped?.kind}" about ${dropped?.targetId} was dropped`,
    );
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    let pauseMs = firstPauseMs;
    while (this.#queue.length > 0 && !this.#isClosed) {
      const batch = this.#queue.slice(0, pauseMs === firstPauseMs ? batchSize : 1);
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
    await withDeadline(clock, timeoutMs, () => registry.record(batch));
    this.#remove(batch);
    if (!this.#isClosed) for (const entry of batch) onRecorded(entry);
  }

  #discard(batch: readonly Entry[], message: string): void {
    this.#remove(batch);
    this.#options.onWarning(
      'registry-error',
      `the registry refuses an entry for good, so it was dropped: ${message}`,
    );
  }

  #remove(batch: readonly Entry[]): void {
    const gone = new Set(batch.map(({ operationId }) => operationId));
    this.#queue = this.#queue.filter(({ operationId }) => !gone.has(operationId));
  }
}

function isHopeless(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'invalid';
}
