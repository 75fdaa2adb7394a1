/**
 * The answers of a target: when the newest came, how long they take, and how long a probe waits for one. The estimate is that
 * of TCP's retransmission timer: V. Jacobson, "Congestion Avoidance and Control", 1988, with the numbers of RFC 6298.
 */
import type { Settings } from './settings/settings.ts';

/** Of the probes that a target has answered since this observer's start. Milliseconds. */
export interface Answers {
  /** When the newest of them was sent. */
  readonly sentAt: number;
  /** When its answer came; null where this machine was suspended since. */
  readonly cameAt: number | null;
  /** When the next one would come at the latest, as it said; Infinity where the target's epoch was told of none. */
  readonly dueAt: number;
  /** The smoothed round trip, SRTT of RFC 6298. */
  readonly smoothedMs: number;
  /** Its variation, RTTVAR of RFC 6298. */
  readonly variationMs: number;
}

/**
 * After one more answered probe. One in which this observer itself was held up says nothing of the network; where it is the
 * first one it counts all the same, and makes the timeout a long one.
 */
export function withAnswer(
  before: Answers | null,
  { sentAt, cameAt, dueAt, hasStalled }: AnsweredProbe,
): Answers {
  const tookMs = Math.max(0, cameAt - sentAt);
  if (before === null) return { sentAt, cameAt, dueAt, smoothedMs: tookMs, variationMs: tookMs / 2 };
  const { smoothedMs, variationMs } = before;
  if (hasStalled) return { sentAt, cameAt, dueAt, smoothedMs, variationMs };
  return {
    sentAt,
    cameAt,
    dueAt,
    smoothedMs: (7 * smoothedMs + tookMs) / 8,
    variationMs: (3 * variationMs + Math.abs(smoothedMs - tookMs)) / 4,
  };
}

/** Where it is not known when the target expects the next probe. */
export function withoutDue(answers: Answers): Answers {
  return { ...answers, dueAt: Number.POSITIVE_INFINITY };
}

/** A probe that the target itself has answered. */
export interface AnsweredProbe {
  readonly sentAt: number;
  readonly cameAt: number;
  readonly dueAt: number;
  readonly hasStalled: boolean;
}

/** What of a target decides how long a probe of it may take. */
interface TimedTarget {
  readonly answers: Answers | null;
  readonly misses: { readonly count: number } | null;
}

/**
 * How long a probe of the target may take, in milliseconds. A new connection takes one round trip more. The look before the
 * one that can bring the vote has the whole of `probeTimeoutMs`, and so has each one long after: a target that has become
 * slow is not missed for ever. The last look is short: the vote waits for it.
 */
export function timeoutMsFor(settings: Settings, { answers, misses }: TimedTarget, isFresh: boolean): number {
  const { probeTimeoutMs, probeTimeoutFloorMs, deadAfter } = settings;
  const count = misses?.count ?? 0;
  const isWhole = count === Math.max(0, deadAfter - 2) || count >= 2 * deadAfter;
  if (answers === null || isWhole) return probeTimeoutMs;
  const estimateMs = (isFresh ? 2 : 1) * (answers.smoothedMs + 4 * answers.variationMs);
  return Math.min(probeTimeoutMs, Math.max(probeTimeoutFloorMs, Math.ceil(estimateMs)));
}
