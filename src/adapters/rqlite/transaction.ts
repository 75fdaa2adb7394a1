/**
 * How a transaction becomes one request that does all of it or nothing.
 *
 * `/db/execute?transaction` does so, but gives no rows. `/db/request?transaction` gives rows, but has a hole (seen with
 * 8.26.8). A statement that SQLite cannot prepare, such as one that names a column that is not there, is passed over, and
 * the others are committed. An error while a statement runs does end the transaction. Therefore a transaction
 * with reading statements has its texts checked first, each once: they are explained, not run. What remains is a table
 * that is dropped or changed by hand while this process runs; that is reported as `schema`, and may be half done.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { SqlResult, SqlStatement } from '../sql/executor.ts';
import type { RqliteClient } from './client.ts';

const maxCheckedCount = 1_000;

/** Transactions of one client. */
export class Transactions {
  readonly #client: RqliteClient;
  readonly #checked = new Set<string>();

  constructor(client: RqliteClient) {
    this.#client = client;
  }

  /** Runs statements, which must be idempotent, as one transaction. */
  async run(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    const endsAt = this.#client.deadline();
    const readingCount = statements.filter(isReading).length;
    if (readingCount === 0) {
      return (await this.#client.write('/db/execute?transaction', statements, endsAt)).results;
    }
    if (readingCount < statements.length) await this.#check(statements, endsAt);
    try {
      // The level is for a transaction that turns out to be without a write.
      return (await this.#client.write('/db/request?transaction&level=strong', statements, endsAt)).results;
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'schema') this.#checked.clear();
      throw error;
    }
  }

  async #check(statements: readonly SqlStatement[], endsAt: number): Promise<void> {
    const unchecked = new Map<string, SqlStatement>();
    for (const statement of statements) {
      if (!this.#checked.has(statement.sql)) unchecked.set(statement.sql, statement);
    }
    if (unchecked.size === 0) return;
    await this.#client.explain([...unchecked.values()], endsAt);
    if (this.#checked.size + unchecked.size > maxCheckedCount) this.#checked.clear();
    for (const text of unchecked.keys()) this.#checked.add(text);
  }
}

/** By its first word; a write that begins with WITH counts as reading, which costs a check and nothing else. */
function isReading({ sql }: SqlStatement): boolean {
  return /^\s*(select|values|with)\b/i.test(sql);
}
