/**
 * Why an observer says what it says of a target: stored with every suspect, dead and verdict,
 * and told by `ringwatch why`.
 */

/**
 * The ways in which a probe can miss. The first ones tell three silences apart. `refused`: nothing listens, so the process
 * is gone. `no-connection`: the host's kernel is silent, so host or path is gone. `no-answer`: the kernel has accepted, and
 * the process is silent. `kept-connection`: no answer on a connection that was kept, which may be any of them.
 * `bad-signature`: what answers does not know the cluster's secret.
 */
export const failureKinds = [
  'refused',
  'no-connection',
  'no-answer',
  'kept-connection',
  'unresolved',
  'reset',
  'status',
  'too-large',
  'bad-answer',
  'bad-address',
  'wrong-node',
  'wrong-epoch',
  'bad-signature',
] as const;

/** One way in which a probe can miss. */
export type FailureKind = (typeof failureKinds)[number];

/** What an observer had seen when it made a statement. Plain JSON. */
export interface Evidence {
  /** Consecutive conclusive misses. */
  readonly missCount: number;
  /** Milliseconds from `silentSince` of the misses to the statement, on the observer's monotonic clock. */
  readonly silentMs: number;
  /** Milliseconds since the target last answered this observer; null when it never did. */
  readonly sinceAnswerMs: number | null;
  /** Misses by kind; kinds that did not occur are absent. */
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
  /** The newest miss in words, e.g. `connect ECONNREFUSED 127.0.0.1:6001`. At most 200 characters. */
  readonly lastFailure: string;
  /** The observer's own health when it spoke. */
  readonly observer: ObserverHealth;
  /** Whether an idle connection was closed by the other end just before, and every miss since was a refusal. */
  readonly closedConnection: boolean;
  /** For how many milliseconds more the startup grace keeps this observer from voting; null when it does not. */
  readonly sparedMs: number | null;
  /** The kind of the newest miss; null where there is none, or an older version has not said it. */
  readonly lastKind: FailureKind | null;
}

/** How well the observer itself was. */
export interface ObserverHealth {
  /** How many targets it watched. */
  readonly watchedCount: number;
  /** How many of them had answered their newest probe. */
  readonly answeringCount: number;
  /** Probes in the present watch that proved nothing because the observer itself stalled. */
  readonly inconclusiveCount: number;
}

/**
 * Evidence as an observer wrote it, read from JSON; null for anything else. It never throws. An older version names
 * neither closed connections nor the grace nor the newest kind; of a newer version that kind may be unknown here.
 */
export function readEvidence(value: unknown): Evidence | null {
  if (!isRecord(value)) return null;
  const { missCount, silentMs, sinceAnswerMs, failures, lastFailure } = value;
  const { closedConnection = false, sparedMs = null, lastKind: kind = null } = value;
  const observer = readHealth(value['observer']);
  const isWhole =
    isNumber(missCount) && isNumber(silentMs) && (sinceAnswerMs === null || isNumber(sinceAnswerMs));
  if (!isWhole || !isFailures(failures) || typeof lastFailure !== 'string' || observer === null) return null;
  if (typeof closedConnection !== 'boolean' || (sparedMs !== null && !isNumber(sparedMs))) return null;
  const lastKind = failureKinds.find((known) => known === kind) ?? null;
  const known = { missCount, silentMs, sinceAnswerMs, failures, lastFailure, observer, lastKind };
  return { ...known, closedConnection, sparedMs };
}

function readHealth(value: unknown): ObserverHealth | null {
  if (!isRecord(value)) return null;
  const { watchedCount, answeringCount, inconclusiveCount } = value;
  const isWhole = isNumber(watchedCount) && isNumber(answeringCount) && isNumber(inconclusiveCount);
  return isWhole ? { watchedCount, answeringCount, inconclusiveCount } : null;
}

/** A kind that is not known here was written by a newer version. */
function isFailures(value: unknown): value is Evidence['failures'] {
  return isRecord(value) && Object.values(value).every(isNumber);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON has numbers that are read as infinite. */
function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
