/**
 * One connection to a SQLite file, and what its driver says put into the registry's words. Every call here is
 * synchronous and never waits: a lock that another connection holds is an error at once. Waiting is the executor's.
 */
import { type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'libsql';
import { RegistryError } from '../../ports/registry.ts';
import type { SqlResult, SqlRow, SqlStatement, SqlValue } from '../sql/executor.ts';
import { sqlError } from '../sql/sql-error.ts';
import { OpenFile } from './open-file.ts';

/** Prepared statements kept; the least recently used one goes. */
const statementLimit = 256;

/** SQLITE_READONLY_DIRECTORY, which the driver has no name for. */
const readOnlyDirectory = 'UNKNOWN_SQLITE_ERROR_1544';

type Prepared = ReturnType<Database.Database['prepare']>;

/** Thrown when another process holds a lock: nothing has happened, and it may be tried again. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

export class Connection {
  /** Null once it is closed, so that nothing keeps the driver from letting go of the file. */
  #database: Database.Database | null;
  readonly #file: OpenFile;
  readonly #statements = new Map<string, Prepared>();

  constructor(path: string) {
    checkPath(path);
    try {
      this.#database = new Database(path, { timeout: 0 });
    } catch (error) {
      throw openError(path, error);
    }
    this.#file = new OpenFile(path);
  }

  /** Sets the file up for sharing. May throw `LockedError`, and then be called again. */
  prepareFile(path: string): void {
    const database = this.#open();
    try {
      database.exec('PRAGMA journal_mode = WAL');
      database.exec('PRAGMA synchronous = NORMAL');
      database.exec('PRAGMA foreign_keys = OFF');
    } catch (error) {
      throw isLocked(error)
        ? new LockedError('the file is locked', { cause: error })
        : openError(path, error);
    }
  }

  /**
   * Runs statements as one transaction. Throws `LockedError` when another process is in its way, and `unavailable` while
   * the file is not at its path any more.
   */
  transact(statements: readonly SqlStatement[], kind: 'read' | 'write'): SqlResult[] {
    const database = this.#open();
    this.#file.check();
    try {
      return this.#run(database, statements, kind);
    } catch (error) {
      rollBack(database);
      if (!isOfSchema(error)) throw translated(error);
    }
    try {
      // What this connection knows of the tables may be older than the file: one was dropped and made again. A trigger that
      // names it does not look, and any query does.
      database.exec('SELECT 1 FROM sqlite_master LIMIT 1');
      return this.#run(database, statements, kind);
    } catch (error) {
      rollBack(database);
      throw translated(error);
    }
  }

  #run(
    database: Database.Database,
    statements: readonly SqlStatement[],
    kind: 'read' | 'write',
  ): SqlResult[] {
    database.exec(kind === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN');
    const results = statements.map((statement) => this.#execute(database, statement));
    database.exec('COMMIT');
    this.#file.noteNew();
    return results;
  }

  #open(): Database.Database {
    if (this.#database !== null) return this.#database;
    throw new RegistryError('unavailable', 'This registry has been closed; open it again.');
  }

  #execute(database: Database.Database, { sql, values }: SqlStatement): SqlResult {
    const prepared = this.#prepare(database, sql);
    const bound = values.map(bind);
    if (!prepared.reader) return { rows: [], changes: prepared.run(bound).changes };
    // The driver's own rows keep the statement, and so the file, from being let go.
    return { rows: (prepared.all(bound) as SqlRow[]).map((row) => ({ ...row })), changes: 0 };
  }

  #prepare(database: Database.Database, sql: string): Prepared {
    const known = this.#statements.get(sql);
    const prepared = known ?? database.prepare(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, prepared);
    const oldest = this.#statements.keys().next();
    if (this.#statements.size > statementLimit && oldest.done !== true) this.#statements.delete(oldest.value);
    return prepared;
  }

  close(): void {
    this.#statements.clear();
    this.#database?.close();
    this.#database = null;
  }
}

function rollBack(database: Database.Database): void {
  try {
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // The transaction is over all the same once the connection is; the first error is the one to tell.
  }
}

/** The driver binds a plain number as REAL, which `||` and JSON would show as `1.0`. */
function bind(value: SqlValue): string | number | bigint | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function isOfSchema(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_SCHEMA' || /no such (table|column|view)/i.test(messageOf(error));
}

function isLocked(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function translated(error: unknown): Error {
  if (error instanceof RegistryError) return error;
  if (isLocked(error)) return new LockedError('the file is locked', { cause: error });
  return sqlError(messageOf(error), error);
}

/** Says what is wrong with a path before the driver says only "14". */
function checkPath(path: string): void {
  const file = resolve(path);
  const stats = statsOf(file);
  if (stats?.isDirectory() === true) {
    throw new RegistryError(
      'unavailable',
      `Expected a SQLite file at ${file}, found a directory; name a file in it, such as ${file}/cluster.db.`,
    );
  }
  if (stats === null && statsOf(dirname(file))?.isDirectory() !== true) {
    throw new RegistryError(
      'unavailable',
      `Expected a directory ${dirname(file)} for the SQLite file, found none; create it first.`,
    );
  }
}

function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function openError(path: string, error: unknown): RegistryError {
  const file = resolve(path);
  if (codeOf(error) === 'SQLITE_NOTADB') {
    return new RegistryError(
      'schema',
      `Expected a SQLite database at ${file}, found a file of another kind; name another file, or delete this one.`,
      { cause: error },
    );
  }
  if (codeOf(error) === readOnlyDirectory) {
    return new RegistryError(
      'unavailable',
      `Expected to open ${file}, which this user may read but not write, and no agent has it open: then SQLite cannot read it either, because it keeps two files beside it (-wal and -shm) that this user may not create. Do it as the agents' user, or while an agent runs, or with a copy of the file in a directory of your own.`,
      { cause: error },
    );
  }
  return new RegistryError(
    'unavailable',
    `Expected to open ${file} for reading and writing, but could not; check its permissions and those of its directory. The database says: ${messageOf(error)}`,
    { cause: error },
  );
}
