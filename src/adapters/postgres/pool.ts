/** What of the package `pg` is used, and a pool of a registry's own. */
import { RegistryError } from '../../ports/registry.ts';
import { readPasswordFile } from '../sql/password-file.ts';
import type { PostgresAddress } from './url.ts';

/** A pool of connections, as `pg` has it: what is used of it. */
export interface PostgresPool extends Failing {
  /** Calls back at the moment at which the connection is given: from then on it tells its user of errors, and not its pool. */
  connect(callback: (error: Error | undefined, client: PostgresClient | undefined) => void): void;
}

/** What tells of connections that are lost; without a listener that would end the process. */
interface Failing {
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

/** A connection of a pool. */
export interface PostgresClient extends Failing {
  query(config: PostgresQuery): Promise<unknown>;
  /** Gives it back; with true it is ended. */
  release(isBroken?: boolean): void;
}

/** One query; without values it may have many statements. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: (string | number | null)[];
  /** It is prepared once in each connection under this name. */
  readonly name?: string;
  readonly types?: { getTypeParser(oid: number, format?: string): (text: string) => unknown };
}

/** A pool that its owner ends. */
export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/** Makes the pool for a URL; connects to nothing yet. Throws `invalid` without the package `pg`, or its password file. */
export async function makePool(address: PostgresAddress): Promise<OwnPool> {
  const { connectionString, passwordFile, connectionCount, deadlineMs } = address;
  let loaded: typeof import('pg');
  try {
    loaded = await import('pg');
  } catch (cause) {
    const found = 'Expected the package pg, which speaks to PostgreSQL, but it could not be loaded';
    throw new RegistryError('invalid', `${found}; install it: npm install pg.`, { cause });
  }
  const pool = new loaded.default.Pool({
    connectionString: withPassword(connectionString, passwordFile),
    application_name: 'ringwatch',
    max: connectionCount,
    connectionTimeoutMillis: Math.min(3_000, deadlineMs),
    // An idle connection is the normal case between two heartbeats.
    idleTimeoutMillis: 0,
    keepAlive: true,
  });
  // Also while it is ended.
  pool.on('error', () => undefined);
  return pool;
}

/** What the string says, `pg` puts before everything that stands beside it. */
function withPassword(connectionString: string, passwordFile: string | null): string {
  if (passwordFile === null) return connectionString;
  const parameter = `password=${encodeURIComponent(readPasswordFile(passwordFile))}`;
  return `${connectionString}${connectionString.includes('?') ? '&' : '?'}${parameter}`;
}
