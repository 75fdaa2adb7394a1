/**
 * What went wrong with one request, in the words of the port. Certainly nothing happened (`unavailable`), something may
 * have happened (`ambiguous`), or repeating is no use. Decides nothing about repeating.
 */
import type { RegistryErrorCode } from '../../ports/registry.ts';
import { sqlError } from '../sql/sql-error.ts';
import type { HttpAnswer } from './transport.ts';

/** One request that did not give its results. */
export interface Failure {
  readonly code: RegistryErrorCode;
  readonly reason: string;
  /** Whether asking again, or another host, is no use although the code alone would not say so. */
  readonly isFinal?: boolean;
}

const shownLength = 300;

/**
 * The cluster's own errors that say that nothing was done. There was no leader, a follower could not reach it, or a host
 * knows itself to be too old. Everything else from a cluster may hide a commit.
 */
const harmless = /^(leader not found|not leader|stale read)|: pool get: /;

/** A request that the cluster, rather than SQLite, refused or lost; with status 200 too. */
export function clusterFailure(text: string): Failure {
  return { code: harmless.test(text) ? 'unavailable' : 'ambiguous', reason: shorten(text) };
}

/** An answer whose status is not 200. */
export function statusFailure({ status, body }: HttpAnswer): Failure {
  const text = shorten(body);
  const reason = text === '' ? `HTTP status ${status}` : `HTTP status ${status}: ${text}`;
  if (status === 401 || status === 403) {
    const advice =
      'give the user and the password in the URL; the user needs the permissions execute and query';
    return { code: 'unauthorized', reason: `${reason}; ${advice}` };
  }
  if (status === 503) return { code: clusterFailure(body).code, reason };
  if (status === 429) return { code: 'unavailable', reason };
  if (status >= 500) return { code: 'ambiguous', reason };
  return { code: 'invalid', reason: `${reason}; is this an rqlite server?` };
}

/** An answer that no rqlite server gives whole: what it belongs to may well have been done. */
export function nonsense(what: string): Failure {
  return { code: 'ambiguous', reason: `the answer is not one of rqlite: ${what}` };
}

/** An error of SQLite about one statement; the transaction around it was rolled back. */
export function statementFailure(text: string, sql: string): Failure {
  const { code, message } = sqlError(shorten(text));
  return { code, reason: `${message} (in: ${shorten(sql.replace(/\s+/g, ' '))})` };
}

function shorten(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > shownLength ? `${trimmed.slice(0, shownLength)}…` : trimmed;
}
