/** The embedded registry: a SQLite file in WAL mode that several processes on one machine share. */
import type { Logger } from '../../ports/logger.ts';
import type { DisposableRegistry } from '../../ports/registry.ts';
import { SqlRegistry } from '../sql/registry.ts';
import { SqliteExecutor } from './executor.ts';
import { parseSqliteUrl } from './url.ts';

/** How a SQLite registry is opened, beyond where it is. */
export interface SqliteRegistryOptions {
  /** How long a call waits for other processes' locks before it fails as `unavailable`. Default 5,000. */
  readonly lockTimeoutMs?: number | undefined;
  /** Told of rows that cannot be read. Default: none. */
  readonly logger?: Logger | undefined;
  /** The registry's clock, milliseconds since 1970; for tests. Default: the machine's. */
  readonly now?: (() => number) | undefined;
}

/**
 * Opens `./cluster.db` or `sqlite:./cluster.db`, creating the file when there is none. The tables are `migrate()`'s.
 * Rejects with a `RegistryError` when the file cannot be used.
 */
export async function openSqliteRegistry(
  address: string,
  options: SqliteRegistryOptions = {},
): Promise<DisposableRegistry> {
  const executor = await SqliteExecutor.open(parseSqliteUrl(address).path, options);
  return new SqlRegistry(executor, { logger: options.logger });
}
