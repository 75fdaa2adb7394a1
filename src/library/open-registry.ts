/** Finds the registry that a URL means. Only the driver that is used is loaded. */
import { ConfigError } from '../core/config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Registry } from '../ports/registry.ts';

export interface OpenRegistryOptions {
  /** Told of rows that cannot be used as they are. Default: nobody. */
  readonly logger?: Logger | undefined;
}

/**
 * Opens `sqlite:./cluster.db` (a file that processes of one machine share) or `rqlite://user:pass@host:4001,host2:4001`
 * (a cluster). The caller closes it. Throws `ConfigError` for anything else.
 */
export async function openRegistry(url: string, { logger }: OpenRegistryOptions = {}): Promise<Registry> {
  const scheme = typeof url === 'string' ? /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() : undefined;
  if (scheme === 'sqlite') {
    const { openSqliteRegistry } = await import('../adapters/sqlite/index.ts');
    return openSqliteRegistry(url, { logger });
  }
  if (scheme === 'rqlite' || scheme === 'rqlites') {
    const { openRqliteRegistry } = await import('../adapters/rqlite/index.ts');
    return openRqliteRegistry(url, { logger });
  }
  const expected = 'expected sqlite:<file> or rqlite://<host>:<port>[,<host>:<port>]';
  const got = typeof url === 'string' ? JSON.stringify(withoutPassword(url)) : String(url);
  throw new ConfigError([
    { path: 'registry', message: `${expected}, got ${got}; for instance sqlite:./cluster.db` },
  ]);
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@').slice(0, 200);
}
