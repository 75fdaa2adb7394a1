/** Writes event lines to a stream. A reader that stalls never stalls the agent: lines are dropped and counted. */
import type { EventLine } from './event-lines.ts';

/** The part of a stream that is used. */
export interface LineSink {
  readonly writableLength: number;
  write(text: string): unknown;
}

/** A reader that takes nothing must not fill this process's memory. */
const longestQueueBytes = 1_000_000;

export class EventWriter {
  readonly #sink: LineSink;
  readonly #observer: string;
  #droppedCount = 0;

  constructor(sink: LineSink, observer: string) {
    this.#sink = sink;
    this.#observer = observer;
  }

  /** Writes a line, or counts it as dropped while the reader is too far behind; the next line is then `dropped`. */
  write(line: EventLine): void {
    if (this.#sink.writableLength > longestQueueBytes) {
      this.#droppedCount++;
      return;
    }
    if (this.#droppedCount > 0) {
      const dropped = { at: line.at, event: 'dropped', node: null, observer: this.#observer };
      this.#sink.write(`${JSON.stringify({ ...dropped, count: this.#droppedCount })}\n`);
      this.#droppedCount = 0;
    }
    this.#sink.write(`${JSON.stringify(line)}\n`);
  }
}
