/** A limit on how often something may happen: so many at once, and so many a second after that. */

export interface TokenBucketOptions {
  /** How many at once. */
  readonly burst: number;
  readonly perSecond: number;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
  }

  /** Whether it may happen now; then it counts as having happened. `now` is monotonic, milliseconds. */
  take(now: number): boolean {
    const { burst, perSecond } = this.#options;
    const elapsedMs = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(burst, this.#tokens + (elapsedMs / 1_000) * perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
