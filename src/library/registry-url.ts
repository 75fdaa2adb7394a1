/** What the URL of a registry says. Not for: opening one, or loading a driver. */
import { type PostgresAddress, parsePostgresUrl } from '../adapters/postgres/url.ts';
import { parseRqliteUrl, type RqliteAddress } from '../adapters/rqlite/url.ts';
import type { PasswordSource } from '../adapters/sql/password-file.ts';
import { parseSqliteUrl, type SqliteAddress } from '../adapters/sqlite/url.ts';
import { ConfigError } from '../core/settings/config.ts';
import { RegistryError } from '../ports/registry.ts';

/** A URL that was read: `sqlite` is a file of this machine, `rqlite` a cluster and `postgres` a database that are there already. */
export type RegistryAddress = SqliteAddress | RqliteAddress | PostgresAddress;

const parsers = new Map<string, (url: string, source: PasswordSource) => RegistryAddress>([
  ['sqlite', parseSqliteUrl],
  ['rqlite', parseRqliteUrl],
  ['rqlites', parseRqliteUrl],
  ['postgres', parsePostgresUrl],
  ['postgresql', parsePostgresUrl],
]);

/**
 * Reads the URL of a registry; `source` is for one without a password. Throws `ConfigError`, which never shows a login, for
 * one that cannot be used.
 */
export function parseRegistryUrl(url: unknown, source: PasswordSource = {}): RegistryAddress {
  const text = typeof url === 'string' ? url : '';
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(text)?.[0].toLowerCase() ?? '';
  const parse = parsers.get(scheme);
  if (parse === undefined) {
    const expected =
      'expected sqlite:<file>, rqlite://<host>:<port>[,<host>:<port>] or postgres://<host>/<database>';
    const got = typeof url === 'string' ? shown(url) : typeof url;
    throw refusal(`${expected}, got ${got}; for instance sqlite:./cluster.db`);
  }
  try {
    return parse(text, source);
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

/** What may be shown of an address that is not understood: where its login ends cannot be known. */
function shown(url: string): string {
  if (/^[^:@]{0,100}$/.test(url)) return JSON.stringify(url);
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0];
  return scheme === undefined ? 'another form' : `another scheme, ${JSON.stringify(scheme)}`;
}
