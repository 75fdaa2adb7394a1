/** What the URL of a PostgreSQL registry says: parameters of ours are taken out of it, and the rest is for `pg`. No message shows a password. */
import { nearestOf } from '../../core/settings/nearest-name.ts';
import { RegistryError } from '../../ports/registry.ts';
import type { PasswordSource } from '../sql/password-file.ts';

/** What a URL says, defaults filled in. */
export interface PostgresAddress {
  readonly kind: 'postgres';
  /** The URL without the parameters below, as `pg` reads it. */
  readonly connectionString: string;
  /** Where the password is read from when it is not in the URL; else null. */
  readonly passwordFile: string | null;
  /** Where the tables are. Default `ringwatch`. */
  readonly schema: string;
  /** Connections that one registry holds, at most. Default 1. */
  readonly connectionCount: number;
  /** Bound of one call with all its repetitions. Default 4.5 s, below the monitor's own limit of 5 s. */
  readonly deadlineMs: number;
}

const own = ['schema', 'connections', 'deadline', 'password-file'];

/** Reads a URL; `source` is for one without a password. Throws a `RegistryError` (`invalid`) that says what was expected. */
export function parsePostgresUrl(url: string, source: PasswordSource = {}): PostgresAddress {
  const [address = '', query = ''] = url.split(/\?(.*)/s);
  if (!/^postgres(ql)?:\/\//i.test(address) || !isReadable(address) || hasLateAt(address, query)) {
    throw invalid(
      'expected postgres://[user[:password]@]host[:port]/database[?parameter=value&…]; in user and password write / as %2F, ? as %3F, # as %23, @ as %40 and % as %25',
    );
  }
  const parameters = new URLSearchParams(query);
  const take = (name: string, fallback: string): string => {
    const value = parameters.get(name) ?? fallback;
    parameters.delete(name);
    return value;
  };
  const hasPassword = /:\/\/[^@/]*:[^@]+@/.test(address) || parameters.has('password');
  const given = parameters.has('password-file') ? take('password-file', '') : undefined;
  if (given === '') throw invalid('password-file must be the path of a file');
  if (given !== undefined && hasPassword)
    throw invalid('a password and password-file contradict one another');
  const passwordFile = given ?? (hasPassword ? null : (source.passwordFile ?? null));
  const schema = checkSchema(take('schema', 'ringwatch'));
  const connectionCount = Number(take('connections', '1'));
  if (!Number.isInteger(connectionCount) || connectionCount < 1 || connectionCount > 100) {
    throw invalid('connections must be a number from 1 to 100');
  }
  const deadline = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(take('deadline', '4.5s'));
  const deadlineMs = Number(deadline?.[1]) * (deadline?.[2] === 's' ? 1_000 : 1);
  if (!(deadlineMs >= 50 && deadlineMs <= 300_000)) {
    throw invalid('deadline must be a duration from 50ms to 300s, such as 4s');
  }
  for (const name of parameters.keys()) {
    // What is not ours may be a parameter of `pg`.
    const meant = nearestOf(name, own);
    if (meant !== null) throw invalid(`${JSON.stringify(name)} is no parameter; ${meant} may be meant`);
  }
  const rest = parameters.toString();
  const connectionString = rest === '' ? address : `${address}?${rest}`;
  return { kind: 'postgres', connectionString, passwordFile, schema, connectionCount, deadlineMs };
}

/** A name that needs no quotes. Throws `invalid` for another one. */
export function checkSchema(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return schema;
  throw invalid('schema must be a name of lower-case letters, digits and _');
}

/** A host may be left out, as `pg` allows. */
function isReadable(address: string): boolean {
  if (address.includes('#')) return false;
  try {
    const { username, password, pathname } = new URL(address.replace('@/', '@localhost/'));
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** Without this rule a part of a password would be taken for the port and the rest for the database, and be shown. */
function hasLateAt(address: string, query: string): boolean {
  return /:\/\/[^/]*\/.*@/.test(address) || (!address.includes('@') && query.includes('@'));
}

function invalid(what: string): RegistryError {
  return new RegistryError('invalid', `PostgreSQL URL: ${what}.`);
}
