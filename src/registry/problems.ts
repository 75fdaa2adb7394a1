/** Rows that cannot be read: skipped, counted and told once each, so that one of them never hides the others. */
import type { Logger } from '../ports/logger.ts';

/** How many different bad rows are told of before the log falls silent. */
const toldLimit = 1_000;

/** Counts bad rows and tells of each one once. */
export class Problems {
  readonly #logger: Logger | null;
  readonly #told = new Set<string>();
  #count = 0;

  constructor(logger: Logger | null) {
    this.#logger = logger;
  }

  /** Different bad rows met so far. */
  get count(): number {
    return this.#count;
  }

  /** A row of `table` cannot be used. `key` names the row, `problem` says what was expected and what was found. */
  report(table: string, key: unknown, problem: string): void {
    this.tell(table, key, `A row of ${table} is passed over: ${problem}; mend or delete it.`);
  }

  /** A row of `table` is used all the same; a person should look at it. */
  tell(table: string, key: unknown, message: string): void {
    const id = `${table} ${String(key)} ${message}`;
    if (this.#told.has(id) || this.#told.size >= toldLimit) return;
    this.#told.add(id);
    this.#count++;
    this.#logger?.warn({ component: 'registry', code: 'bad-row', table, key }, message);
  }
}
