/** How a reading of a target's row, or of no row, changes what an observer knows and says of the target. */
import { withoutDue } from './answers.ts';
import { withoutSource } from './hints.ts';
import type { NodeRecord } from './node.ts';
import {
  isConfirmedDead,
  newPeer,
  type Peer,
  type ProbePlan,
  settled,
  withProbe,
  withRound,
} from './peer.ts';
import { afterRowRead, outlived, refutedNow } from './statement.ts';

/** The target's row, read again; null when the target is to be forgotten. */
export function afterReading(peer: Peer, node: NodeRecord, now: number): Peer | null {
  const hasDeparted = node.lifecycle === 'left' || node.lifecycle === 'away';
  if (hasDeparted && node.epoch >= peer.node.epoch) return afterDeparture(peer, node);
  const statement = afterRowRead(peer.statement, node);
  // A row of an older epoch is a stale read.
  if (node.epoch < peer.node.epoch) return { ...peer, statement };
  if (node.epoch > peer.node.epoch) {
    const outlivedStatement = outlived(statement, peer.node.epoch);
    const begun = ofNewEpoch(peer.probe, node.epoch);
    // What was said of the former epoch is taken back with the first answer of this one.
    const isAwaited = outlivedStatement.kind === 'former' && begun.kind === 'with-round';
    const probe: ProbePlan = isAwaited ? { kind: 'due', at: now } : begun;
    // What the former epoch was told of the next probe this one does not know; and the hint was right: the process has ended.
    const answers = peer.answers === null ? null : withoutDue(peer.answers);
    const hints = withoutSource(peer.hints);
    return { ...peer, node, misses: null, probe, statement: outlivedStatement, answers, hints };
  }
  // Where a registry gives the same row again, nothing has changed.
  if (node === peer.node && statement === peer.statement) return peer;
  const hasRefuted = node.refutationCount > peer.node.refutationCount;
  // A registry that was restored can show the same epoch alive again.
  const probe = node.lifecycle === 'dead' ? peer.probe : unsettled(peer.probe);
  return { ...peer, node, probe, statement: hasRefuted ? refutedNow(statement, now) : statement };
}

/**
 * A target whose death is confirmed and whose recovery has ended is not probed any more. It can come back only as a new
 * epoch, and its row shows that. A node that names no epoch can say so in its answers alone.
 */
export function afterRecovery(peer: Peer): Peer {
  const { misses, node, probe } = peer;
  if (misses === null || !isConfirmedDead(peer) || !node.isNamed || probe.kind === 'settled') return peer;
  if (probe.kind !== 'in-flight') return withProbe(peer, settled);
  return probe.isLast ? peer : withProbe(peer, { ...probe, isLast: true });
}

function unsettled(probe: ProbePlan): ProbePlan {
  if (probe.kind === 'in-flight') return probe.isLast ? { ...probe, isLast: false } : probe;
  return probe.kind === 'settled' ? withRound : probe;
}

/** An answer that waits for a reading came before that epoch was known: it is a hit where it names it, and else no miss of it. */
function ofNewEpoch(probe: ProbePlan, epoch: number): ProbePlan {
  const isOver = probe.kind === 'in-flight' && probe.newer !== null && probe.newer.outcome.epoch !== epoch;
  return isOver ? withRound : unsettled(probe);
}

/** Leaving makes void what was said of the target. What another program does not, so that stands until it answers again. */
function afterDeparture(peer: Peer, node: NodeRecord): Peer | null {
  const statement = outlived(peer.statement, peer.node.epoch);
  if (node.lifecycle === 'left' || statement.kind === 'none') return afterRemoval({ ...peer, node });
  return { ...newPeer(node), ...inFlightOnly(peer), statement };
}

/**
 * A reading has no row of the target. That proves nothing of one that is missed: the registry's leader is asked about it
 * in the end, and then its answer settles it. Any other whose row was asked for by name has been deleted.
 */
export function afterAbsence(peer: Peer, isAsked: boolean): Peer | null {
  const isInDispute = peer.misses !== null && !isConfirmedDead(peer);
  return isAsked && !isInDispute ? afterRemoval(peer) : peer;
}

/** The target is forgotten with what was said of it; only a probe in flight stays known until its end. */
export function afterRemoval(peer: Peer): Peer | null {
  return peer.probe.kind === 'in-flight' ? { ...newPeer(peer.node), ...inFlightOnly(peer) } : null;
}

function inFlightOnly({ probe, answers }: Peer): Partial<Peer> {
  return probe.kind === 'in-flight' ? { probe, answers } : { answers };
}
