/** S2: no verdict without a quorum of distinct, valid votes of the current epoch. */
import type { DecideResult } from '../../core/reading.ts';
import type { DecideRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

export const quorumOfValidVotes: CreateChecker = ({ ledger, settings, report }) => ({
  onCall: ({ method, request, at }, result) => {
    if (method !== 'decide') return;
    const decision = result as DecideResult;
    if (decision.outcome !== 'dead' || !decision.isNew) return;
    const { targetId, targetEpoch, silentNodeIds } = request as DecideRequest;
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
    const silent = new Set(silentNodeIds);
    const others = [...ledger.nodes.keys()].filter(
      (id) => id !== targetId && ledger.isListed(id, settings.membershipWindowMs) && !ledger.isDead(id),
    );
    const loud = others.filter((id) => !silent.has(id)).length;
    const needed = settings.strictQuorum
      ? settings.minQuorum
      : Math.max(1, Math.min(settings.minQuorum, loud));
    if (voters.length < needed) report(`a verdict on ${life} by ${voters.length} of ${needed} voices`);
    if (voters.length >= Math.min(settings.minQuorum, others.length)) return;
    // A smaller quorum needs voters that have truly been silent for a whole window (10 % for drifting clocks) when the
    // observer last looked. It looks every round: who came back since then may still be taken for silent.
    const lookedAt = at - (settings.probeIntervalMs * (1 + settings.jitter) + 2 * settings.registryTimeoutMs);
    for (const id of silentNodeIds) {
      const beats = ledger.nodes.get(id)?.beatTrueAts ?? [];
      const wasSilent = beats.some((beatAt, index) => {
        const untilAt = beats[index + 1] ?? at;
        return untilAt >= lookedAt && untilAt - beatAt >= settings.heartbeatWindowMs * 0.9;
      });
      if (!wasSilent) report(`a verdict on ${life} left out ${id} as silent, which was not`);
    }
  },
});
