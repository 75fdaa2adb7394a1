/** Says of something that repeats when to tell of it: at once, and then ever more seldom. */

/** The second time is told after this long at the soonest. */
const firstPauseMs = 10_000;

export class Seldom {
  #pauseMs = firstPauseMs;
  #dueAt = Number.NEGATIVE_INFINITY;

  /** Whether to tell of it now; the pause doubles each time. */
  isDue(now: number): boolean {
    if (now < this.#dueAt) return false;
    if (this.#dueAt !== Number.NEGATIVE_INFINITY) this.#pauseMs *= 2;
    this.#dueAt = now + this.#pauseMs;
    return true;
  }
}
