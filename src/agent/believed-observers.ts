/**
 * Which senders of probes are believed: those that the registry lists as alive in the epoch that they name. It is read
 * only when the ping port is pressed, and at most once a round, so that it costs nothing in the steady state.
 */
import type { NodeRecord } from '../core/node.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';

export interface BelievedObserversOptions {
  /** The rows of these nodes, as far as there are any. May reject. */
  readonly readNodes: (nodeIds: readonly string[]) => Promise<readonly NodeRecord[]>;
  /** The least time between two readings. */
  readonly everyMs: number;
  /** How many names are looked up at once. */
  readonly nameLimit: number;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
}

export class BelievedObservers {
  readonly #options: BelievedObserversOptions;
  /** The epoch of each that is believed. */
  #epochs: ReadonlyMap<string, number> = new Map();
  /** Those that are being looked up, and those that were before. */
  #asked: ReadonlySet<string> = new Set();
  #answered: ReadonlySet<string> = new Set();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: BelievedObserversOptions) {
    this.#options = options;
  }

  /** Whether the sender is believed. While it is being looked up for the first time it has the benefit of the doubt. */
  has({ nodeId, epoch }: PingSender): boolean {
    if (this.#epochs.get(nodeId) === epoch) return true;
    return this.#asked.has(nodeId) && !this.#answered.has(nodeId);
  }

  /**
   * The port is pressed, and these have connections: the ones that are believed are looked up again, and then the first of
   * the others. Does nothing when the last time is less than a round ago.
   */
  lookUp(senders: Iterable<PingSender>): void {
    const { now, everyMs, nameLimit } = this.#options;
    if (this.#asked.size > 0 || now() - this.#readAt < everyMs) return;
    const believed = new Set<string>();
    const others = new Set<string>();
    for (const { nodeId } of senders) (this.#epochs.has(nodeId) ? believed : others).add(nodeId);
    const names = [...believed, ...others].slice(0, nameLimit);
    if (names.length === 0) return;
    this.#readAt = now();
    this.#asked = new Set(names);
    void this.#read(names);
  }

  async #read(names: readonly string[]): Promise<void> {
    try {
      const rows = await this.#options.readNodes(names);
      const isAlive = ({ lifecycle }: NodeRecord): boolean =>
        lifecycle === 'alive' || lifecycle === 'maintenance';
      this.#epochs = new Map(rows.filter(isAlive).map(({ id, epoch }) => [id, epoch]));
      this.#answered = new Set(names);
    } catch {
      // What was known stands; the next round asks again.
    } finally {
      this.#asked = new Set();
    }
  }
}
