/** A target's misses in a row, and how long it must have been silent by their kinds before it is declared dead. */
import type { FailureKind } from './evidence.ts';
import type { Settings } from './settings/settings.ts';

/** Conclusive misses in a row, while other nodes answered. */
export interface Misses {
  readonly count: number;
  /**
   * When the first missed look was sent whose kind is known. Null while a kept connection alone has brought no answer: that
   * may have been lost without the target.
   */
  readonly lookedAt: number | null;
  /**
   * Since when the target is silent: that look was sent, and one of another node that was answered. Null before: what this
   * observer missed may have been lost in its own network.
   */
  readonly silentSince: number | null;
  /** When the first of them ended. */
  readonly firstAt: number;
  /**
   * Since when the target itself can know that it is missed: the probe came late by what it had been told, or its connection
   * was closed, or another observer said so. Null where it cannot.
   */
  readonly noticedAt: number | null;
  readonly lastAt: number;
  readonly lastKind: FailureKind;
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
  readonly lastFailure: string;
}

/** The longest patience among the kinds of the target's present misses, in milliseconds. */
export function patienceMs(settings: Settings, misses: Misses): number {
  let longestMs: number | null = null;
  for (const kind of kindsOf(misses)) {
    const kindMs = patienceWith(settings, kind);
    if (kindMs !== null) longestMs = Math.max(longestMs ?? 0, kindMs);
  }
  return longestMs ?? settings.minSilenceMs;
}

/** The patience with one kind; null for a kind that says nothing by itself. */
function patienceWith(settings: Settings, kind: FailureKind): number | null {
  switch (kind) {
    case 'refused':
      return settings.minSilenceRefusedMs;
    case 'no-connection':
      return settings.minSilenceNoConnectionMs;
    case 'kept-connection':
      return null;
    default:
      return settings.minSilenceMs;
  }
}

/** Whether there are misses and every one was a refusal: nothing listens any more, so the process is gone. */
export function isRefusedOnly(seen: Kinds): boolean {
  const kinds = kindsOf(seen);
  return kinds.length > 0 && kinds.every((kind) => kind === 'refused');
}

/** What misses or evidence say of the kinds that have occurred. */
type Kinds = Pick<Misses, 'failures'> & { readonly lastKind: FailureKind | null };

/**
 * The kinds that have occurred. A listener that is going still accepts for about a millisecond, and then resets the
 * connection. So a reset is a refusal where the newest miss is one.
 */
function kindsOf({ failures, lastKind }: Kinds): FailureKind[] {
  const kinds = Object.keys(failures) as FailureKind[];
  if (lastKind !== 'refused') return kinds;
  return kinds.map((kind) => (kind === 'reset' ? 'refused' : kind));
}
