/**
 * Readings and the watch list: what a reading changes, and whom to watch after it.
 * Not for: when the registry is read and probes are sent (rounds.ts).
 */
import type { Settings } from './config.ts';
import { announceVerdicts, planOpenClaims, releaseBrake, renewAged } from './deciding.ts';
import type { NodeRecord } from './node.ts';
import { watchBeats } from './own-beats.ts';
import {
  afterAbsence,
  afterHit,
  afterReading,
  isConfirmedDead,
  isFollowed,
  isHeld,
  newPeer,
  type Peer,
} from './peer.ts';
import type { RoundReading } from './reading.ts';
import { probeDueTargets, requestReading } from './rounds.ts';
import { putPeers, type Turn } from './state.ts';
import { applyTransitions } from './transitions.ts';
import { nextLookAhead, walkRing } from './watch-list.ts';

/** Takes a reading in: this node's own standing first, then the targets', then the walk. */
export function applyReading(turn: Turn, reading: RoundReading): void {
  const { state } = turn;
  state.isReading = false;
  const hasGap = turn.now - (state.lastReadAt ?? turn.now) > readingGapMs(turn.settings);
  state.lastReadAt = turn.now;
  if (endsThisLife(turn, reading)) return;
  const { now, settings } = turn;
  state.ownBeats = watchBeats(state.ownBeats, reading.ownBeat, { now, hasGap, settings });
  if (reading.self === null) {
    watchNobody(turn);
    return;
  }

  state.isWholeRing = reading.successors.length < state.asked.lookAhead;
  state.successors = reading.successors;
  const areRowsMissing = adoptStatements(turn, reading);
  updatePeers(turn, reading);
  renewAged(turn, reading);
  rewatch(turn);
  if (areRowsMissing) requestReading(turn);
  answerAccusers(turn, reading);
  announceVerdicts(
    turn,
    reading.openVerdicts.map(({ verdict }) => verdict),
  );
  planOpenClaims(turn, reading.openVerdicts);
  releaseBrake(turn);
}

function endsThisLife(turn: Turn, { self, isSelfDead }: RoundReading): boolean {
  const { state } = turn;
  const isSuperseded = self !== null && self.epoch > state.epoch;
  if (!isSuperseded && !isSelfDead) return false;
  state.phase = 'over';
  const reason = isSelfDead ? 'verdict' : 'superseded';
  turn.effects.push(
    {
      kind: 'note',
      note: 'self-dead',
      targetId: turn.settings.nodeId,
      targetEpoch: state.epoch,
      detail: { reason },
    },
    { kind: 'announce', name: 'selfDead', payload: { epoch: state.epoch, reason } },
  );
  return true;
}

/** A node that is not in the registry has no place on the ring. */
function watchNobody(turn: Turn): void {
  const { state, settings } = turn;
  if (!state.warnedIds.includes(settings.nodeId)) {
    warn(turn, settings.nodeId, 'not-registered', 'this node has no row in dns_nodes, so it watches nobody');
  }
  state.successors = [];
  state.isWholeRing = false;
  rewatch(turn);
}

/** Readings of two rounds in a row are at most this far apart, the second one's answer included. */
function readingGapMs({ probeIntervalMs, jitter, registryTimeoutMs }: Settings): number {
  return probeIntervalMs * (1 + jitter) + registryTimeoutMs;
}

/**
 * What an earlier epoch of this observer said stands until the target answers: its `recovered` must still follow. True
 * when rows of such targets must be read.
 */
function adoptStatements(turn: Turn, reading: RoundReading): boolean {
  const { state } = turn;
  if (state.hasAdopted) return false;
  state.hasAdopted = true;
  const rows = rowsOf(reading);
  const peers = new Map(state.peers);
  let isRowMissing = false;
  for (const { targetId, targetEpoch, status, observerEpoch } of reading.statements) {
    if (observerEpoch >= state.epoch || peers.get(targetId)?.said) continue;
    const row = rows.get(targetId);
    isRowMissing ||= row === undefined;
    const peer = peers.get(targetId) ?? newPeer(row ?? unreadNode(targetId, targetEpoch), null);
    peers.set(targetId, { ...peer, said: { status, epoch: targetEpoch } });
  }
  putPeers(turn, peers);
  return isRowMissing;
}

/** Stands in for a held target whose row has not been read yet: it is not probed until then. */
function unreadNode(id: string, epoch: number): NodeRecord {
  return {
    id,
    epoch,
    address: '',
    port: null,
    lifecycle: 'away',
    decisionCount: 0,
    beatOrder: 0,
    refutationCount: 0,
    isNamed: false,
  };
}

function updatePeers(turn: Turn, reading: RoundReading): void {
  const { now, state } = turn;
  const rows = rowsOf(reading);
  const peers = new Map<string, Peer>();
  state.peers.forEach((peer, id) => {
    const node = rows.get(id);
    const isAsked = state.asked.watched.includes(id);
    const read = node === undefined ? afterAbsence(peer, isAsked) : afterReading(peer, node, now);
    if (read === null) return;
    if (read.unreachableSince !== null && peer.unreachableSince === null) announceUnreachable(turn, read);
    peers.set(id, read);
  });
  putPeers(turn, peers);
  for (const peer of peers.values()) {
    if (peer.node.lifecycle === 'maintenance' && isHeld(peer)) {
      applyTransitions(turn, afterHit(peer, turn.now, { isAnswer: false, epoch: null }));
    }
  }
}

/** The rows of targets by id; of two of one node, which no registry gives, the one of the held targets. */
function rowsOf({ successors, watched }: RoundReading): Map<string, NodeRecord> {
  const rows = new Map<string, NodeRecord>();
  for (const node of successors) rows.set(node.id, node);
  for (const node of watched) rows.set(node.id, node);
  return rows;
}

function announceUnreachable(turn: Turn, { node, epoch }: Peer): void {
  const target = { targetId: node.id, targetEpoch: epoch };
  turn.effects.push(
    { kind: 'note', note: 'unreachable', ...target, detail: { refutationCount: node.refutationCount } },
    { kind: 'announce', name: 'unreachable', payload: target },
  );
}

/**
 * Walks the ring again with what is known now: begins to watch, forgets healthy nodes that are no longer watched,
 * and reads further ahead at once while too few targets answer.
 */
export function rewatch(turn: Turn): void {
  const { state, settings } = turn;
  const walk = walkRing({
    successors: state.successors,
    peers: state.peers,
    neighbors: settings.neighbors,
    cap: settings.watchListCap,
  });
  const targets = walk.targets.filter((node) => hasAddress(turn, node));
  const peers = new Map<string, Peer>();
  // A probe in flight stays known, so that a target that is watched again meanwhile is not probed twice at once.
  state.peers.forEach((peer, id) => {
    if (isFollowed(peer) || peer.probe !== null) peers.set(id, peer);
  });
  // A target that comes later than the first reading is looked at now; the first ones wait for the first round.
  const firstProbeAt = state.watching.length > 0 ? turn.now : null;
  for (const node of targets) peers.set(node.id, comingOn(turn, node) ?? newPeer(node, firstProbeAt));
  putPeers(turn, peers);

  const watching = targets.map(({ id }) => id);
  const hasChanged =
    watching.length !== state.watching.length || watching.some((id) => !state.watching.includes(id));
  state.watching = watching;
  if (hasChanged) turn.effects.push({ kind: 'announce', name: 'watching', payload: { targetIds: watching } });

  const { neighbors, watchListCap: cap } = settings;
  state.lookAhead = nextLookAhead({ current: state.asked.lookAhead, neighbors, cap, walk });
  const isShort = !walk.isEnough && !state.isWholeRing && state.successors.length > 0;
  if (isShort && state.lookAhead > state.asked.lookAhead) requestReading(turn);
  probeDueTargets(turn);
}

/**
 * What is known of a target that is on the list, or comes onto it again. One whose death is settled waits for the round:
 * when many that are beyond the cap come back together, each that answers makes room for the next.
 */
function comingOn({ state }: Turn, { id }: NodeRecord): Peer | undefined {
  const peer = state.peers.get(id);
  if (peer === undefined || !isConfirmedDead(peer) || state.watching.includes(id)) return peer;
  return { ...peer, nextProbeAt: null };
}

function hasAddress(turn: Turn, node: NodeRecord): boolean {
  if (node.address !== '') return true;
  if (!turn.state.warnedIds.includes(node.id)) {
    warn(
      turn,
      node.id,
      'bad-row',
      `node ${node.id} has neither internal_ip nor ip_address in dns_nodes, so it cannot be probed; give it an address`,
    );
  }
  return false;
}

/** How many nodes that were warned of are remembered. */
const warnedLimit = 100;

function warn(turn: Turn, nodeId: string, code: 'bad-row' | 'not-registered', message: string): void {
  turn.state.warnedIds = [...turn.state.warnedIds, nodeId].slice(-warnedLimit);
  turn.effects.push({ kind: 'announce', name: 'warning', payload: { code, message, nodeId } });
}

/** The accused answers, as long as it is accused: observers wait for it before they ask for a verdict. */
function answerAccusers(turn: Turn, { accuserIds, self }: RoundReading): void {
  const { state, settings } = turn;
  if (!settings.refutation || self?.epoch !== state.epoch) return;
  const hasChanged = accuserIds.some((id) => !state.accuserIds.includes(id));
  state.accuserIds = accuserIds;
  if (accuserIds.length === 0) return;
  turn.effects.push({ kind: 'refute' });
  if (hasChanged) turn.effects.push({ kind: 'announce', name: 'refuted', payload: { accuserIds } });
}
