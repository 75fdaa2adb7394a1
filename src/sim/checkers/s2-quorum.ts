/**
 * S2: no verdict without a quorum of distinct, valid votes of the current epoch.
 *
 * Who could vote is judged by true time besides the registry's clock, so that no step of that clock and no outage can
 * hide anybody: whoever was heard of within a heartbeat window of the time in which the registry was up.
 */
import type { DecideResult } from '../../core/reading.ts';
import type { DecideRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

export const quorumOfValidVotes: CreateChecker = ({ ledger, settings, report }) => ({
  onCall: ({ method, request, at }, result) => {
    if (method !== 'decide') return;
    const decision = result as DecideResult;
    if (decision.outcome !== 'dead' || !decision.isNew) return;
    const { targetId, targetEpoch, silentNodes } = request as DecideRequest;
    const { votes } = decision.verdict;
    const life = `${targetId}#${targetEpoch}`;
    if (ledger.nodes.get(targetId)?.epoch !== targetEpoch)
      report(`a verdict on ${life}, which is not its current life`);
    const voters = votes.map(({ observerId }) => observerId);
    if (new Set(voters).size !== voters.length)
      report(`a verdict on ${life} counts a voter twice: ${voters.join(', ')}`);
    const valid = new Set(ledger.validVoters(targetId));
    for (const voter of voters) {
      if (!valid.has(voter)) report(`a verdict on ${life} counts ${voter}, who has no valid vote`);
    }
    const counted = silentNodes
      .filter(({ nodeId, heartbeat }) => ledger.nodes.get(nodeId)?.heartbeat === heartbeat)
      .map(({ nodeId }) => nodeId);
    const silent = new Set(counted);
    // 10 % for clocks that drift.
    const isThere = (id: string): boolean =>
      ledger.isListed(id, settings.membershipWindowMs) ||
      ledger.isBeating(id, settings.heartbeatWindowMs * 0.9);
    const others = [...ledger.nodes.keys()].filter(
      (id) => id !== targetId && isThere(id) && !ledger.isDead(id),
    );
    // Whose voice counts is a voter, silent or not.
    const loud = others.filter((id) => !silent.has(id) || voters.includes(id)).length;
    const needed = settings.strictQuorum
      ? settings.minQuorum
      : Math.max(1, Math.min(settings.minQuorum, loud));
    if (voters.length < needed) report(`a verdict on ${life} by ${voters.length} of ${needed} voices`);
    if (voters.length >= Math.min(settings.minQuorum, others.length)) return;
    // A smaller quorum needs voters that are truly silent: no heartbeat for a whole window (10 % for drifting clocks).
    for (const id of counted) {
      const silentMs = at - (ledger.nodes.get(id)?.lastBeatTrueAt ?? Number.NEGATIVE_INFINITY);
      if (silentMs < settings.heartbeatWindowMs * 0.9) {
        report(
          `a verdict on ${life} left out ${id} as silent, which sent a heartbeat ${Math.round(silentMs)} ms ago`,
        );
      }
    }
  },
});
