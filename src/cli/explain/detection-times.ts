/**
 * What a combination of settings means: how soon each fault of a node brings a verdict, and what is forgiven. Computed from
 * the settings alone, for a healthy network and registry. Not for: the misses of one observer (miss-times.ts).
 *
 * The rounds of K observers are taken to be evenly apart, as round-spacing.ts keeps them: the first one looks within the
 * K-th part of a round.
 */
import { answerTimeMs } from '../../core/answer-window.ts';
import { lookAfterMs } from '../../core/looking.ts';
import type { Silence } from '../../core/settings/setting-rules.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { quorumSize } from '../../core/verdict.ts';
import { type Looks, type MissTimes, missTimes } from './miss-times.ts';

/** What may happen to a node: its process is killed, its process stands still, or its packets are dropped. */
export type Fault = 'crash' | 'hang' | 'host-gone';

/** Milliseconds from the fault to the verdict. */
export interface DetectionTimes {
  /** The fault comes just before the rounds, the probes open new connections or use kept ones, whichever is sooner, and every answer window is as short as it may be. */
  readonly bestMs: number;
  readonly medianMs: number;
  /** It comes just after all rounds, and the registry takes a second. */
  readonly worstMs: number;
  /** The same on a network so slow that each question waits the whole of `probeTimeoutMs`. */
  readonly slowestMs: number;
}

/** What is survived, in milliseconds. */
export interface Forgiven {
  /** A process that is killed, and has joined anew within this time; null where no death is ever confirmed. */
  readonly restartMs: number | null;
  /** A process that stands still. */
  readonly pauseMs: number;
  /** A host all of whose packets are dropped, those to the registry too. */
  readonly silenceMs: number;
}

/** How long the accused may answer in the registry, in milliseconds; 0 without refutation. */
export interface AnswerWindows {
  /** Where it could know that it is missed. */
  readonly usualMs: number;
  /** Where it reads of it with its next round alone. */
  readonly unawareMs: number;
  /** After a closed connection and refusals. */
  readonly refusedMs: number;
}

/** A registry call of a second is the slowest that the answer window counts with. */
const slowestCallMs = 1_000;

/** How many nodes observe each one in a cluster of that size, itself included. */
export function observerCount({ neighbors }: Pick<Settings, 'neighbors'>, nodes: number): number {
  return Math.max(0, Math.min(neighbors, nodes - 1));
}

/** How many of them must agree, while all but one node beat; more than there are where no death is ever confirmed. */
export function voteCount(
  { minQuorum, strictQuorum }: Pick<Settings, 'minQuorum' | 'strictQuorum'>,
  nodes: number,
): number {
  return quorumSize({ minQuorum, isStrict: strictQuorum, voterCount: nodes - 1 });
}

/** The answer windows of the settings. */
export function answerWindows(settings: Settings): AnswerWindows {
  const { refutation, hints, answerWindowRefusedMs } = settings;
  if (!refutation) return { usualMs: 0, unawareMs: 0, refusedMs: 0 };
  const usualMs = answerTimeMs(settings, true, 0);
  const refusedMs = hints && answerWindowRefusedMs !== null ? answerWindowRefusedMs : usualMs;
  return {
    usualMs,
    unawareMs: answerTimeMs(settings, false, 0),
    refusedMs: Math.min(refusedMs, usualMs),
  };
}

/** How soon the fault of one node of so many is confirmed; null where it never is, because too few nodes observe it. */
export function detectionTimes(settings: Settings, fault: Fault, nodes: number): DetectionTimes | null {
  const observers = observerCount(settings, nodes);
  const votes = voteCount(settings, nodes);
  if (votes > observers) return null;
  const { probeIntervalMs: roundMs, jitter, probeTimeoutMs, probeTimeoutFloorMs } = settings;
  const shortestMs = roundMs * (1 - jitter);
  const longestMs = roundMs * (1 + jitter);
  const waitMs = probeTimeoutFloorMs;
  const bests = [true, false].map((isKept) =>
    verdictMs(settings, fault, votes, { waitMs, roundMs: shortestMs, isKept }),
  );
  const usual = verdictMs(settings, fault, votes, { waitMs, roundMs, isKept: true });
  const worst = verdictMs(settings, fault, votes, { waitMs, roundMs: longestMs, isKept: true });
  const slow = verdictMs(settings, fault, votes, {
    waitMs: probeTimeoutMs,
    roundMs: longestMs,
    isKept: true,
  });
  const drawn = phases(observers, votes).map(({ first, last }) => usual(first * roundMs, last * roundMs));
  return {
    bestMs: Math.round(Math.min(...bests.map((best) => best(0, 0)))),
    medianMs: Math.round(drawn.sort((a, b) => a - b)[drawn.length / 2] ?? usual(0, 0)),
    worstMs: Math.round(worst(longestMs, longestMs)) + slowestCallMs,
    slowestMs: Math.round(slow(longestMs, longestMs)) + slowestCallMs,
  };
}

/** What is surely survived by one node of so many: a longer one may be too. */
export function forgiven(settings: Settings, nodes: number): Forgiven {
  const roundMs = settings.probeIntervalMs * (1 - settings.jitter);
  const looks = { isKept: true, waitMs: settings.probeTimeoutFloorMs, roundMs };
  const pause = missTimes(settings, { ...looks, silence: 'no-answer' });
  const silence = missTimes(settings, { ...looks, silence: 'no-connection' });
  return {
    restartMs: detectionTimes(settings, 'crash', nodes)?.bestMs ?? null,
    // The first miss may have had another cause: a kept connection that was lost before.
    // What the kernel has accepted is answered when the process goes on; a packet that was lost is not.
    pauseMs: Math.round(pause.voteMs - pause.firstMissMs),
    silenceMs: Math.round(silence.lastLookMs - silence.firstMissMs),
  };
}

const silences: Readonly<Record<Fault, Silence>> = {
  crash: 'refused',
  hang: 'no-answer',
  'host-gone': 'no-connection',
};

/** One observer's part: when it begins to miss the target, and how that goes on. */
interface Observer {
  readonly startedAt: number;
  readonly misses: MissTimes;
}

/**
 * The time to the verdict, by when the rounds of two observers come: of the first one, and of the last one whose vote is
 * needed.
 */
function verdictMs(
  settings: Settings,
  fault: Fault,
  votes: number,
  pace: Omit<Looks, 'silence'>,
): (firstAt: number, lastAt: number) => number {
  const { usualMs, refusedMs } = answerWindows(settings);
  const looks = { ...pace, silence: silences[fault] };
  const own = missTimes(settings, looks);
  const fresh = missTimes(settings, { ...looks, isKept: false });
  // All observers are told at once: their kept connections are closed.
  const toldMs = lookAfterMs + askMs({ startedAt: 0, misses: fresh }, refusedMs);
  if (fault === 'crash' && settings.hints) return () => toldMs;
  return (firstAt, lastAt) => {
    const first = { startedAt: firstAt, misses: own };
    if (votes === 1) return askMs(first, usualMs);
    // The first miss has the others look, unless their rounds come sooner.
    const toldAt = settings.hints ? firstAt + own.firstMissMs + lookAfterMs : Number.POSITIVE_INFINITY;
    const last = toldAt < lastAt ? { startedAt: toldAt, misses: fresh } : { startedAt: lastAt, misses: own };
    // The first one's question is too early while a vote is missing; the last one asks when its own window ends.
    const firstAskAt = askMs(first, usualMs);
    const lastAskAt = askMs(last, usualMs);
    return firstAskAt < last.startedAt + last.misses.voteMs ? lastAskAt : Math.min(firstAskAt, lastAskAt);
  };
}

/** When an observer asks for the verdict: it has voted, and the accused has had its time since the suspicion. */
function askMs({ startedAt, misses }: Observer, windowMs: number): number {
  return startedAt + Math.max(misses.voteMs, misses.suspectMs + windowMs);
}

/** How finely chance is looked at: so many instants of the same likelihood. */
const partCount = 64;

/** The rounds of the first and of the `votes`-th of so many observers, as parts of a round: equally likely pairs. */
function phases(observers: number, votes: number): { readonly first: number; readonly last: number }[] {
  return Array.from({ length: partCount }, (_, index) => {
    const first = (index + 0.5) / partCount / observers;
    return { first, last: first + (votes - 1) / observers };
  });
}
