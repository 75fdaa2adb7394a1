/** S3: no recovery for a node that left, is in maintenance, or has begun a newer epoch. */
import type { DecideResult } from '../../core/reading.ts';
import type { ClaimRequest, ClaimResult, DecideRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

export const noRecoveryOfTheLiving: CreateChecker = ({ ledger, report }) => {
  /** When each was granted first. */
  const seenClaims = new Map<string, number>();
  const check = (what: string, nodeId: string, epoch: number): void => {
    const node = ledger.nodes.get(nodeId);
    if (node === undefined) report(`${what} ${nodeId}, which never joined`);
    else if (node.epoch !== epoch) report(`${what} ${nodeId}#${epoch}, whose epoch is #${node.epoch}`);
    else if (node.hasLeft) report(`${what} ${nodeId}#${epoch}, which has left`);
    else if (ledger.isInMaintenance(nodeId)) report(`${what} ${nodeId}#${epoch}, which is in maintenance`);
  };
  return {
    restored: (toAt) => {
      for (const [claimId, at] of seenClaims) if (at > toAt) seenClaims.delete(claimId);
    },
    onCall: ({ method, request, at }, result) => {
      if (method === 'claim' && (result as ClaimResult).outcome === 'claimed') {
        const { nodeId, epoch, claimId } = request as ClaimRequest;
        // Asked for again with the same id: the same lease, given when it was right.
        if (seenClaims.has(claimId)) return;
        check('a recovery was begun of', nodeId, epoch);
        seenClaims.set(claimId, at);
      } else if (method === 'decide' || method === 'obituary') {
        const decision = result as DecideResult;
        if (decision.outcome !== 'dead' || !decision.isNew) return;
        const { targetId, targetEpoch } = request as DecideRequest;
        check('a verdict was made on', targetId, targetEpoch);
      }
    },
  };
};
