/**
 * A node that suspects itself reads its accusations often, so that it answers each of them in time. Costs nothing while no
 * observer is missed. Not for: who probes this node (the monitor), or the answer itself (apply-reading.ts).
 */
import { requestReading } from './rounds.ts';
import { fullAnswerWindowMs } from './setting-rules.ts';
import type { Settings } from './settings.ts';
import type { OwnSuspicion } from './state.ts';
import type { StepContext } from './step-context.ts';

/** The first reading comes after a random part of this, so that a cluster's first readings spread out. */
const firstPauseMs = 300;
const shortPauseMs = 100;
/** Readings with the short pause; after them each pause is twice the one before. */
const shortPauses = 20;
/** A reading that takes longer shows that the registry has much to do. */
const slowReadingMs = 500;

/** Something says that an observer may be about to accuse this node. */
export function suspectSelf(context: StepContext): void {
  const { state, settings, now, random } = context;
  const { own } = state;
  const isAlone = state.ring.readAt !== null && state.ring.isWhole && state.ring.successors.length === 0;
  if (state.phase !== 'running' || !settings.refutation || own.obituary !== null || isAlone) return;
  const before = own.suspicion ?? {
    dueAt: now + random * firstPauseMs,
    askedAt: null,
    endsAt: now,
    readCount: 0,
    pauseMs: shortPauseMs,
  };
  const endsAt = Math.max(before.endsAt, now + suspicionMs(settings));
  state.own = { ...own, suspicion: { ...before, endsAt } };
}

/** Asks for the reading that is due. One under way is waited for. */
export function readSuspicions(context: StepContext): void {
  const { state, now } = context;
  const { suspicion } = state.own;
  if (suspicion === null || suspicion.dueAt > now || state.ring.isReading) return;
  requestReading(context);
  const asked = { ...suspicion, askedAt: now, dueAt: Number.POSITIVE_INFINITY };
  state.own = { ...state.own, suspicion: asked };
}

/** Plans the next reading after one has ended: `accusers` is null when it failed. */
export function planSuspicion(context: StepContext, accusers: readonly string[] | null): void {
  const { state, settings, now } = context;
  const { suspicion } = state.own;
  if (suspicion === null) return;
  const isAccused = accusers !== null && accusers.length > 0;
  const endsAt = isAccused
    ? Math.max(suspicion.endsAt, now + fullAnswerWindowMs(settings))
    : suspicion.endsAt;
  const next = now >= endsAt ? null : afterReading({ ...suspicion, endsAt }, accusers === null);
  state.own = { ...state.own, suspicion: next };

  function afterReading(before: OwnSuspicion, hasFailed: boolean): OwnSuspicion {
    const { askedAt } = before;
    // A round's own reading says as much, and moves nothing else.
    if (askedAt === null) return before;
    const readCount = before.readCount + 1;
    const isSlow = hasFailed || now - askedAt > slowReadingMs;
    const longestMs = fullAnswerWindowMs(settings) / 3;
    const isLonger = isSlow || readCount >= shortPauses;
    const pauseMs = Math.min(longestMs, before.pauseMs * (isLonger ? 2 : 1));
    const dueAt = Math.max(now, (isSlow ? now : askedAt) + pauseMs);
    return { ...before, askedAt: null, readCount, pauseMs, dueAt };
  }
}

/** An accusation may follow as late as an observer's misses last. From its record on the accused has a full window. */
function suspicionMs(settings: Settings): number {
  const { suspectAfter, retryIntervalMs, probeTimeoutMs } = settings;
  return suspectAfter * Math.max(retryIntervalMs, probeTimeoutMs) + fullAnswerWindowMs(settings);
}
