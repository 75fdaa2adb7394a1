/**
 * Statements and notes on their way to the registry: bounded, in order, and retried until the registry has them. A full
 * outbox drops notes first, then statements that a later one on the same target has replaced, with a warning. The core
 * is told of each statement that the registry will never have, so that it can be made again.
 */
import type { Clock } from '../ports/clock.ts';
import { type Entry, type Registry, RegistryError } from '../ports/registry.ts';
import { CancelScope } from './cancel-scope.ts';
import { messageOf } from './emitter.ts';
import type { Outage } from './outage.ts';
import type { RegistryMeter } from './registry-meter.ts';

export interface OutboxOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly outage: Pick<Outage, 'noteFailure' | 'noteSuccess'>;
  readonly capacity: number;
  /** Makes each write. */
  readonly meter: Pick<RegistryMeter, 'ask'>;
  /** Longest wait between two tries. */
  readonly maxDelayMs: number;
  /** The registry has it. */
  readonly onRecorded: (entry: Entry) => void;
  /** The registry will never have it: it was refused for good, or there was no room for it. */
  readonly onRefused: (entry: Entry) => void;
  /** It could not be written, and is tried again; told at the first failure. */
  readonly onFailed: (entry: Entry, error: unknown) => void;
  readonly onWarning: (code: 'outbox-full' | 'registry-error', message: string) => void;
}

/** Entries in one write, at most; half of a small outbox, so that the other half has room for what comes meanwhile. */
const largestBatch = 50;

const firstDelayMs = 100;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #scope: CancelScope;
  readonly #batchSize: number;
  #queue: Entry[] = [];
  /** How many of the first ones may be on their way already. */
  #sentCount = 0;
  #isSending = false;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#scope = new CancelScope(options.clock);
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
    this.#scope.cancel();
  }

  #dropOne(): void {
    const droppable = droppableIndex(this.#queue, this.#sentCount);
    const [dropped] = this.#queue.splice(droppable ?? this.#sentCount, 1);
    if (dropped === undefined) return;
    const { capacity, onWarning, onRefused } = this.#options;
    onWarning(
      'outbox-full',
      `more than ${capacity} entries wait for the registry; a "${dropped.kind}" about ${dropped.targetId} was dropped`,
    );
    if (droppable === null) onRefused(dropped);
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    let delayMs = firstDelayMs;
    while (this.#queue.length > 0 && !this.#isClosed) {
      const batch = this.#queue.slice(0, delayMs === firstDelayMs ? this.#batchSize : 1);
      try {
        await this.#record(batch);
        delayMs = firstDelayMs;
      } catch (error) {
        if (this.#isClosed) break;
        if (batch.length === 1 && isPermanent(error)) this.#discard(batch, messageOf(error));
        else {
          if (delayMs === firstDelayMs) for (const entry of batch) this.#options.onFailed(entry, error);
          // After a failure entries go one by one, so that a bad one cannot hold up the rest.
          if (!isPermanent(error)) this.#options.outage.noteFailure('record', error);
          if (!(await this.#scope.wait(delayMs))) break;
        }
        delayMs = Math.min(delayMs * 2, Math.max(this.#options.maxDelayMs, firstDelayMs * 2));
      }
    }
    this.#isSending = false;
  }

  async #record(batch: readonly Entry[]): Promise<void> {
    const { registry, meter, outage, onRecorded } = this.#options;
    this.#sentCount = batch.length;
    try {
      await meter.ask(() => registry.record(batch));
    } finally {
      this.#sentCount = 0;
    }
    this.#remove(batch);
    if (this.#isClosed) return;
    outage.noteSuccess('record');
    for (const entry of batch) onRecorded(entry);
  }

  #discard(batch: readonly Entry[], message: string): void {
    this.#remove(batch);
    // It is not written again, so no write of it will end an outage.
    this.#options.outage.noteSuccess('record');
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

/** The index, from `first` on, of the oldest note, else of the oldest statement that a later one has replaced, else null. */
function droppableIndex(queue: readonly Entry[], first: number): number | null {
  const note = queue.findIndex((entry, index) => index >= first && isNote(entry));
  if (note !== -1) return note;
  const targetsSeen = new Set<string | null>();
  let oldest: number | null = null;
  for (let index = queue.length - 1; index >= first; index--) {
    const targetId = queue[index]?.targetId ?? null;
    if (targetsSeen.has(targetId)) oldest = index;
    targetsSeen.add(targetId);
  }
  return oldest;
}

function isNote(entry: Entry): boolean {
  return 'detail' in entry;
}

function isPermanent(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'invalid';
}
