/** A registry in a PostgreSQL database that is there already, in a schema of its own. */
import type { Logger } from '../../ports/logger.ts';
import type { DisposableRegistry } from '../../ports/registry.ts';
import { SqlRegistry } from '../sql/registry.ts';
import { PostgresExecutor } from './executor.ts';
import { openPostgresExecutor } from './open.ts';
import type { PostgresPool } from './pool.ts';
import { checkSchema, parsePostgresUrl } from './url.ts';

/** How a registry uses a pool of yours. */
export interface PostgresRegistryOptions {
  /** A `Pool` of `pg`. It is yours to end; while the registry is open, errors of its idle connections end no process. */
  readonly pool: PostgresPool;
  /** Where the tables are. Default `ringwatch`. */
  readonly schema?: string | undefined;
  /** A call that takes longer fails. Default 4,500, below the monitor's own limit of 5 s. */
  readonly callTimeoutMs?: number | undefined;
  /** Told of rows that cannot be read. Default: none. */
  readonly logger?: Logger | undefined;
}

/** A registry on your own pool of connections. Throws a `RegistryError` (`invalid`) for a schema that cannot be used. */
export class PostgresRegistry extends SqlRegistry {
  constructor({ pool, schema = 'ringwatch', callTimeoutMs = 4_500, logger }: PostgresRegistryOptions) {
    const options = { pool, schema: checkSchema(schema), deadlineMs: callTimeoutMs };
    super(new PostgresExecutor(options), { logger });
  }
}

/** How a registry with connections of its own is opened, beyond what its URL says. */
export interface OpenPostgresOptions {
  /** A bound of one call that is shorter than the URL's `deadline`. Default: that. */
  readonly callTimeoutMs?: number | undefined;
  /** Told of rows that cannot be read. Default: none. */
  readonly logger?: Logger | undefined;
}

/**
 * Opens `postgres://[user[:password]@]host[:port]/database[?parameters]`; nothing is asked until the first call. Needs the
 * package `pg`, which reads what is not in the URL from PGHOST and the like, and the password from pgpass. Parameters:
 * - `schema`: where the tables are, default ringwatch.
 * - `connections`: at most, default 1.
 * - `deadline`: one call with its repetitions, default 4.5s.
 * - `password-file`: a file whose first line is the password.
 * - `sslmode` and all others: for `pg`.
 *
 * Rejects with a `RegistryError` (`invalid`) for a URL that cannot be used, or without `pg`; never shows the password.
 */
export async function openPostgresRegistry(
  url: string,
  { callTimeoutMs, logger }: OpenPostgresOptions = {},
): Promise<DisposableRegistry> {
  return new SqlRegistry(await openPostgresExecutor(parsePostgresUrl(url), callTimeoutMs), { logger });
}

export type { PostgresClient, PostgresPool, PostgresQuery } from './pool.ts';
