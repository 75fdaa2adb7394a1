/** What went wrong on a connection, in the words of the port. The password is in no message of the server or of `pg`. */
import { RegistryError, type RegistryErrorCode } from '../../ports/registry.ts';
import { missingTable } from '../sql/sql-error.ts';

/** One try that failed. */
export interface Failure {
  readonly code: RegistryErrorCode;
  readonly reason: string;
  /** Whether the same try may succeed within the time of a call. */
  readonly isPassing: boolean;
  /** Whether the connection is of no use any more. */
  readonly isLost?: true;
}

/** Until when a try had come. */
type Stage = 'connecting' | 'reading' | 'committing';

/** By SQLSTATE: what is expected and what to do. */
const known: Readonly<Record<string, readonly [code: RegistryErrorCode, advice: string]>> = {
  '28P01': ['unauthorized', 'Give the right user and password in the URL, PGPASSWORD or the file pgpass.'],
  '28000': ['unauthorized', 'Let this user in by pg_hba.conf, or give another one.'],
  '42501': ['unauthorized', 'Give this role the grants that docs/registries.md lists.'],
  '3D000': ['schema', 'Create the database, or name another one in the URL.'],
  '3F000': ['schema', 'Start an agent, which creates the schema, or name another one: ?schema=name.'],
  '53300': [
    'unavailable',
    'Raise max_connections, or put a pooler before it: each agent holds one connection.',
  ],
  '25006': ['unavailable', 'Expected the primary, found a server that only reads: name the primary.'],
  '57014': ['unavailable', 'It took longer than a call may; see in pg_locks what it waited for.'],
  '57P03': ['unavailable', 'It is starting up or shutting down; this ends by itself.'],
};

/** What `pg` itself refuses before a server has let it in: repeating does not help. */
const refused: readonly (readonly [words: RegExp, code: RegistryErrorCode, reason: string])[] = [
  [
    /client password must be a/,
    'unauthorized',
    'Expected a password, found none. Give it in the URL, in PGPASSWORD or in the file pgpass.',
  ],
  [
    /does not support SSL/,
    'unavailable',
    'Expected a server with TLS, found one without. Turn TLS on there, or write sslmode=disable in the URL.',
  ],
];

/**
 * The server ends the connection: it shuts down, the database is dropped, or a time-out of its own was over. Or another user
 * of the pool has given it back in a transaction that has failed (25P02).
 */
const isEnding = /^(08|57P0[1245]|25P0[234])/;

/** The failure that an error of `pg` tells of. */
export function failureOf(error: unknown, stage: Stage): Failure {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  const state = stateOf(error);
  for (const [words, code, reason] of stage === 'connecting' ? refused : []) {
    if (words.test(message)) return { code, reason, isPassing: false, isLost: true };
  }
  if (!/^[0-9A-Z]{5}$/.test(state) || isEnding.test(state)) {
    // The connection was lost, or was never there.
    const code = stage === 'committing' ? 'ambiguous' : 'unavailable';
    return {
      code,
      reason: `The connection failed: ${detailOf(error, message)}.`,
      isPassing: true,
      isLost: true,
    };
  }
  const [code, advice] = known[state] ?? [codeOf(state), adviceOf(state, message)];
  // Another node makes the same schema at this moment: what a server remembers of names may be older than its locks.
  const isMadeTwice = state === '23505' && message.includes('"pg_');
  const isPassing = isMadeTwice || /^(40001|40P01|57P03|53300|55P03)$/.test(state);
  return { code, reason: `The server says: ${message} (${state}). ${advice}`.trim(), isPassing };
}

/** Whether a pooler has given the transaction a connection on which nothing was prepared. */
export function isUnprepared(error: unknown): boolean {
  return /^(26000|42P05)$/.test(stateOf(error));
}

/** The error of a call; `cause` is what `pg` threw. */
export function registryError({ code, reason }: Failure, cause: unknown): RegistryError {
  return new RegistryError(code, `PostgreSQL: ${reason}`, { cause });
}

function stateOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown };
  // Node's own errors have codes of other forms, and no severity.
  return typeof code === 'string' && typeof severity === 'string' ? code : '';
}

function codeOf(state: string): RegistryErrorCode {
  if (/^(40|53|55|57|58)/.test(state)) return 'unavailable';
  return /^(42P01|42P07|42703|23|22)/.test(state) ? 'schema' : 'invalid';
}

function adviceOf(state: string, message: string): string {
  if (state === '42P01') return missingTable(/"([^"]*)"/.exec(message)?.[1] ?? '');
  if (codeOf(state) === 'schema') {
    return 'Expected the tables of Ringwatch, found others; give it a schema of its own: ?schema=name.';
  }
  return '';
}

/** A host with several addresses gives one error for each, and an empty message. */
function detailOf(error: unknown, message: string): string {
  if (!(error instanceof AggregateError)) return message;
  return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
}
