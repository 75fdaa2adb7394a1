/** S1: at most one valid fence at a time for a node's epoch; fences only grow. */
import type {
  ClaimRequest,
  ClaimResult,
  FinishRequest,
  FinishResult,
  LeaseRef,
  RenewResult,
} from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

interface Lease {
  readonly claimId: string;
  readonly fence: number;
  /** Registry clock. */
  until: number;
}

export const oneFence: CreateChecker = ({ world, report }) => {
  const leases = new Map<string, Lease>();
  const seenClaims = new Set<string>();
  const endedClaims = new Set<string>();
  const newestFences = new Map<string, number>();
  let largestFence = 0;
  const keyOf = ({ nodeId, epoch }: { nodeId: string; epoch: number }): string => `${nodeId}\n${epoch}`;
  return {
    onCall: ({ method, request }, result) => {
      const now = world.registry.now();
      if (method === 'claim' && (result as ClaimResult).outcome === 'claimed') {
        const claim = request as ClaimRequest;
        const { fence } = result as Extract<ClaimResult, { outcome: 'claimed' }>;
        const held = leases.get(keyOf(claim));
        if (held?.claimId === claim.claimId) return;
        if (held !== undefined && held.until > now) {
          report(
            `${claim.ownerId} got fence ${fence} of ${claim.nodeId}#${claim.epoch} while fence ${held.fence} was valid`,
          );
        }
        if (seenClaims.has(claim.claimId))
          report(`the claim ${claim.claimId} was granted again after its end`);
        if (fence <= largestFence) report(`fence ${fence} was given after fence ${largestFence}`);
        seenClaims.add(claim.claimId);
        largestFence = Math.max(largestFence, fence);
        leases.set(keyOf(claim), { claimId: claim.claimId, fence, until: now + claim.leaseMs });
      } else if (method === 'renew' && (result as RenewResult).outcome === 'renewed') {
        const renewal = request as LeaseRef & { leaseMs: number };
        const held = leases.get(keyOf(renewal));
        if (held?.fence !== renewal.fence)
          report(`fence ${renewal.fence} was renewed, but ${held?.fence} is the valid one`);
        else held.until = now + renewal.leaseMs;
      } else if (method === 'finish' && (result as FinishResult) === 'recorded') {
        const end = request as FinishRequest;
        const held = leases.get(keyOf(end));
        // Told again of an end that it has recorded, the registry says so again.
        if (endedClaims.has(end.claimId)) return;
        endedClaims.add(end.claimId);
        if (held?.claimId !== end.claimId) {
          report(`fence ${end.fence} ended a recovery of ${end.nodeId} that fence ${held?.fence} owns`);
        }
        if (held?.claimId === end.claimId) leases.delete(keyOf(end));
      }
    },
    onHistory: (entry) => {
      if (entry.kind !== 'handlerBegan') return;
      const key = keyOf({ nodeId: entry.targetId, epoch: entry.targetEpoch });
      const before = newestFences.get(key) ?? 0;
      if (entry.fence === before)
        report(`the handler ran twice with fence ${entry.fence} for ${entry.targetId}`);
      newestFences.set(key, Math.max(before, entry.fence));
    },
  };
};
