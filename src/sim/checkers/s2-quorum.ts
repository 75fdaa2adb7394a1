/**
 * S2: no verdict without a quorum of distinct, valid votes of the current epoch, or the node's own obituary of it.
 *
 * Every node on the ring could vote, in maintenance or not, except the target and those that are silent by the order of
 * heartbeats. Where a quorum is smaller for the silent, they must have been silent by true time too, while the registry
 * could be reached: an outage keeps all from beating.
 */
import { heartbeatRetryMs } from '../../core/own-beats.ts';
import type { DecideResult } from '../../core/reading.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { DecideRequest, EpochRef, JoinResult } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

export const quorumOfValidVotes: CreateChecker = ({ world, ledger, settings, report }) => {
  /** For how long the registry had been up when each node's newest heartbeat or join came. */
  const beatenAtUpMs = new Map<string, number>();

  return {
    onCall: ({ method, request, at, nodeId: nodeOfCall }, result) => {
      // A join that is repeated, since its answer was lost, is no heartbeat.
      const isNewEpoch = (id: string): boolean => {
        const joined = result as JoinResult;
        return joined.outcome === 'joined' && joined.epoch !== ledger.nodes.get(id)?.epoch;
      };
      const { nodeId } = request as EpochRef;
      if (method === 'join' ? isNewEpoch(nodeId) : method === 'heartbeat' && result === 'beating')
        beatenAtUpMs.set(nodeId, world.registry.upMs);
      if (method !== 'decide' && method !== 'obituary') return;
      const decision = result as DecideResult;
      if (decision.outcome !== 'dead' || !decision.isNew) return;
      const { targetId, targetEpoch, watchedSince } = request as DecideRequest;
      const { votes } = decision.verdict;
      const epochName = `${targetId}#${targetEpoch}`;
      if (ledger.nodes.get(targetId)?.epoch !== targetEpoch)
        report(`a verdict on ${epochName}, which is not its current epoch`);
      if (decision.verdict.reason !== null) {
        const isItsOwnWord = method === 'obituary' && nodeOfCall === targetId;
        if (!isItsOwnWord && ledger.nodes.get(targetId)?.hasObituary !== true)
          report(`a verdict on ${epochName} without votes, which its own agent has not declared over`);
        return;
      }
      const voters = votes.map(({ observerId }) => observerId);
      if (new Set(voters).size !== voters.length)
        report(`a verdict on ${epochName} counts a voter twice: ${voters.join(', ')}`);
      const valid = new Set(ledger.validVoters(targetId));
      for (const voter of voters) {
        if (!valid.has(voter)) report(`a verdict on ${epochName} counts ${voter}, who has no valid vote`);
      }
      const others = [...ledger.nodes.keys()].filter((id) => id !== targetId && ledger.isOnRing(id));
      const isSilent = (id: string): boolean =>
        watchedSince !== null && (ledger.nodes.get(id)?.beatOrder ?? 0) < watchedSince;
      const counted = others.filter(isSilent);
      // An observer whose vote counts is a voter, silent or not.
      const voterCount = new Set([...others.filter((id) => !isSilent(id)), ...voters]).size;
      const needed = settings.strictQuorum
        ? settings.minQuorum
        : Math.max(1, Math.min(settings.minQuorum, voterCount));
      if (voters.length < needed) report(`a verdict on ${epochName} by ${voters.length} of ${needed} votes`);
      if (voters.length >= Math.min(settings.minQuorum, others.length)) return;
      // A smaller quorum needs voters that are truly silent: no heartbeat for a whole window (10 % for drifting clocks).
      for (const id of counted) {
        const silentMs = at - (ledger.nodes.get(id)?.lastBeatTrueAt ?? Number.NEGATIVE_INFINITY);
        const upMs = world.registry.upMs - (beatenAtUpMs.get(id) ?? 0);
        if (silentMs < settings.heartbeatWindowMs * 0.9) {
          report(
            `a verdict on ${epochName} left out ${id} as silent, which sent a heartbeat ${Math.round(silentMs)} ms ago`,
          );
        } else if (upMs < timeToBeatMs(settings) * 0.9) {
          report(
            `a verdict on ${epochName} left out ${id} as silent, which had ${Math.round(upMs)} ms to send a heartbeat, of ${timeToBeatMs(settings)}`,
          );
        }
      }
    },
  };
};

/** In so much time of a registry that takes writes a living node sends a heartbeat: when it is due, or as a retry after an outage. */
function timeToBeatMs({ heartbeatIntervalMs, registryTimeoutMs }: Settings): number {
  return heartbeatIntervalMs + registryTimeoutMs + heartbeatRetryMs(heartbeatIntervalMs);
}
