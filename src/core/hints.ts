/**
 * Hints that a target may have ended: it has closed an idle connection, or another observer has missed it. A hint proves
 * nothing; it only makes this observer look at once.
 */
import { isAnswering, type Peer } from './peer.ts';
import { putPeer, type StepContext } from './step-context.ts';

/** Where a hint comes from. */
export type HintSource = 'closed' | 'observer';

/** What an observer remembers of a target's hints. */
export interface Hints {
  /** The hint that the next look, or the present run of misses, began with; null for none. */
  readonly source: HintSource | null;
  /** When the newest hints were found in vain, oldest first; at most three. */
  readonly vainAt: readonly number[];
  /** When the target's other observers were last asked to look too. */
  readonly askedAt: number;
}

/** A listener that is going still accepts for about a millisecond; a look so soon would learn nothing. */
const lookAfterMs = 20;

/** So many hints in vain within this time, and none is heeded for as long. */
const vainLimit = 3;
const vainWindowMs = 600_000;

/** The other observers of a target are asked no sooner again. */
const askPauseMs = 250;

const noHints: Hints = { source: null, vainAt: [], askedAt: Number.NEGATIVE_INFINITY };

/** Takes a hint in: a target that is watched, answers and is not being asked is looked at on a new connection. */
export function takeHint(context: StepContext, targetId: string, source: HintSource): void {
  const { now, settings, state } = context;
  const peer = state.peers.get(targetId);
  if (!settings.hints || peer === undefined || !state.watching.includes(targetId)) return;
  const { probe } = peer;
  if (!isAnswering(peer) || probe.kind === 'in-flight' || probe.kind === 'settled') return;
  const hints = peer.hints ?? noHints;
  if (isIgnored(hints, now)) return;
  const at = Math.min(now + lookAfterMs, probe.kind === 'due' ? probe.at : Number.POSITIVE_INFINITY);
  // That an own connection was closed says more than what another observer says.
  const stronger = hints.source === 'closed' ? 'closed' : source;
  putPeer(context, targetId, { ...peer, probe: { kind: 'due', at }, hints: { ...hints, source: stronger } });
}

function isIgnored({ vainAt }: Hints, now: number): boolean {
  const [first = 0, last = 0] = [vainAt[0], vainAt.at(-1)];
  return vainAt.length === vainLimit && last - first <= vainWindowMs && now - last < vainWindowMs;
}

/** After an answer: a hint that the target answers the look of was in vain. */
export function afterHit({ hints, misses }: Peer, now: number): Hints | null {
  if (hints === null || hints.source === null) return hints;
  const vainAt = misses === null ? [...hints.vainAt, now].slice(-vainLimit) : hints.vainAt;
  return { ...hints, source: null, vainAt };
}

/** The same where the run of misses begins anew: it has not begun with the hint. */
export function withoutSource(hints: Hints | null): Hints | null {
  return hints === null || hints.source === null ? hints : { ...hints, source: null };
}

/** At the first miss: has the target's other observers asked to look too. */
export function askOthers({ settings, now, effects }: StepContext, peer: Peer): Peer {
  const hints = peer.hints ?? noHints;
  if (!settings.hints || now - hints.askedAt < askPauseMs) return peer;
  effects.push({ kind: 'ask-others', targetId: peer.node.id, targetEpoch: peer.node.epoch });
  return { ...peer, hints: { ...hints, askedAt: now } };
}
