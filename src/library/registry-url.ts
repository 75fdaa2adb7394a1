/** What the URL of a registry says. Not for: opening one, or loading a driver. */
import { type PostgresAddress, parsePostgresUrl } from '../adapters/postgres/url.ts';
import { parseRqliteUrl, type RqliteAddress } from '../adapters/rqlite/url.ts';
import { parseSqliteUrl, type SqliteAddress } from '../adapters/sqlite/url.ts';
import { ConfigError } from '../core/config.ts';
import { RegistryError } from '../ports/registry.ts';

/** A URL that was read: `sqlite` is a file of this machine, `rqlite` a cluster and `postgres` a database that are there already. */
export type RegistryAddress = SqliteAddress | RqliteAddress | PostgresAddress;

const parsers = new Map<string, (url: string) => RegistryAddress>([
  ['sqlite', parseSqliteUrl],
  ['rqlite', parseRqliteUrl],
  ['rqlites', parseRqliteUrl],
  ['postgres', parsePostgresUrl],
  ['postgresql', parsePostgresUrl],
]);

/** Reads the URL of a registry. Throws `ConfigError`, which never shows a password, for one that cannot be used. */
export function parseRegistryUrl(url: unknown): RegistryAddress {
  const text = typeof url === 'string' ? url : '';
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(text)?.[0].toLowerCase() ?? '';
  const parse = parsers.get(scheme);
  if (parse === undefined) {
    const expected =
      'expected sqlite:<file>, rqlite://<host>:<port>[,<host>:<port>] or postgres://<host>/<database>';
    const got = typeof url === 'string' ? JSON.stringify(withoutLogin(url)) : String(url);
    throw refusal(`${expected}, got ${got}; for instance sqlite:./cluster.db`);
  }
  try {
    return parse(text);
  } catch (error) {
    throw asConfigError(error);
  }
}

/** What reading or opening an address threw: where it is refused as `invalid`, a mistake in the configuration. */
export function asConfigError(error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.code !== 'invalid') return error;
  return refusal(error.message.replace(/^Expected/, 'expected').replace(/\.$/, ''));
}

function refusal(message: string): ConfigError {
  return new ConfigError([{ path: 'registry', message }]);
}

function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@').slice(0, 200);
}
