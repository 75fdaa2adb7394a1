/**
 * The registry's clock as this process knows it: what the leader's clock said, as a distance to the local
 * monotonic clock. The local wall clock, and so the time zone, plays no part. Reads nothing by itself.
 */

/** What may make two clocks that run freely drift apart, and the leader's clock be corrected slowly. */
const maxDrift = 0.001;

/** Instants are milliseconds since 1970 by the leader, or milliseconds of the monotonic clock. */
export class LeaderClock {
  #distanceMs: number | null = null;
  #errorMs = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #newest = Number.NEGATIVE_INFINITY;

  /** Monotonic instant at which it was last compared with the leader's; minus infinity when never. */
  get readAt(): number {
    return this.#readAt;
  }

  /**
   * Takes in what the leader's clock said at an unknown moment between `sentAt` and `receivedAt`, so that half
   * the round trip is the error. The distance moves no further than the new reading forces it to.
   */
  observe(leaderAt: number, sentAt: number, receivedAt: number): void {
    const errorMs = (receivedAt - sentAt) / 2 + 1;
    const middleMs = leaderAt - (sentAt + receivedAt) / 2;
    const oldMs = this.#distanceMs;
    if (oldMs === null) {
      this.#distanceMs = middleMs;
    } else {
      this.#distanceMs = Math.min(Math.max(oldMs, middleMs - errorMs), middleMs + errorMs);
      const blurMs = this.#errorMs + maxDrift * (receivedAt - this.#readAt);
      // A step back that no error explains: the leader, or its clock, is another one. It is the registry's all the same.
      if (oldMs - this.#distanceMs > blurMs) this.#newest = Number.NEGATIVE_INFINITY;
    }
    this.#errorMs = errorMs;
    this.#readAt = Math.max(this.#readAt, receivedAt);
  }

  /** The leader's time at the monotonic instant `at`, whole; null before the first reading. Stands still rather than go back by an error of reading. */
  read(at: number): number | null {
    if (this.#distanceMs === null) return null;
    this.#newest = Math.max(this.#newest, Math.floor(this.#distanceMs + at));
    return this.#newest;
  }
}
