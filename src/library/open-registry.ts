/** Opens the registry that a URL means. Only the driver that is used is loaded. */
import type { Logger } from '../ports/logger.ts';
import type { Registry } from '../ports/registry.ts';
import { asConfigError, registryKindOf } from './registry-url.ts';

/** How any registry is opened, beyond its address. */
export interface OpenRegistryOptions {
  /** Told of rows that cannot be used as they are. Default: silent. */
  readonly logger?: Logger | undefined;
  /**
   * A call that takes longer fails, and says what was in its way. Default: 5,000 at a SQLite file, and for rqlite what
   * the URL says, which is also the most.
   */
  readonly callTimeoutMs?: number | undefined;
}

/**
 * Opens `sqlite:./cluster.db` (a file that processes of one machine share) or `rqlite://user:pass@host:4001,host2:4001`
 * (a cluster). The caller closes it. Throws `ConfigError` for a URL that is neither, or that cannot be used, and
 * `RegistryError` for a file that cannot be opened.
 */
export async function openRegistry(
  url: string,
  { logger, callTimeoutMs }: OpenRegistryOptions = {},
): Promise<Registry> {
  if (registryKindOf(url) === 'sqlite') {
    const { openSqliteRegistry } = await import('../adapters/sqlite/index.ts');
    return openSqliteRegistry(url, { logger, lockTimeoutMs: callTimeoutMs });
  }
  const { openRqliteRegistry } = await import('../adapters/rqlite/index.ts');
  try {
    return await openRqliteRegistry(url, { logger, callTimeoutMs });
  } catch (error) {
    // The URL names files too, which are read now.
    throw asConfigError(error);
  }
}
