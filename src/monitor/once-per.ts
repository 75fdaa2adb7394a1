/** Remembers by key what was told, so that what repeats is told once, or again only after a delay. */

export interface OncePerOptions {
  /** How many keys are remembered; the key that was told longest ago is forgotten first. */
  readonly capacity: number;
  /** After how long a key may be told again. Default: never. */
  readonly repeatAfterMs?: number;
  /** Exponential back-off: by what the delay grows with each repeat. Default: 1. */
  readonly backoffFactor?: number;
}

interface Told {
  readonly dueAt: number;
  readonly delayMs: number;
}

export class OncePer<Key> {
  readonly #options: Required<OncePerOptions>;
  readonly #told = new Map<Key, Told>();

  constructor({ capacity, repeatAfterMs = Number.POSITIVE_INFINITY, backoffFactor = 1 }: OncePerOptions) {
    this.#options = { capacity, repeatAfterMs, backoffFactor };
  }

  /** Whether to tell of `key` now; then it counts as told. */
  isDue(key: Key, now: number): boolean {
    const { capacity, repeatAfterMs, backoffFactor } = this.#options;
    const last = this.#told.get(key);
    if (last !== undefined && now < last.dueAt) return false;
    const delayMs = last === undefined ? repeatAfterMs : last.delayMs * backoffFactor;
    // Deleted first, since a map keeps a known key at its old position.
    this.#told.delete(key);
    this.#told.set(key, { dueAt: now + delayMs, delayMs });
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= capacity) break;
      this.#told.delete(oldest);
    }
    return true;
  }
}
