/** Which registry a URL means. Not for: opening one, or loading a driver. */
import { parseRqliteUrl } from '../adapters/rqlite/url.ts';
import { parseSqlitePath } from '../adapters/sqlite/path.ts';
import { ConfigError } from '../core/config.ts';
import { RegistryError } from '../ports/registry.ts';

/** `sqlite` is a file of this machine, `rqlite` a cluster that is there already. */
export type RegistryKind = 'sqlite' | 'rqlite';

/** The kind of registry that a URL means. Throws `ConfigError`, which never shows a password, for one that cannot be used. */
export function registryKindOf(url: unknown): RegistryKind {
  const scheme = typeof url === 'string' ? /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() : undefined;
  try {
    if (typeof url === 'string' && scheme === 'sqlite') {
      parseSqlitePath(url);
      return 'sqlite';
    }
    if (typeof url === 'string' && (scheme === 'rqlite' || scheme === 'rqlites')) {
      parseRqliteUrl(url);
      return 'rqlite';
    }
  } catch (error) {
    throw asConfigError(error);
  }
  const expected = 'expected sqlite:<file> or rqlite://<host>:<port>[,<host>:<port>]';
  const got = typeof url === 'string' ? JSON.stringify(withoutPassword(url)) : String(url);
  throw refusal(`${expected}, got ${got}; for instance sqlite:./cluster.db`);
}

/** What reading or opening an address threw: where it is refused as `invalid`, a mistake in the configuration. */
export function asConfigError(error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.code !== 'invalid') return error;
  return refusal(error.message.replace(/^Expected/, 'expected').replace(/\.$/, ''));
}

function refusal(message: string): ConfigError {
  return new ConfigError([{ path: 'registry', message }]);
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@').slice(0, 200);
}
