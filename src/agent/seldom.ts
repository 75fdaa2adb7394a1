/** Says of something that repeats when to tell of it: at once, and then ever more seldom. */

/** The second time is told after this long at the soonest. */
const firstDelayMs = 10_000;

export class Seldom {
  #scopeMs = firstDelayMs;
  #dueAt = Number.NEGATIVE_INFINITY;

  /** Whether to tell of it now; the pause doubles each time. */
  isDue(now: number): boolean {
    if (now < this.#dueAt) return false;
    if (this.#dueAt !== Number.NEGATIVE_INFINITY) this.#scopeMs *= 2;
    this.#dueAt = now + this.#scopeMs;
    return true;
  }
}
