/**
 * Writes event lines to a stream. A reader that stalls or a full disk never stalls or ends the agent: lines are dropped
 * and counted.
 */
import type { EventLine } from './event-lines.ts';

/** The part of a stream that is used. */
export interface LineSink {
  readonly writableLength: number;
  /** `onWritten` is called with an error when the text was not written, or not whole. */
  write(text: string, onWritten: (error?: Error | null) => void): unknown;
}

/** A reader that takes nothing must not fill this process's memory. */
const longestQueueBytes = 1_000_000;

export class EventWriter {
  readonly #sink: LineSink;
  readonly #nodeId: string;
  #droppedCount = 0;
  /** A line of which a part was written must not swallow the next one. */
  #isTorn = false;

  constructor(sink: LineSink, nodeId: string) {
    this.#sink = sink;
    this.#nodeId = nodeId;
  }

  /** Writes a line, or counts it as dropped where it cannot be written; the next that is written comes after `dropped`. */
  write(line: EventLine): void {
    if (this.#sink.writableLength > longestQueueBytes) {
      this.#droppedCount++;
      return;
    }
    const count = this.#droppedCount;
    this.#droppedCount = 0;
    const dropped = { at: line.at, event: 'dropped', nodeId: this.#nodeId, count };
    const note = count === 0 ? '' : `${JSON.stringify(dropped)}\n`;
    const text = `${this.#isTorn ? '\n' : ''}${note}${JSON.stringify(line)}\n`;
    this.#isTorn = false;
    this.#sink.write(text, (error) => {
      if (error === undefined || error === null) return;
      this.#droppedCount += count + 1;
      this.#isTorn = true;
    });
  }
}
