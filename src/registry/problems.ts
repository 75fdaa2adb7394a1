/** Rows that cannot be used: skipped, counted and told once each, so that one of them never hides the others. */
import type { Logger } from '../ports/logger.ts';

/** How many different bad rows are told of before the log falls silent. */
const toldLimit = 1_000;

/** Counts rows that cannot be used, and tells of each problem once. */
export class Problems {
  readonly #logger: Logger | null;
  readonly #told = new Set<string>();
  #count = 0;
  #newest: string | null = null;

  constructor(logger: Logger | null) {
    this.#logger = logger;
  }

  /** Different rows that could not be used so far. */
  get count(): number {
    return this.#count;
  }

  /** What was found last of a row that cannot be used; null before. */
  get newest(): string | null {
    return this.#newest;
  }

  /** A row of `table` cannot be used. `key` names the row, `problem` says what was expected and what was found. */
  report(table: string, key: unknown, problem: string): void {
    const message = `A row of ${table} is passed over: ${problem}; mend or delete it.`;
    this.#newest = `${String(key)}: ${message}`;
    if (this.tell(table, key, message)) this.#count++;
  }

  /** A person should look at `table`, whose rows are used all the same. Says whether it is told for the first time. */
  tell(table: string, key: unknown, message: string): boolean {
    const id = `${table} ${String(key)} ${message}`;
    if (this.#told.has(id) || this.#told.size >= toldLimit) return false;
    this.#told.add(id);
    this.#logger?.warn({ component: 'registry', code: 'bad-row', table, key }, message);
    return true;
  }
}
