/** The shared registry of a cluster of machines: an rqlite cluster that is there already. */
import type { Logger } from '../../ports/logger.ts';
import type { DisposableRegistry } from '../../ports/registry.ts';
import { SqlRegistry } from '../sql/registry.ts';
import { openRqliteExecutor, type RqliteOptions } from './executor.ts';
import { parseRqliteUrl } from './url.ts';

/** How an rqlite registry is opened, beyond what its URL says. */
export interface RqliteRegistryOptions extends RqliteOptions {
  /** Told of rows that cannot be read. Default: none. */
  readonly logger?: Logger | undefined;
}

/**
 * Opens `rqlite://[user:password@]host[:port][,host[:port]…][?parameters]`; nothing is asked until the first call.
 * Parameters:
 * - `timeout`: one request, default 1.5s.
 * - `deadline`: one call with its repetitions, default 4.5s.
 * - `freshness`: how long a host may have been without the leader and still be read, default 5s.
 * - `connections`: to one host, default 2.
 * - `tls`, `ca`, `cert`, `key` (PEM files), `insecure`. `rqlites://` is TLS as well.
 *
 * Rejects with a `RegistryError` (`invalid`) for a URL that cannot be used; never shows the password.
 */
export async function openRqliteRegistry(
  url: string,
  options: RqliteRegistryOptions = {},
): Promise<DisposableRegistry> {
  return new SqlRegistry(openRqliteExecutor(parseRqliteUrl(url), options), { logger: options.logger });
}
