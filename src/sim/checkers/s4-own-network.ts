/**
 * S4, its other half: an observer that is cut off says of no node that it is dead.
 *
 * Checked by the true outcomes of its probes, when it says `dead`: another node has answered a probe that was sent after the
 * first of the misses since the target's last answer. The exception: no other node is left that could answer. All of them
 * have left, are dead, in maintenance, or silent in the registry for a heartbeat window. What has changed there lately an
 * observer may not know yet.
 */
import type { EpochRef } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

/** What one process knows of the nodes that it probes. */
interface Seen {
  readonly process: object;
  /** By target: when the first miss since its last answer ended. */
  readonly missedSince: Map<string, number>;
  /** By target: when the newest probe that it has answered was sent. */
  readonly answered: Map<string, number>;
}

/** Two sums that mean the same moment may differ in their last digit, milliseconds. */
const roundingMs = 0.001;

/** Clocks may drift by 1 %, and an answer is known when it has come. */
const leastPart = 0.9;

export const votesHaveProof: CreateChecker = ({ world, ledger, settings, report }) => {
  const { probeIntervalMs, registryTimeoutMs, heartbeatWindowMs } = settings;
  /** An observer may not know for so long what the registry holds. */
  const unknownMs = 5 * (probeIntervalMs + registryTimeoutMs);
  const seen = new Map<string, Seen>();
  /** When each node's heartbeats last began: with a join, or after a silence. */
  const beatsSince = new Map<string, number>();
  let restoredAt = Number.NEGATIVE_INFINITY;

  const couldAnswer = (id: string): boolean => {
    const node = ledger.nodes.get(id);
    if (node === undefined || !ledger.isOnRing(id)) return false;
    const isBeating = world.now - node.lastBeatTrueAt < heartbeatWindowMs * leastPart;
    const isKnown = world.now - Math.max(beatsSince.get(id) ?? 0, node.aliveTrueAt, restoredAt) > unknownMs;
    // By the registry's clock, which may have stepped: a maintenance that was ever set is left alone.
    return isBeating && isKnown && node.maintenanceUntil === 0;
  };

  return {
    restored: () => {
      restoredAt = world.now;
    },
    onProbeEnded: ({ observerId, targetId, process, at: beganAt }, outcome) => {
      const before = seen.get(observerId);
      const own =
        before?.process === process ? before : { process, missedSince: new Map(), answered: new Map() };
      seen.set(observerId, own);
      // Another epoch's answer, an impostor's for instance, is a miss. What is known of a row stands that a backup lacks.
      const row = ledger.nodes.get(targetId);
      const isOfEpoch = outcome.kind === 'answer' && (row === undefined || outcome.epoch === row.epoch);
      if (isOfEpoch && outcome.nodeId === targetId) {
        own.missedSince.delete(targetId);
        own.answered.set(targetId, beganAt);
      } else if (outcome.kind !== 'aborted' && !own.missedSince.has(targetId))
        own.missedSince.set(targetId, world.now);
    },
    onCall: ({ method, request, at }, result) => {
      if (method !== 'heartbeat' && method !== 'join') return;
      if (method === 'heartbeat' && result !== 'beating') return;
      const { nodeId } = request as EpochRef;
      const lastAt = ledger.nodes.get(nodeId)?.lastBeatTrueAt ?? Number.NEGATIVE_INFINITY;
      if (method === 'join' || at - lastAt > heartbeatWindowMs * leastPart) beatsSince.set(nodeId, at);
    },
    onHistory: (entry) => {
      if (entry.kind !== 'dead') return;
      const { targetId, targetEpoch } = entry.event;
      // What is said of a former epoch counts for nothing, and answers of the present one end no misses of it.
      if (ledger.nodes.get(targetId)?.epoch !== targetEpoch || ledger.isUndone(targetId, targetEpoch)) return;
      const own = seen.get(entry.nodeId);
      const since = own?.missedSince.get(targetId);
      if (own === undefined || since === undefined) return;
      for (const [id, sentAt] of own.answered) if (id !== targetId && sentAt >= since - roundingMs) return;
      const others = [...ledger.nodes.keys()].filter(
        (id) => id !== targetId && id !== entry.nodeId && couldAnswer(id),
      );
      if (others.length > 0)
        report(
          `${entry.nodeId} says ${targetId}#${targetEpoch} is dead without proof of its own network, while ${others} could give it`,
        );
    },
  };
};
