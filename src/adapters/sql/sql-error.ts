/** Turns what a database says of a statement into a registry's error. The same words come from SQLite itself and through rqlite. */
import { RegistryError, type RegistryErrorCode } from '../../ports/registry.ts';

/**
 * The error for a statement that the database refused; `message` is the database's own.
 * Not for errors of the connection or of the cluster, which only the executor understands.
 */
export function sqlError(message: string, cause?: unknown): RegistryError {
  const code = codeOf(message);
  return new RegistryError(code, `${explain(message, code)} The database says: ${message}`, { cause });
}

function codeOf(message: string): RegistryErrorCode {
  if (/database (table )?is locked|busy/i.test(message)) return 'unavailable';
  if (/disk is full|disk I\/O error|readonly database|unable to open/i.test(message)) return 'unavailable';
  if (
    /no such (table|column)|has no column|constraint failed|datatype mismatch|cannot store/i.test(message)
  ) {
    return 'schema';
  }
  return 'invalid';
}

/** What to say of a table that is not there: the database is new, or of the original alone. */
export function missingTable(table: string): string {
  return `Expected a table ${table}, found none: no agent has been started with this database yet. Start one, which creates what is missing (a program of your own calls migrate() of its registry).`;
}

function explain(message: string, code: RegistryErrorCode): string {
  const table = /no such table: (\S+)/.exec(message)?.[1];
  if (table !== undefined) return missingTable(table);
  if (/no such column|has no column/.test(message)) {
    return 'Expected the tables of Ringwatch or of its original, found tables of another shape; give it a database of its own or add the missing column.';
  }
  if (code === 'schema') {
    return 'A table refused a row of Ringwatch; compare its columns and constraints with the reference, or give Ringwatch a database of its own.';
  }
  if (code === 'unavailable')
    return 'The database could not be used; make sure that it is reachable and writable.';
  return 'The database refused a statement of Ringwatch.';
}
