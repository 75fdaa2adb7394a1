/**
 * Rounds: when the registry is read and probes are sent.
 * Not for: what a reading (watching.ts) or the end of a probe (probing.ts) changes.
 */
import { draftOfPeer, isFollowed, isHeld, type Peer } from './peer.ts';
import { putPeer, type Turn } from './state.ts';

/** The first step: reads the ring at once; the first round comes at a random phase. */
export function start(turn: Turn): void {
  turn.state.phase = 'running';
  turn.state.startedAt = turn.now;
  turn.state.lookAhead = turn.settings.neighbors + 1;
  turn.state.nextRoundAt = turn.now + turn.random * turn.settings.probeIntervalMs;
  requestReading(turn);
}

/** One round: plans the next one and reads the registry. Its probes go out with `probeRound`, whether or not the registry answers. */
export function beginRound(turn: Turn): void {
  const { probeIntervalMs, jitter } = turn.settings;
  turn.state.nextRoundAt = turn.now + probeIntervalMs * (1 + jitter * (2 * turn.random - 1));
  requestReading(turn);
}

/** The probes of a round: to the watched targets without a time of their own, and to those whose own time has come. */
export function probeRound(turn: Turn): void {
  probeTargets(turn, (peer) => (peer.nextProbeAt ?? turn.now) <= turn.now);
}

/** Sends a probe to every watched target whose own time has come. */
export function probeDueTargets(turn: Turn): void {
  probeTargets(turn, (peer) => peer.nextProbeAt !== null && peer.nextProbeAt <= turn.now);
}

/** Never two probes at once to one target. */
function probeTargets(turn: Turn, isDue: (peer: Peer) => boolean): void {
  for (const id of turn.state.watching) {
    const peer = turn.state.peers.get(id);
    if (peer === undefined || peer.probe !== null || !isDue(peer)) continue;
    const probed = draftOfPeer(peer);
    probed.nextProbeAt = null;
    probed.probe = { startedAt: turn.now, hasStalled: false };
    putPeer(turn, probed);
    turn.effects.push({ kind: 'probe', targetId: id, address: peer.node.address, port: peer.node.port });
  }
}

/** Asks for a reading unless one is under way. */
export function requestReading(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'running' || state.isReading) return;
  state.isReading = true;
  const watched: string[] = [];
  for (const peer of state.peers.values()) if (isHeld(peer)) watched.push(peer.node.id);
  // Those that a verdict may yet be learnt of come last, within the same bound.
  for (const peer of state.peers.values()) {
    if (watched.length >= turn.settings.watchListCap) break;
    if (isFollowed(peer) && !isHeld(peer)) watched.push(peer.node.id);
  }
  state.asked = { lookAhead: state.lookAhead, watched };
  turn.effects.push({ kind: 'read-round', lookAhead: state.lookAhead, watched });
}
