/** Notices that this observer itself was held up, and keeps that time out of all evidence. */
import type { Peer } from './peer.ts';
import { putPeers, type Turn } from './state.ts';

/** A difference between the two clocks that no ordinary adjustment makes: the machine was suspended. */
const suspensionMs = 2_000;

/** A busy machine stalls often; once a minute is enough to know. */
const warnEveryMs = 60_000;

/**
 * Notices that this process was held up: its timer is late, or its wall clock ran on while its monotonic clock
 * stood still. Probes in flight then prove nothing, and the time of the pause is nobody's silence.
 */
export function sufferPause(turn: Turn): void {
  const { state, settings, now, wallNow } = turn;
  const lateMs = now - state.wakeAt;
  const suspendedMs = wallNow - state.lastMoment.wallNow - (now - state.lastMoment.now);
  const wasLate = lateMs > settings.stallThresholdMs;
  const wasSuspended = suspendedMs > Math.max(suspensionMs, settings.stallThresholdMs);
  if (!wasLate && !wasSuspended) return;

  const pauseMs = wasLate ? lateMs : 0;
  const peers = new Map<string, Peer>();
  for (const [id, peer] of state.peers) peers.set(id, afterPause(peer, pauseMs, wasSuspended));
  putPeers(turn, peers);
  if (wasSuspended) {
    state.ownBeats = [];
    state.lastReadAt = null;
  }
  if (state.stallWarnedAt !== null && now - state.stallWarnedAt < warnEveryMs) return;
  state.stallWarnedAt = now;
  const message = wasSuspended
    ? `this machine was suspended for ${Math.round(suspendedMs)} ms; probes of that time prove nothing`
    : `this process stood still for ${Math.round(lateMs)} ms; probes of that time prove nothing`;
  turn.effects.push({
    kind: 'announce',
    name: 'warning',
    payload: { code: 'stalled', message, nodeId: null },
  });
}

function afterPause(peer: Peer, pauseMs: number, wasSuspended: boolean): Peer {
  const later = (at: number | null): number | null => (at === null ? null : at + pauseMs);
  return {
    ...peer,
    firstMissAt: later(peer.firstMissAt),
    accusedAt: later(peer.accusedAt),
    refutedAt: later(peer.refutedAt),
    unreachableSince: later(peer.unreachableSince),
    lastAnswerAt: wasSuspended ? null : peer.lastAnswerAt,
    probe: peer.probe === null ? null : { ...peer.probe, hasStalled: true },
  };
}
