/** The rules across settings: what two or more of them may not be together. Not for: the limits of each by itself (limits.ts). */
import type { Settings } from './settings.ts';

/** A rule that holds or not for the settings that it reads. */
interface Rule {
  /** The setting that it is reported for. */
  readonly path: keyof Settings;
  /** What else it reads: where one of all these is wrong by itself, the rule says nothing. */
  readonly reads: readonly (keyof Settings)[];
  readonly holds: (settings: Settings) => boolean;
  /** What was expected and why; what was given is added. */
  readonly expected: (settings: Settings) => { readonly what: string; readonly why: string | null };
}

/** The three silences: the process is gone, the host or the path is, or the process is silent. */
export type Silence = 'refused' | 'no-connection' | 'no-answer';

/**
 * The longest time from a death to an observer's `dead` on a healthy network, without any hint. That is the rest of the
 * round in which the node died, the misses and the last timeout; or the silence asked for, whichever is longer. No silence
 * takes longer than the default, `no-answer`.
 */
export function timeToDeathMs(settings: Settings, silence: Silence = 'no-answer'): number {
  const { probeIntervalMs, deadAfter, jitter } = settings;
  const { patienceMs, retryMs, timeoutMs } = costOf(settings, silence);
  const step = Math.max(retryMs, timeoutMs);
  const missesMs = Math.max((deadAfter - 1) * step, patienceMs + step);
  return probeIntervalMs * (1 + jitter) + missesMs + timeoutMs;
}

/** What a silence costs an observer: patience, time between two looks, and timeout. A refusal comes at once: no timeout passes. */
export function costOf(settings: Settings, silence: Silence) {
  const { probeTimeoutMs: timeoutMs, retryIntervalMs: retryMs } = settings;
  switch (silence) {
    case 'refused':
      return {
        patienceMs: settings.minSilenceRefusedMs,
        retryMs: settings.retryIntervalRefusedMs,
        timeoutMs: 0,
      };
    case 'no-connection':
      return { patienceMs: settings.minSilenceNoConnectionMs, retryMs, timeoutMs };
    case 'no-answer':
      return { patienceMs: settings.minSilenceMs, retryMs, timeoutMs };
  }
}

/**
 * For how long an owner runs its handler without a renewal that was granted. An owner that is cut off has then stopped before it
 * can be found dead. That is the shortest time from a cut to a verdict, or the lease where that is shorter. After a cut no
 * connection can be made: each look takes its whole timeout, which is at least the floor, and the one before the last `probeTimeoutMs`.
 * The misses take so long, or the patience and the last of them, or the time to answer after the accusation.
 */
export function ownerHoldMs(settings: Settings): number {
  const { leaseMs, suspectAfter, deadAfter, probeTimeoutMs, retryIntervalMs } = settings;
  const { probeTimeoutFloorMs: firstMissMs, minSilenceNoConnectionMs, refutation, answerWindowMs } = settings;
  const step = Math.max(retryIntervalMs, firstMissMs);
  const missesMs = (deadAfter - 1) * step + probeTimeoutMs;
  const patienceMs = firstMissMs + minSilenceNoConnectionMs;
  const answerMs = refutation ? firstMissMs + (suspectAfter - 1) * step + answerWindowMs : 0;
  return Math.min(leaseMs, Math.max(missesMs, patienceMs, answerMs));
}

/** By how much two rounds may differ: by twice their jitter, and where that is less by 3 %, since two clocks never go alike. */
export function roundSpreadMs({
  probeIntervalMs,
  jitter,
}: Pick<Settings, 'probeIntervalMs' | 'jitter'>): number {
  return Math.max(2 * jitter, 0.03) * probeIntervalMs;
}

/**
 * How long an accused node needs to answer: two rounds may differ, a probe takes a moment on its way, and a registry call
 * takes up to a second.
 */
export function fullAnswerWindowMs(settings: Pick<Settings, 'probeIntervalMs' | 'jitter'>): number {
  return Math.round(roundSpreadMs(settings)) + 100 + 1_000;
}

/** Half a quorum window passes until a vote is due to be affirmed, a round until that is seen, and then it must be written. */
export function fiveRoundsMs({
  probeIntervalMs,
  jitter,
}: Pick<Settings, 'probeIntervalMs' | 'jitter'>): number {
  return Math.round(5 * probeIntervalMs * (1 + jitter));
}

type NumberSetting = {
  [Name in keyof Settings]: Settings[Name] extends number ? Name : never;
}[keyof Settings];

function atMost(path: NumberSetting, other: NumberSetting, why: string): Rule {
  return {
    path,
    reads: [other],
    holds: (settings) => settings[path] <= settings[other],
    expected: (settings) => ({ what: `at most ${other} (${settings[other]})`, why }),
  };
}

function atLeast(path: NumberSetting, other: NumberSetting, why: string | null): Rule {
  return {
    path,
    reads: [other],
    holds: (settings) => settings[path] >= settings[other],
    expected: (settings) => ({ what: `at least ${other} (${settings[other]})`, why }),
  };
}

function atLeastTwoHeartbeats(path: NumberSetting, why: string): Rule {
  return {
    path,
    reads: ['heartbeatIntervalMs'],
    holds: (settings) => settings[path] >= 2 * settings.heartbeatIntervalMs,
    expected: ({ heartbeatIntervalMs }) => ({
      what: `at least two heartbeat intervals (${2 * heartbeatIntervalMs})`,
      why,
    }),
  };
}

const rules: readonly Rule[] = [
  atMost('suspectAfter', 'deadAfter', 'a node is suspect before it is dead'),
  atMost('retryIntervalMs', 'probeIntervalMs', 'a missed target is asked again sooner, not later'),
  atLeast(
    'neighbors',
    'minQuorum',
    'a target has as many observers as a node has neighbours, and fewer than minQuorum of them could never agree',
  ),
  atLeast('watchListCap', 'neighbors', null),
  atMost(
    'minSilenceRefusedMs',
    'minSilenceMs',
    'a refused connection is stronger evidence, so its patience is the shorter one',
  ),
  atMost(
    'minSilenceNoConnectionMs',
    'minSilenceMs',
    'a process that is silent is the weakest evidence, so its patience is the longest one',
  ),
  atMost(
    'retryIntervalRefusedMs',
    'retryIntervalMs',
    'a refusal comes at once, so it is asked again sooner, not later',
  ),
  atMost('probeTimeoutFloorMs', 'probeTimeoutMs', 'the timeout of a probe is between the two'),
  atLeastTwoHeartbeats('heartbeatWindowMs', 'one late heartbeat must not count as silence'),
  atLeastTwoHeartbeats(
    'membershipWindowMs',
    'one late heartbeat must not take a node of the original off the ring',
  ),
  {
    path: 'quorumWindowMs',
    reads: ['probeIntervalMs', 'jitter'],
    holds: (settings) => settings.quorumWindowMs >= fiveRoundsMs(settings),
    expected: (settings) => ({
      what: `at least five rounds (${fiveRoundsMs(settings)})`,
      why: 'a vote must be affirmed before it ends',
    }),
  },
  {
    path: 'answerWindowMs',
    reads: ['refutation', 'probeIntervalMs', 'jitter'],
    holds: (settings) => !settings.refutation || settings.answerWindowMs >= fullAnswerWindowMs(settings),
    expected: (settings) => ({
      what: `at least two jitters of a round, or 3 % of it, and 1,100 ms (${fullAnswerWindowMs(settings)})`,
      why: 'an accused node that lives must have the time to read the accusation and to answer',
    }),
  },
  {
    path: 'outboxCapacity',
    reads: ['watchListCap'],
    holds: ({ outboxCapacity, watchListCap }) => outboxCapacity >= 2 * watchListCap,
    expected: ({ watchListCap }) => ({
      what: `at least twice watchListCap (${2 * watchListCap})`,
      why: 'the newest statement on every target must have room beside what is being written',
    }),
  },
];

/** Every broken rule of which all settings are right by themselves. */
export function rulesBroken(
  settings: Settings,
  wrong: ReadonlySet<string>,
): { readonly path: string; readonly message: string }[] {
  return rules
    .filter(({ path, reads, holds }) => ![path, ...reads].some((name) => wrong.has(name)) && !holds(settings))
    .map(({ path, expected }) => {
      const { what, why } = expected(settings);
      return { path, message: `expected ${what}, got ${settings[path]}${why === null ? '' : `; ${why}`}` };
    });
}
