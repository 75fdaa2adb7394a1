/** Names what went wrong with a probe, from the error that the platform gave. */
import type { FailureKind } from '../../core/evidence.ts';
import { startOf } from '../../core/wire/text.ts';

/** What an error proves. `ownWant`: this machine could not even ask, which says nothing of the target. */
export type Classified =
  | { readonly kind: 'failure'; readonly failure: FailureKind; readonly detail: string }
  | { readonly kind: 'ownWant' };

/** Never throws, whatever it is given. */
export function classifyError(error: unknown): Classified {
  const code = codeOf(error);
  if (ownWants.has(code)) return { kind: 'ownWant' };
  return { kind: 'failure', failure: kindOf(error, code), detail: startOf(wordsOf(error, code), 200) };
}

/** No file handle, buffer or memory left for one more connection. */
const ownWants: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAI_MEMORY']);

const kinds: Readonly<Partial<Record<string, FailureKind>>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'no-connection',
  ENETUNREACH: 'no-connection',
  ETIMEDOUT: 'no-connection',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'no-connection',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ENOTFOUND: 'unresolved',
  HPE_HEADER_OVERFLOW: 'too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'too-large',
};

/** What has no name here comes from the network: the target could not be reached. */
function kindOf(error: unknown, code: string): FailureKind {
  if (error instanceof AggregateError && error.errors.length > 0) return kindOfAll(error.errors);
  if (code.startsWith('HPE_')) return kinds[code] ?? 'bad-answer';
  // `EAI_AGAIN` and its like: what `getaddrinfo` says when it has no address.
  return code.startsWith('EAI_') ? 'unresolved' : (kinds[code] ?? 'no-connection');
}

/** Of a name with several addresses: nothing listens only if each of them says so. */
function kindOfAll(errors: readonly unknown[]): FailureKind {
  const all = errors.map((part) => kindOf(part, codeOf(part)));
  return all.find((kind) => kind !== 'refused') ?? 'refused';
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

function wordsOf(error: unknown, code: string): string {
  if (error instanceof AggregateError && error.message === '') {
    const parts = error.errors.map((part: unknown) => wordsOf(part, codeOf(part)));
    if (parts.length > 0) return parts.join('; ');
  }
  const message = error instanceof Error ? error.message : String(error);
  return message || code || 'unknown error';
}
