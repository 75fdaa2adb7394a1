/**
 * Tells of new lines on verdicts, obituaries and returns soon after they were written, where the database can tell of writes.
 * Heartbeats write too, and are not told of. Not for: what must not be missed, which the rounds read.
 */
import type { SqlExecutor } from './executor.ts';

/** The least time between two looks. */
const gapMs = 100;
/** The least time between two returns that are told of: many nodes may begin anew one after the other. */
const returnGapMs = 2_000;

/** The log is long: only what came after a place in it is looked at. A first join is no return. */
const newestLine = `SELECT MAX(id) AS id, MAX(kind <> 'joined') AS is_end FROM ringwatch_events
  WHERE id > ? AND (kind IN ('verdict', 'obituary') OR (kind = 'joined' AND target_epoch > 1))`;
const newestOfAll = 'SELECT MAX(id) AS id FROM ringwatch_events';

export class ChangeWatch {
  readonly #executor: SqlExecutor;
  readonly #listeners = new Set<() => void>();
  #endListening: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isLooking = false;
  #hasMore = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Up to which line all is known; null before the first look. */
  #knownId: number | null = null;

  constructor(executor: SqlExecutor) {
    this.#executor = executor;
  }

  /** Adds a listener; returns what takes it away. */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#endListening ??= this.#executor.onWrite?.(() => this.#lookSoon()) ?? null;
    if (this.#endListening !== null) this.#lookSoon();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.end();
    };
  }

  /** Tells of nothing more, until there is a listener again. */
  end(): void {
    this.#endListening?.();
    this.#endListening = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #lookSoon(): void {
    this.#hasMore = true;
    if (this.#isLooking || this.#timer !== null || this.#endListening === null) return;
    const delayMs = Math.max(0, this.#lookedAt + gapMs - performance.now());
    this.#timer = setTimeout(() => void this.#look(), delayMs);
    this.#timer.unref();
  }

  #tell(): void {
    this.#toldAt = performance.now();
    for (const listener of this.#listeners) listener();
  }

  async #look(): Promise<void> {
    this.#timer = null;
    this.#isLooking = true;
    this.#hasMore = false;
    this.#lookedAt = performance.now();
    const known = this.#knownId;
    try {
      const statement =
        known === null ? { sql: newestOfAll, values: [] } : { sql: newestLine, values: [known] };
      const [result] = await this.#executor.read([statement], 'cheap');
      const { id, is_end: isEnd } = result?.rows[0] ?? {};
      if (known === null) this.#knownId = typeof id === 'number' ? id : 0;
      else if (typeof id === 'number') {
        this.#knownId = id;
        if (isEnd === 1 || performance.now() - this.#toldAt >= returnGapMs) this.#tell();
      }
    } catch {
      // The next write is looked at, or a round reads what this one was.
    } finally {
      this.#isLooking = false;
      if (this.#hasMore) this.#lookSoon();
    }
  }
}
