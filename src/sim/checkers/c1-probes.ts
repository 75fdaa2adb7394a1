/**
 * C1: probes per node and round never pass the watch list's cap; never two at once for one target.
 *
 * Checked by every probe that is sent, not only by its target. With C the cap, in any time as long as the shortest
 * round that jitter allows:
 * - a watch list never holds more than C targets, and nothing is probed that is not on it;
 * - a target gets the probe of the round, and one more each time that it comes onto the list. It is retried: one more for
 *   each probe of it that had no answer of its present epoch. The reason for the first one may be a round ago.
 *   While another target is missed, it may be looked at as proof of the observer's own network. Where hints are heeded there
 *   are six looks in vain: three after closed connections, three that others asked for;
 * - a node sends at most C × (2 + round / shortest retry interval) probes in all, whatever comes and goes.
 */
import { proofPaceMs } from '../../core/network-proof.ts';
import { toleratedPart } from './c2-rows-read.ts';
import type { CreateChecker } from './checker.ts';

interface Sent {
  readonly targetId: string;
  readonly at: number;
}

/** What one process has sent in the last round, oldest first. */
interface Probes {
  readonly sent: Sent[];
  /** What else gives a target a probe of its own: that one had no answer, or that it came onto the list. */
  readonly reasons: Sent[];
  readonly inFlight: Set<string>;
  list: readonly string[];
}

export const probesAreBounded: CreateChecker = ({ world, ledger, settings, report }) => {
  const { watchListCap: cap, probeIntervalMs, jitter, retryIntervalRefusedMs } = settings;
  const roundMs = probeIntervalMs * (1 - jitter) * toleratedPart;
  const most = cap * (2 + Math.ceil(roundMs / retryIntervalRefusedMs));
  const hintLooks = settings.hints ? 6 : 0;
  const proofLooks = 1 + Math.ceil(roundMs / proofPaceMs(settings));
  const byNode = new Map<string, Probes>();
  const probesOf = (nodeId: string): Probes => {
    const known = byNode.get(nodeId) ?? { sent: [], reasons: [], inFlight: new Set(), list: [] };
    byNode.set(nodeId, known);
    return known;
  };
  const countOf = (probes: readonly Sent[], id: string): number =>
    probes.filter(({ targetId }) => targetId === id).length;

  return {
    onHistory: (entry) => {
      // A node that joins again in the same process begins its rounds anew.
      if (entry.kind === 'started' || entry.kind === 'joined') byNode.delete(entry.nodeId);
      if (entry.kind !== 'watching') return;
      const { targetIds } = entry.event;
      const probes = probesOf(entry.nodeId);
      for (const targetId of targetIds)
        if (!probes.list.includes(targetId)) probes.reasons.push({ targetId, at: entry.at });
      probes.list = targetIds;
      if (targetIds.length > cap) report(`${entry.nodeId} watches ${targetIds.length} targets, cap ${cap}`);
    },
    onProbeBegan: ({ observerId, targetId, at }) => {
      const { sent, reasons, inFlight, list } = probesOf(observerId);
      if (inFlight.has(targetId)) report(`${observerId} probes ${targetId} while a probe of it is in flight`);
      if (!list.includes(targetId))
        report(`${observerId} probes ${targetId}, which is not on its watch list`);
      inFlight.add(targetId);
      dropUntil(sent, at - roundMs);
      dropUntil(reasons, at - roundMs);
      sent.push({ targetId, at });
      const count = countOf(sent, targetId);
      const allowed = 2 + countOf(reasons, targetId) + proofLooks + hintLooks;
      if (count > allowed)
        report(`${observerId} has sent ${count} probes to ${targetId} in a round, ${allowed} are allowed`);
      if (sent.length > most)
        report(`${observerId} has sent ${sent.length} probes in a round, at most ${most} are allowed`);
    },
    onProbeEnded: ({ observerId, targetId }, outcome) => {
      const { reasons, inFlight } = probesOf(observerId);
      inFlight.delete(targetId);
      // One that names another epoch is a miss as well.
      const isHit = outcome.kind === 'answer' && outcome.epoch === ledger.nodes.get(targetId)?.epoch;
      if (!isHit) reasons.push({ targetId, at: world.now });
    },
  };
};

function dropUntil(probes: Sent[], at: number): void {
  while (probes.length > 0 && (probes[0]?.at ?? 0) <= at) probes.shift();
}
