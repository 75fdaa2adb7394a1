/**
 * Why an observer says what it says of a target: stored with every suspect, dead and verdict,
 * and told by `ringwatch why`.
 */

/** The ways in which a probe can miss. */
export const failureKinds = [
  'refused',
  'timeout',
  'reset',
  'unreachable',
  'status',
  'too-large',
  'bad-answer',
  'bad-address',
  'wrong-node',
  'wrong-epoch',
] as const;

/** One way in which a probe can miss. */
export type FailureKind = (typeof failureKinds)[number];

/** What an observer had seen when it made a statement. Plain JSON. */
export interface Evidence {
  /** Consecutive conclusive misses. */
  readonly missCount: number;
  /** Milliseconds from the first of these misses to the statement, on the observer's monotonic clock. */
  readonly silentMs: number;
  /** Milliseconds since the target last answered this observer; null when it never did. */
  readonly sinceAnswerMs: number | null;
  /** Misses by kind; kinds that did not occur are absent. */
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
  /** The newest miss in words, e.g. `connect ECONNREFUSED 127.0.0.1:6001`. At most 200 characters. */
  readonly lastFailure: string;
  /** The observer's own health when it spoke. */
  readonly observer: ObserverHealth;
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
