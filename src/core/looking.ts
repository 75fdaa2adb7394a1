/** Looks at a target that come before its next probe: after a hint, and those that other observers are asked for. */
import { type HintSource, isIgnored, noHints } from './hints.ts';
import { isAnswering, type Peer } from './peer.ts';
import { putPeer, type StepContext } from './step-context.ts';

/** A listener that is going still accepts for about a millisecond; a look so soon would learn nothing. */
export const lookAfterMs = 20;

/** The other observers of a target are asked no sooner again. */
const askPauseMs = 250;

/** Takes a hint in: a target that is watched, answers and is not being asked is looked at on a new connection. */
export function takeHint(context: StepContext, targetId: string, source: HintSource): void {
  const { now, settings, state } = context;
  const peer = state.peers.get(targetId);
  if (!settings.hints || peer === undefined || !state.watching.includes(targetId)) return;
  const { probe } = peer;
  if (!isAnswering(peer) || probe.kind === 'in-flight' || probe.kind === 'settled') return;
  const hints = peer.hints ?? noHints;
  if (isIgnored(hints, source, now)) return;
  const at = Math.min(now + lookAfterMs, probe.kind === 'due' ? probe.at : Number.POSITIVE_INFINITY);
  // That an own connection was closed says more than what another observer says.
  const stronger = hints.source === 'closed' ? 'closed' : source;
  putPeer(context, targetId, { ...peer, probe: { kind: 'due', at }, hints: { ...hints, source: stronger } });
}

/** At the first miss: has the target's other observers asked to look too. */
export function askOthers({ settings, now, effects }: StepContext, peer: Peer): Peer {
  const hints = peer.hints ?? noHints;
  if (!settings.hints || now - hints.askedAt < askPauseMs) return peer;
  effects.push({ kind: 'ask-others', targetId: peer.node.id, targetEpoch: peer.node.epoch });
  return { ...peer, hints: { ...hints, askedAt: now } };
}
