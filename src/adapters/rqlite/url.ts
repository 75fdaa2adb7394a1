/**
 * The address of an rqlite cluster as one URL: who to ask, as whom, and within which bounds.
 * `rqlite://user:password@host:4001,host2,[::1]:4003?timeout=1s&tls=true&ca=/etc/ca.pem`.
 * No message from here repeats the URL or any part of it that could hold the password.
 */
import { isIPv6 } from 'node:net';
import { RegistryError } from '../../ports/registry.ts';
import type { PasswordSource } from '../sql/password-file.ts';

/** What a URL says, defaults filled in. */
export interface RqliteAddress {
  readonly kind: 'rqlite';
  /** `host:port`, in the order given, each once; IPv6 in brackets. */
  readonly hosts: readonly string[];
  readonly user: string | null;
  readonly password: string;
  /** Where the password is read from when it is not in the URL; else null. */
  readonly passwordFile: string | null;
  /** Bound of one request to one host. Default 1.5 s. */
  readonly timeoutMs: number;
  /** Bound of one call with all its repetitions. Default 4.5 s, below the monitor's own limit of 5 s. */
  readonly deadlineMs: number;
  /** A cheap read is refused by a host that has not heard from the leader for this long. Default 5 s. */
  readonly freshnessMs: number;
  /** Connections to one host, at most; one of them for each of the two kinds of request at least. Default 2. */
  readonly connectionCount: number;
  /** Null for plain HTTP. */
  readonly tls: RqliteTls | null;
}

/** Paths of PEM files, each null when not given. */
export interface RqliteTls {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** Whether any certificate is accepted. */
  readonly isInsecure: boolean;
}

const form = 'rqlite://[user:password@]host[:port][,host[:port]…][?parameter=value&…]';
const defaultPort = 4001;

const durations = { timeout: [50, 60_000], deadline: [50, 300_000], freshness: [100, 3_600_000] } as const;
const tlsFiles = ['ca', 'cert', 'key'] as const;
const known = [...Object.keys(durations), 'connections', 'tls', ...tlsFiles, 'insecure', 'password-file'];

/** Reads a URL; `source` is for one without a password. Throws a `RegistryError` (`invalid`) that says what was expected. */
export function parseRqliteUrl(url: string, source: PasswordSource = {}): RqliteAddress {
  const scheme = /^rqlites?:\/\//i.exec(url)?.[0].toLowerCase();
  if (scheme === undefined) throw invalid(`the URL must begin with rqlite:// or rqlites://, as in ${form}`);
  const { authority, query } = split(url.slice(scheme.length));
  const at = authority.lastIndexOf('@');
  const login = at < 0 ? null : readLogin(authority.slice(0, at));
  const hosts = authority
    .slice(at + 1)
    .split(',')
    .map(readHost);
  const parameters = readParameters(query);

  const timeoutMs = readDuration(parameters, 'timeout', 1_500);
  const deadlineMs = readDuration(parameters, 'deadline', Math.max(4_500, timeoutMs));
  if (deadlineMs < timeoutMs) {
    throw invalid(
      `deadline (${deadlineMs} ms, for a whole call) must not be shorter than timeout (${timeoutMs} ms, for one request)`,
    );
  }
  return {
    kind: 'rqlite',
    hosts: [...new Set(hosts)],
    user: login?.user ?? null,
    password: login?.password ?? '',
    passwordFile: passwordFileOf(login, parameters.get('password-file'), source),
    timeoutMs,
    deadlineMs,
    freshnessMs: readDuration(parameters, 'freshness', 5_000),
    connectionCount: readCount(parameters, 'connections', 2),
    tls: readTls(parameters, scheme === 'rqlites://'),
  };
}

function invalid(what: string): RegistryError {
  return new RegistryError('invalid', `rqlite URL: ${what}.`);
}

function split(rest: string): { authority: string; query: string } {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const tail = end < 0 ? '' : rest.slice(end);
  // Without this rule a password with one of these characters would be shown as a bad port.
  if (tail.includes('@')) {
    throw invalid(
      'an @ stands after the first /, ? or #: write / as %2F, ? as %3F, # as %23 and @ as %40 in user, password and paths',
    );
  }
  if (tail.includes('#')) throw invalid('a # is not allowed; write it as %23 in user, password and paths');
  const query = tail.startsWith('/') ? tail.slice(1) : tail;
  if (query !== '' && !query.startsWith('?')) {
    throw invalid(`a path after the hosts is not allowed; the form is ${form}`);
  }
  return { authority, query: query.slice(1) };
}

function readLogin(text: string): { user: string; password: string } {
  const colon = text.indexOf(':');
  const user = decode(colon < 0 ? text : text.slice(0, colon), 'the user or password');
  const password = decode(colon < 0 ? '' : text.slice(colon + 1), 'the user or password');
  if (user === '') throw invalid('the user before the @ is empty; leave out the @ for no login');
  if (user.includes(':')) throw invalid('the user holds a colon, which basic authentication cannot carry');
  return { user, password };
}

function passwordFileOf(
  login: { readonly password: string } | null,
  given: string | undefined,
  { passwordFile }: PasswordSource,
): string | null {
  const hasPassword = login !== null && login.password !== '';
  if (given === undefined && (passwordFile === undefined || hasPassword)) return null;
  if (given === '') throw invalid('password-file must be the path of a file');
  if (hasPassword) throw invalid('a password and password-file contradict one another');
  if (login === null) throw invalid('a password file needs a user, as in rqlite://user@host');
  return given ?? passwordFile ?? null;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`${what} holds a % that begins no %-escape; write % as %25`);
  }
}

function readHost(text: string): string {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/.exec(text);
  const name = match?.[1] ?? '';
  const port = match?.[2] ?? String(defaultPort);
  if (match === null) {
    throw invalid(
      'a host is not of the form host or host:port; an IPv6 address stands in brackets, as [::1]:4001',
    );
  }
  if (name === '') throw invalid('a host is empty; hosts are separated by single commas');
  const isName = name.startsWith('[')
    ? isIPv6(name.slice(1, -1))
    : /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name);
  if (!isName) throw invalid(`${quote(name)} is neither a host name nor an IP address`);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw invalid(`the port of host ${quote(name)} must be a number from 1 to 65535`);
  }
  return `${name.toLowerCase()}:${Number(port)}`;
}

function readParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals), 'a parameter');
    if (!known.includes(name)) {
      throw invalid(`the parameter ${quote(name)} is not known; known are ${known.join(', ')}`);
    }
    if (parameters.has(name)) throw invalid(`the parameter ${name} is given twice`);
    parameters.set(name, decode(equals < 0 ? '' : pair.slice(equals + 1), `the parameter ${name}`));
  }
  return parameters;
}

function readDuration(
  parameters: ReadonlyMap<string, string>,
  name: keyof typeof durations,
  defaultMs: number,
): number {
  const text = parameters.get(name);
  if (text === undefined) return defaultMs;
  const [least, most] = durations[name];
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const durationMs = Math.round(
    Number(match?.[1]) * ({ ms: 1, s: 1_000, m: 60_000 }[match?.[2] ?? ''] ?? Number.NaN),
  );
  if (!(durationMs >= least && durationMs <= most)) {
    throw invalid(`${name} must be a duration from ${least}ms to ${most / 1_000}s, such as 500ms or 2s`);
  }
  return durationMs;
}

function readCount(parameters: ReadonlyMap<string, string>, name: string, defaultCount: number): number {
  const text = parameters.get(name);
  if (text === undefined) return defaultCount;
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 2 || count > 1_000) throw invalid(`${name} must be a number from 2 to 1000`);
  return count;
}

function readFlag(parameters: ReadonlyMap<string, string>, name: string): boolean | null {
  const text = parameters.get(name);
  if (text === undefined) return null;
  if (text !== 'true' && text !== 'false') throw invalid(`${name} must be true or false`);
  return text === 'true';
}

function readTls(parameters: ReadonlyMap<string, string>, isWanted: boolean): RqliteTls | null {
  const flag = readFlag(parameters, 'tls');
  if (isWanted && flag === false) throw invalid('rqlites:// and tls=false contradict one another');
  const isInsecure = readFlag(parameters, 'insecure') ?? false;
  const [caFile = null, certFile = null, keyFile = null] = tlsFiles.map((name) => {
    const path = parameters.get(name);
    if (path === '') throw invalid(`${name} must be the path of a PEM file`);
    return path;
  });
  const isTls = isWanted || flag === true;
  if (!isTls) {
    const idle = [...tlsFiles, 'insecure'].filter((name) => parameters.has(name));
    if (idle.length > 0)
      throw invalid(`${idle.join(', ')} without TLS: begin with rqlites:// or add tls=true`);
    return null;
  }
  if ((certFile === null) !== (keyFile === null)) throw invalid('cert and key must be given together');
  return { caFile, certFile, keyFile, isInsecure };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
