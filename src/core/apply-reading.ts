/** What a reading of the registry changes: this node's own standing first, then the targets, then the watch list. */
import { announceBrake } from './brake.ts';
import { planOpenClaims } from './claims.ts';
import { takeHit } from './contact.ts';
import { askForMissed, decideDeclared, renewAged } from './deciding.ts';
import { withReading } from './marks.ts';
import type { NodeRecord } from './node.ts';
import { watchBeats } from './own-beats.ts';
import { endOwnEpoch } from './own-obituary.ts';
import { isKeptOnList, newPeer, type Peer } from './peer.ts';
import { openVerdictLimit, type RoundReading, rowsOf } from './reading.ts';
import { requestReading } from './rounds.ts';
import { afterAbsence, afterReading, afterRecovery } from './row.ts';
import type { Settings } from './settings/settings.ts';
import { isAccusation } from './statement.ts';
import { putPeer, putPeers, type StepContext } from './step-context.ts';
import { announceUnreachable } from './unreachable.ts';
import { rewatch } from './watching.ts';
import { takeProgress } from './went-back.ts';

/** Takes a reading in. */
export function applyReading(context: StepContext, reading: RoundReading): void {
  const { now, settings, state } = context;
  const { ring } = state;
  state.ring = { ...ring, isReading: false };
  if (!takeProgress(context, reading)) return;
  const { own } = state;
  const hasGap = now - (ring.readAt ?? now) > readingGapMs(settings);
  state.ring = { ...state.ring, readAt: now, provenAt: ring.askedAt };
  if (endsOwnEpoch(context, reading)) return;
  const beats = watchBeats(own.beats, reading.ownBeat, { now, hasGap, settings });
  state.own = { ...own, beats, places: withReading(own.places, reading, now, settings) };
  if (reading.self === null) {
    watchNone(context);
    return;
  }
  if (reading.self.lifecycle === 'away') warnOfPlace(context, offRing);

  const { successors, beating } = reading;
  state.ring = { ...state.ring, successors, beating, isWhole: successors.length < ring.asked.lookAhead };
  const areRowsMissing = adoptStatements(context, reading);
  updatePeers(context, reading);
  decideDeclared(context);
  renewAged(context, reading);
  rewatch(context);
  if (areRowsMissing) requestReading(context);
  answerAccusers(context, reading);
  for (const { verdict } of reading.openVerdicts)
    context.effects.push({ kind: 'announce', name: 'verdict-read', payload: { verdict } });
  planOpenClaims(context, reading.openVerdicts);
  announceBrake(context, null);
}

/** Readings of two rounds in a row are at most this far apart, the second one's answer included. */
function readingGapMs({ probeIntervalMs, jitter, registryTimeoutMs }: Settings): number {
  return probeIntervalMs * (1 + jitter) + registryTimeoutMs;
}

function endsOwnEpoch(context: StepContext, { self, isSelfDead }: RoundReading): boolean {
  const { state } = context;
  const { epoch } = state.own;
  const isSuperseded = self !== null && self.epoch > epoch;
  if (!isSuperseded && !isSelfDead) return false;
  const died = state.own.obituary === null ? 'verdict' : 'application';
  endOwnEpoch(context, isSelfDead ? died : 'superseded');
  return true;
}

const offRing =
  'no node watches this one: it has no row in dns_nodes, or a row with a status that takes it off the ring; ' +
  'the program that keeps this row has to write it, or run an agent, which keeps its own';

function warnOfPlace({ settings, effects }: StepContext, message: string): void {
  const payload = { code: 'not-registered', message, targetId: settings.nodeId } as const;
  effects.push({ kind: 'announce', name: 'warning', payload });
}

/** A node that is not in the registry has no place on the ring. */
function watchNone(context: StepContext): void {
  const { state } = context;
  warnOfPlace(context, 'this node has no row in the registry, so it watches no node');
  state.ring = { ...state.ring, successors: [], beating: [], isWhole: false };
  rewatch(context);
}

/**
 * What an earlier epoch of this observer said stands until the target answers: its `recovered` must still follow. True
 * when rows of such targets must be read.
 */
function adoptStatements(context: StepContext, reading: RoundReading): boolean {
  const { state } = context;
  if (state.own.hasAdopted) return false;
  state.own = { ...state.own, hasAdopted: true };
  const rows = rowsOf(reading);
  let isRowMissing = false;
  for (const { targetId, targetEpoch, status, observerEpoch } of reading.statements) {
    const known = state.peers.get(targetId);
    const isSaid =
      known !== undefined && (known.statement.kind === 'former' || isAccusation(known.statement));
    if (observerEpoch >= state.own.epoch || isSaid) continue;
    const row = rows.get(targetId);
    isRowMissing ||= row === undefined;
    const peer = known ?? newPeer(row ?? unreadNode(targetId, targetEpoch));
    putPeer(context, targetId, { ...peer, statement: { kind: 'former', was: status, epoch: targetEpoch } });
  }
  return isRowMissing;
}

/** Stands in for a held target whose row has not been read yet: it is not probed until then. */
function unreadNode(id: string, epoch: number): NodeRecord {
  return {
    ...{ id, epoch, address: '', port: null, isNamed: false },
    ...{ lifecycle: 'away', decisionCount: 0, beatOrder: 0, refutationCount: 0, obituary: null },
  };
}

function updatePeers(context: StepContext, reading: RoundReading): void {
  const { now, state } = context;
  const { watched } = state.ring.asked;
  const rows = rowsOf(reading);
  const open = new Set(reading.openVerdicts.map(({ verdict }) => verdict.nodeId));
  // A reading that has all open verdicts shows which recoveries have ended.
  const areAllOpen = reading.openVerdicts.length < openVerdictLimit;
  const peers = new Map<string, Peer>();
  const missedIds: string[] = [];
  state.peers.forEach((peer, id) => {
    const node = rows.get(id);
    const read =
      node === undefined ? afterAbsence(peer, watched.includes(id)) : afterReading(peer, node, now);
    if (read === null) return;
    announceUnreachable(context, peer, read);
    if (read.node.epoch > peer.node.epoch) announceRestarted(context, read.node, peer.node.epoch);
    if (isVerdictNew(peer, read) && !open.has(id)) missedIds.push(id);
    peers.set(id, areAllOpen && !open.has(id) ? afterRecovery(read) : read);
  });
  putPeers(context, peers);
  for (const id of missedIds) {
    const peer = peers.get(id);
    if (peer !== undefined) askForMissed(context, peer);
  }
  for (const peer of peers.values()) {
    if (peer.node.lifecycle !== 'maintenance' || !isKeptOnList(peer)) continue;
    putPeer(context, peer.node.id, takeHit(context, peer, null));
  }
}

/** Whether a row shows the verdict that this observer has voted for and did not know of. */
function isVerdictNew(before: Peer, { node }: Peer): boolean {
  const hasVoted = before.statement.kind === 'dead' && before.node.epoch === node.epoch;
  return hasVoted && before.node.lifecycle !== 'dead' && node.lifecycle === 'dead';
}

function announceRestarted(
  { effects }: StepContext,
  { id: targetId, epoch }: NodeRecord,
  previousEpoch: number,
): void {
  const payload = { targetId, targetEpoch: epoch, previousEpoch };
  effects.push({ kind: 'announce', name: 'restarted', payload });
}

/** The accused answers, as long as it is accused: observers wait for it before they ask for a verdict. */
function answerAccusers({ state, settings, effects }: StepContext, { accuserIds, self }: RoundReading): void {
  const { own } = state;
  // A node that has declared its own epoch over does not deny it.
  if (!settings.refutation || self?.epoch !== own.epoch || own.obituary !== null) return;
  const hasChanged = accuserIds.some((id) => !own.accuserIds.includes(id));
  state.own = { ...own, accuserIds };
  if (accuserIds.length === 0) return;
  effects.push({ kind: 'refute' });
  if (!hasChanged) return;
  const payload = { targetId: settings.nodeId, targetEpoch: own.epoch, accuserIds };
  effects.push({ kind: 'announce', name: 'refuted', payload });
}
