/**
 * A node that suspects itself reads its accusations often, so that it answers each of them in time. Costs nothing while no
 * observer is missed. Not for: who probes this node (the monitor), or the answer itself (apply-reading.ts).
 */
import { noticeMs } from './answer-window.ts';
import { requestReading } from './rounds.ts';
import { fullAnswerWindowMs } from './settings/setting-rules.ts';
import type { Settings } from './settings/settings.ts';
import type { OwnSuspicion } from './state.ts';
import type { StepContext } from './step-context.ts';

/** The first reading comes after a random part of this, so that a cluster's first readings spread out. */
const firstPauseMs = 300;
const shortPauseMs = 100;
/** Readings with the short pause; after them each pause is twice the one before. */
const shortPauses = 20;
/** A reading that takes longer shows that the registry has much to do. */
const slowReadingMs = 500;

/** After a suspicion in vain the next one begins with the long pause for so long. */
const vainWindowMs = 600_000;

/**
 * Something says that an observer may be about to accuse this node. In a running suspicion it moves the end, and the next
 * reading waits no longer than the long pause, whatever failed before.
 */
export function suspectSelf(context: StepContext): void {
  const { state, settings, now, random } = context;
  const { own } = state;
  const isAlone = state.ring.readAt !== null && state.ring.isWhole && state.ring.successors.length === 0;
  if (state.phase !== 'running' || !settings.refutation || own.obituary !== null || isAlone) return;
  const wasInVain = now - own.vainSuspicionAt < vainWindowMs;
  const before = own.suspicion ?? {
    dueAt: now + random * firstPauseMs,
    endsAt: now,
    readCount: 0,
    pauseMs: wasInVain ? longPauseMs(settings) : shortPauseMs,
    isInVain: true,
  };
  // From the record of an accusation on it has a full window.
  const endsAt = Math.max(before.endsAt, now + noticeMs(settings) + fullAnswerWindowMs(settings));
  const dueAt = Math.min(before.dueAt, now + longPauseMs(settings));
  state.own = { ...own, suspicion: { ...before, dueAt, endsAt } };
}

/** Asks for the reading that is due. One under way is waited for. */
export function readSuspicions(context: StepContext): void {
  const { suspicion } = context.state.own;
  if (suspicion !== null && suspicion.dueAt <= context.now) requestReading(context);
}

/**
 * Plans the next reading after one has ended: `accusers` is null when it failed. The last one was asked for at the end or
 * later, and answered. What is accused for longer is answered with each round, and its observers wait for that.
 */
export function planSuspicion(context: StepContext, accusers: readonly string[] | null): void {
  const { state, settings, now } = context;
  const { suspicion } = state.own;
  const { askedAt } = state.ring;
  if (suspicion === null) return;
  const hasFailed = accusers === null;
  const isInVain = suspicion.isInVain && (hasFailed || accusers.length === 0);
  if (hasFailed || askedAt < suspicion.endsAt) {
    state.own = { ...state.own, suspicion: { ...suspicion, ...nextReading(suspicion), isInVain } };
    return;
  }
  const vainSuspicionAt = isInVain ? now : state.own.vainSuspicionAt;
  state.own = { ...state.own, suspicion: null, vainSuspicionAt };

  function nextReading(before: OwnSuspicion): Partial<OwnSuspicion> {
    const longestMs = hasFailed ? settings.registryTimeoutMs : longPauseMs(settings);
    // One that ended before it was due says nothing of the pace; an answer shows that a failure is over.
    if (before.dueAt > now)
      return {
        pauseMs: Math.min(before.pauseMs, longestMs),
        dueAt: Math.min(before.dueAt, now + longestMs),
      };
    const readCount = before.readCount + 1;
    const isSlow = hasFailed || now - askedAt > slowReadingMs;
    const isLonger = isSlow || readCount >= shortPauses;
    const pauseMs = Math.min(Math.max(longestMs, shortPauseMs), before.pauseMs * (isLonger ? 2 : 1));
    return { readCount, pauseMs, dueAt: Math.max(now, (isSlow ? now : askedAt) + pauseMs) };
  }
}

/** So that an accused node that answers reads a few times in each window. */
function longPauseMs(settings: Settings): number {
  return fullAnswerWindowMs(settings) / 3;
}
