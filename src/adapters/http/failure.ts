/** Names what went wrong with a probe, from the error that the platform gave. */
import type { FailureKind } from '../../core/evidence.ts';
import { startOf } from '../../core/text.ts';

/** What an error proves. `ownWant`: this machine could not even ask, which says nothing of the target. */
export type Classified =
  | { readonly kind: 'failure'; readonly failure: FailureKind; readonly detail: string }
  | { readonly kind: 'ownWant' };

/** Never throws, whatever it is given. */
export function classifyError(error: unknown): Classified {
  const code = codeOf(error);
  if (ownWants.has(code)) return { kind: 'ownWant' };
  return { kind: 'failure', failure: kindOf(code), detail: startOf(wordsOf(error, code), 200) };
}

/** No file handle, buffer or memory left for one more connection. */
const ownWants: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

const kinds: Readonly<Partial<Record<string, FailureKind>>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'no-connection',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'no-connection',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  HPE_HEADER_OVERFLOW: 'too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'too-large',
};

/** What has no name here comes from the network: the target could not be reached. */
function kindOf(code: string): FailureKind {
  return kinds[code] ?? (code.startsWith('HPE_') ? 'bad-answer' : 'no-connection');
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
