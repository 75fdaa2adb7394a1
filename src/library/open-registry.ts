/** Opens the registry that a URL means. Only the driver that is used is loaded. */
import type { SqlExecutor } from '../adapters/sql/executor.ts';
import { ConfigError } from '../core/settings/config.ts';
import { type Duration, inMilliseconds } from '../core/settings/duration.ts';
import type { Logger } from '../ports/logger.ts';
import type { DisposableRegistry } from '../ports/registry.ts';
import { asConfigError, parseRegistryUrl, type RegistryAddress } from './registry-url.ts';

/** How any registry is opened, beyond its address. */
export interface OpenRegistryOptions {
  /** Told of rows that cannot be used as they are. Default: silent. */
  readonly logger?: Logger | undefined;
  /**
   * A call that takes longer fails, and says what was in its way. Default: 5,000 at a SQLite file, and for the others
   * what the URL says, which is also the most.
   */
  readonly callTimeoutMs?: Duration | undefined;
}

/**
 * Opens `sqlite:./cluster.db` (a file that processes of one machine share), `rqlite://user:pass@host:4001,host2:4001`
 * (a cluster) or `postgres://user:pass@host/database` (with the package `pg`). The caller closes it. Throws `ConfigError`
 * for a URL that is none of these, or that cannot be used, and `RegistryError` for a file that cannot be opened.
 */
export async function openRegistry(url: string, options?: OpenRegistryOptions): Promise<DisposableRegistry> {
  return openRegistryAt(parseRegistryUrl(url), options);
}

/** Opens the registry at an address that was read from a URL; see `openRegistry`. */
export async function openRegistryAt(
  address: RegistryAddress,
  options: OpenRegistryOptions = {},
): Promise<DisposableRegistry> {
  const { logger, callTimeoutMs } = inMilliseconds(options);
  if (typeof callTimeoutMs === 'string') {
    const message = `expected milliseconds or a duration such as "5s", got ${JSON.stringify(callTimeoutMs)}`;
    throw new ConfigError([{ path: 'callTimeoutMs', message }]);
  }
  const executor = await openExecutor(address, callTimeoutMs);
  const { SqlRegistry } = await import('../adapters/sql/registry.ts');
  return new SqlRegistry(executor, { logger });
}

/** Loads what opens the registry at the address, so that a caller can leave that out of a time that it measures. */
export async function loadDriver({ kind }: RegistryAddress): Promise<void> {
  await Promise.all([import('../adapters/sql/registry.ts'), drivers[kind]()]);
}

const drivers = {
  sqlite: () => import('../adapters/sqlite/executor.ts'),
  rqlite: () => import('../adapters/rqlite/executor.ts'),
  postgres: () => import('../adapters/postgres/open.ts'),
};

async function openExecutor(address: RegistryAddress, callTimeoutMs?: number): Promise<SqlExecutor> {
  switch (address.kind) {
    case 'sqlite': {
      const { SqliteExecutor } = await drivers.sqlite();
      return SqliteExecutor.open(address.path, { lockTimeoutMs: callTimeoutMs });
    }
    case 'rqlite': {
      const { openRqliteExecutor } = await drivers.rqlite();
      try {
        return openRqliteExecutor(address, { callTimeoutMs });
      } catch (error) {
        // The URL names files too, which are read now.
        throw asConfigError(error);
      }
    }
    case 'postgres': {
      const { openPostgresExecutor } = await drivers.postgres();
      return openPostgresExecutor(address, callTimeoutMs);
    }
  }
}
