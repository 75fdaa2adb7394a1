/**
 * How long an accused node has to answer in the registry, on the observer's monotonic clock. The window is short where the
 * node can know from the first miss on that it is missed: then it reads its accusations often. Else its rounds must do.
 * Not for: what the observer then asks (vote.ts), or how the accused reads (own-suspicion.ts).
 */
import { hasClosedAndRefuses, type Peer } from './peer.ts';
import { type RegistryPace, slowestSince, tailMs } from './registry-pace.ts';
import { roundSpreadMs } from './settings/setting-rules.ts';
import type { Settings } from './settings/settings.ts';
import { isAccusation, type OwnVote, type Suspicion } from './statement.ts';
import type { StepContext } from './step-context.ts';

/** The time of one accused node. Instants. */
export interface AnswerWindow {
  /** In the past for a node that cannot answer; Infinity while the registry does not have the accusation. */
  readonly endsAt: number;
  /** When an early question may be asked; Infinity for never. */
  readonly earlyAt: number;
  readonly isShort: boolean;
}

/** What of an observer decides how long others have to answer it. */
type Observer = Pick<StepContext, 'settings' | 'state'>;

/** The time of a probe on its way. */
const networkMs = 100;

/** A call that takes longer rules out an early question. */
const slowForEarlyMs = 1_000;

/** The time that the accused has for this accusation. */
export function answerWindowOf(
  { settings, state }: Observer,
  peer: Peer,
  { accusedAt, refuted }: Suspicion | OwnVote,
): AnswerWindow {
  const never = Number.POSITIVE_INFINITY;
  if (!canRefute(settings, peer)) return { endsAt: Number.NEGATIVE_INFINITY, earlyAt: never, isShort: false };
  if (accusedAt === null) return { endsAt: never, earlyAt: never, isShort: false };
  const isShort = refuted === null && isReadingOften(settings, peer, accusedAt);
  const since = Math.max(accusedAt, refuted?.lastAt ?? accusedAt);
  // After a call that failed, the accused may wait for as long until it reads again.
  const slowestMs = slowestSince(state.own.pace, since - settings.registryTimeoutMs);
  const endsAt = since + answerTimeMs(settings, isShort, slowestMs);
  return { endsAt, earlyAt: isShort ? earlyAt(settings, peer, accusedAt, state.own.pace) : never, isShort };
}

/** The longest window with these settings, in milliseconds: a round, and calls that fail. */
export function longestWindowMs(settings: Settings): number {
  return answerTimeMs(settings, false, Number.POSITIVE_INFINITY);
}

/** The length of a window, in milliseconds. A short one waits for what two rounds may differ by, a long one for a whole round. `slowestMs`: of this node's own calls. */
export function answerTimeMs(settings: Settings, isShort: boolean, slowestMs: number): number {
  const spreadMs = roundSpreadMs(settings);
  const waitMs = isShort ? spreadMs : settings.probeIntervalMs + spreadMs / 2;
  return Math.max(settings.answerWindowMs, Math.round(waitMs) + networkMs + tailMs(settings, slowestMs));
}

/** Whether a node of this kind answers accusations at all: it needs an epoch of its own. */
export function canRefute({ refutation }: Settings, { node }: Peer): boolean {
  return refutation && node.epoch > 0;
}

/** A node that is accused so late after it noticed does not read often any more. */
function isReadingOften(settings: Settings, { misses, node }: Peer, accusedAt: number): boolean {
  const noticedAt = misses?.noticedAt ?? null;
  // A program that answers pings by itself tells its monitor of no observer.
  if (noticedAt === null || !node.isNamed) return false;
  return accusedAt - noticedAt <= (settings.suspectAfter + 1) * missMs(settings);
}

function earlyAt(settings: Settings, peer: Peer, accusedAt: number, pace: RegistryPace): number {
  const { answerWindowRefusedMs, answerWindowMs } = settings;
  const isSlow = slowestSince(pace, accusedAt - answerWindowMs) >= slowForEarlyMs;
  if (answerWindowRefusedMs === null || !hasClosedAndRefuses(peer) || isSlow) return Number.POSITIVE_INFINITY;
  return accusedAt + answerWindowRefusedMs;
}

/**
 * For how long a node reads often after the last sign that it is missed, the answer window apart. An observer's misses last
 * so long, and another observer begins one miss later, on its request.
 */
export function noticeMs(settings: Settings): number {
  return (settings.suspectAfter + 2) * missMs(settings);
}

function missMs({ retryIntervalMs, probeTimeoutMs }: Settings): number {
  return Math.max(retryIntervalMs, probeTimeoutMs);
}

/** Whether the short window of any watched target runs. */
export function isShortWindowRunning(context: StepContext): boolean {
  const { state, now } = context;
  return state.watching.some((id) => {
    const peer = state.peers.get(id);
    if (peer === undefined || !isAccusation(peer.statement)) return false;
    const { isShort, endsAt } = answerWindowOf(context, peer, peer.statement);
    return isShort && endsAt > now;
  });
}
