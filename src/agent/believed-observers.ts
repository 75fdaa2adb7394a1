/**
 * Which senders of probes are believed: those that the registry lists as alive in the epoch that they name. It is read
 * only when the ping port is pressed, and at most once a round, so that it costs nothing in the steady state.
 */
import type { NodeRecord } from '../core/node.ts';
import type { PingSender } from '../core/ping-sender.ts';

export interface BelievedObserversOptions {
  /** The rows of these nodes, as far as there are any. May reject. */
  readonly readNodes: (nodeIds: readonly string[]) => Promise<readonly NodeRecord[]>;
  /** The least time between two readings. */
  readonly everyMs: number;
  /** How many new names are looked up at once. */
  readonly nameLimit: number;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
}

export class BelievedObservers {
  readonly #options: BelievedObserversOptions;
  /** The epoch of each that is believed. */
  #epochs: ReadonlyMap<string, number> = new Map();
  /** Ids that have asked since the last reading, and believed ones that had asked before it. */
  readonly #heard = new Set<string>();
  #asked: readonly string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #isReading = false;

  constructor(options: BelievedObserversOptions) {
    this.#options = options;
  }

  has({ nodeId, epoch }: PingSender): boolean {
    return this.#epochs.get(nodeId) === epoch;
  }

  /** The port is pressed, and this sender asks; null for none. However many other names come, a believed one stays so. */
  lookUp(sender: PingSender | null): void {
    const { now, everyMs, nameLimit } = this.#options;
    if (sender !== null && (this.has(sender) || this.#heard.size < nameLimit)) this.#heard.add(sender.nodeId);
    if (this.#isReading || this.#heard.size === 0 || now() - this.#readAt < everyMs) return;
    this.#isReading = true;
    this.#readAt = now();
    const names = new Set([...this.#asked, ...this.#heard]);
    this.#asked = [...this.#heard].filter((id) => this.#epochs.has(id));
    this.#heard.clear();
    void this.#read([...names]);
  }

  async #read(names: readonly string[]): Promise<void> {
    try {
      const rows = await this.#options.readNodes(names);
      const isAlive = ({ lifecycle }: NodeRecord): boolean =>
        lifecycle === 'alive' || lifecycle === 'maintenance';
      this.#epochs = new Map(rows.filter(isAlive).map(({ id, epoch }) => [id, epoch]));
    } catch {
      // What was known stands; the next round asks again.
    } finally {
      this.#isReading = false;
    }
  }
}
