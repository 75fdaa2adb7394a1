/**
 * S1: at most one valid fence at a time for a node's epoch; fences only grow. A handler whose lease is over is told so:
 * none goes on under an old fence after another node has got a new one. A lease ends with its owner: at once where its
 * process is known to have gone, else when the owner has stopped by itself. After that it is neither renewed nor finished.
 *
 * A registry that is restored has forgotten leases that it gave: of those, and of their handlers, nothing is promised. But no
 * fence is given again once a node has found that the registry went back, and none that the claimer knew of, found or not.
 * A claim that the restored registry knows gets its old lease once more, which is no new one.
 */
import { generationOf } from '../../core/fence.ts';
import { isRefusedOnly } from '../../core/misses.ts';
import type { DecideResult } from '../../core/reading.ts';
import type {
  ClaimRequest,
  ClaimResult,
  EpochRef,
  FinishRequest,
  FinishResult,
  JoinResult,
  LeaseRef,
  RaiseRequest,
  RaiseResult,
  RenewResult,
} from '../../ports/registry.ts';
import type { TappedCall } from '../virtual-registry.ts';
import type { CreateChecker } from './checker.ts';

interface Lease {
  readonly claimId: string;
  readonly fence: number;
  readonly ownerId: string;
  readonly ownerEpoch: number;
  /** Registry clock. */
  since: number;
  until: number;
  /** True time of the newest request that the registry granted. */
  grantedAt: number;
  /** For how long the owner runs its handler without another one. */
  readonly holdMs: number;
  isOwnerOver: boolean;
}

interface RunningHandler {
  readonly nodeId: string;
  readonly fence: number;
  /** Whether its node has been paused meanwhile: what stood still cannot have heard anything. */
  wasPaused: boolean;
}

/** Clocks may drift by 1 %, and an answer takes its time. */
const toleranceOf = (lengthMs: number): number => 0.03 * lengthMs + 20;

export const oneFence: CreateChecker = ({ world, report }) => {
  const leases = new Map<string, Lease>();
  /** When each was granted first. */
  const seenClaims = new Map<string, number>();
  /** Claims that a restored registry knows. */
  const olderClaims = new Set<string>();
  /** Which node got which fence, since the last restore. */
  const given = new Set<string>();
  const endedClaims = new Set<string>();
  const newestFences = new Map<string, number>();
  const running = new Map<string, RunningHandler[]>();
  let largestFence = 0;
  /** Whether no node has found yet that the registry went back. */
  let isUnfound = false;
  /** A registry that has been restored holds leases that are not known here, and may give its fences again. */
  let hasUnknownLeases = false;
  const keyOf = ({ nodeId, epoch }: { nodeId: string; epoch: number }): string => `${nodeId}\n${epoch}`;
  // An end further ahead than twice the length was written by a clock that has been set back since.
  const isValid = ({ since, until }: Lease, now: number): boolean =>
    now < until && until - since >= since - now;

  const checkClaim = (claim: ClaimRequest, fence: number, at: number): void => {
    const now = world.registry.now();
    const key = keyOf(claim);
    const held = leases.get(key);
    if (held?.claimId === claim.claimId || olderClaims.has(claim.claimId)) return;
    const epochName = `${claim.nodeId}#${claim.epoch}`;
    if (held !== undefined && isValid(held, now))
      report(`${claim.ownerId} got fence ${fence} of ${epochName} while fence ${held.fence} was valid`);
    if (seenClaims.has(claim.claimId)) report(`the claim ${claim.claimId} was granted again after its end`);
    if (fence <= (claim.known?.fence ?? 0))
      report(`${claim.ownerId} got fence ${fence}, and knew of fence ${claim.known?.fence}`);
    if (fence <= largestFence && !isUnfound) report(`fence ${fence} was given after fence ${largestFence}`);
    // Where the registry's clock has jumped, a lease ends before its owner can know.
    if (held !== undefined && at - held.grantedAt > held.holdMs + toleranceOf(held.holdMs)) {
      for (const handler of running.get(key) ?? []) {
        if (handler.fence !== held.fence || handler.wasPaused || !world.node(handler.nodeId).isRunning)
          continue;
        report(
          `${handler.nodeId} still handles ${epochName} under fence ${handler.fence}, fence ${fence} is given`,
        );
      }
    }
    given.add(`${key}\n${claim.ownerId}\n${fence}`);
    seenClaims.set(claim.claimId, at);
    largestFence = Math.max(largestFence, fence);
    const { claimId, ownerId, ownerEpoch, leaseMs, holdMs = leaseMs } = claim;
    const length = { since: now, until: now + leaseMs, grantedAt: at, holdMs };
    leases.set(key, { claimId, fence, ownerId, ownerEpoch, ...length, isOwnerOver: false });
  };

  const endLeasesOf = (ownerId: string, isOver: (epoch: number) => boolean, isProcessGone: boolean): void => {
    const now = world.registry.now();
    for (const lease of leases.values()) {
      if (lease.ownerId !== ownerId || !isOver(lease.ownerEpoch)) continue;
      lease.isOwnerOver = true;
      lease.until = Math.min(lease.until, isProcessGone ? now : lease.since + lease.holdMs);
    }
  };

  const noteEnds = ({ method, request }: TappedCall, result: unknown): void => {
    if (method === 'decide' || method === 'obituary') {
      const decision = result as DecideResult;
      if (decision.outcome !== 'dead' || !decision.isNew) return;
      const { nodeId, epoch, votes } = decision.verdict;
      const isProcessGone = votes.every(
        ({ evidence }) => evidence?.closedConnection === true && isRefusedOnly(evidence),
      );
      endLeasesOf(nodeId, (of) => of === epoch, isProcessGone);
    } else if (method === 'join') {
      const joined = result as JoinResult;
      if (joined.outcome === 'joined')
        endLeasesOf((request as EpochRef).nodeId, (of) => of < joined.epoch, true);
    } else if (method === 'leave') {
      const { nodeId, epoch } = request as EpochRef;
      endLeasesOf(nodeId, (of) => of === epoch, true);
    }
  };

  return {
    restored: (toAt) => {
      for (const [claimId, grantedAt] of seenClaims) if (grantedAt <= toAt) olderClaims.add(claimId);
      for (const known of [leases, seenClaims, endedClaims, newestFences, running, given]) known.clear();
      isUnfound = true;
      hasUnknownLeases = true;
    },
    onCall: (call, result) => {
      const { method, request, at } = call;
      noteEnds(call, result);
      const now = world.registry.now();
      if (method === 'claim' && (result as ClaimResult).outcome === 'claimed') {
        checkClaim(request as ClaimRequest, (result as { fence: number }).fence, at);
      } else if (method === 'claim' && (result as { reason?: string }).reason === 'maintenance') {
        // By the clock of that moment no lease stands: what holds the recovery from now on is the maintenance.
        const key = keyOf(request as ClaimRequest);
        const held = leases.get(key);
        if (held !== undefined && isValid(held, now))
          report(`the maintenance of ${key} ended fence ${held.fence} while that was valid`);
        leases.delete(key);
      } else if (method === 'raise' && (result as RaiseResult) === 'raised') {
        // A node that had not heard of the newest generation may begin it a second time.
        const { known } = request as RaiseRequest;
        if (generationOf(known?.fence ?? 0) >= generationOf(largestFence)) isUnfound = false;
      } else if (method === 'renew' && (result as RenewResult).outcome === 'renewed') {
        const renewal = request as LeaseRef & { leaseMs: number };
        const held = leases.get(keyOf(renewal));
        if (held === undefined && hasUnknownLeases) return;
        if (held?.isOwnerOver === true) report(`fence ${renewal.fence} was renewed, and its owner was over`);
        if (held?.fence !== renewal.fence)
          report(`fence ${renewal.fence} was renewed, but ${held?.fence} is the valid one`);
        else Object.assign(held, { since: now, until: now + renewal.leaseMs, grantedAt: at });
      } else if (method === 'finish' && (result as FinishResult) === 'recorded') {
        const end = request as FinishRequest;
        const held = leases.get(keyOf(end));
        // Told again of an end that it has recorded, the registry says so again.
        if (endedClaims.has(end.claimId)) return;
        endedClaims.add(end.claimId);
        if (held?.isOwnerOver === true) report(`fence ${end.fence} ended a recovery, and its owner was over`);
        if (held?.claimId === end.claimId) leases.delete(keyOf(end));
        else if (held !== undefined || !hasUnknownLeases)
          report(`fence ${end.fence} ended a recovery of ${end.nodeId} that fence ${held?.fence} owns`);
      }
    },
    onHistory: (entry) => {
      if (entry.kind === 'handlerBegan' || entry.kind === 'handlerEnded') {
        const { nodeId, targetId, fence } = entry;
        const key = keyOf({ nodeId: targetId, epoch: entry.targetEpoch });
        const others = (running.get(key) ?? []).filter((handler) => handler.fence !== fence);
        if (entry.kind === 'handlerEnded') {
          running.set(key, others);
          return;
        }
        if (hasUnknownLeases && !given.has(`${key}\n${nodeId}\n${fence}`)) return;
        running.set(key, [...others, { nodeId, fence, wasPaused: false }]);
        const before = newestFences.get(key) ?? 0;
        if (fence === before) report(`the handler ran twice with fence ${fence} for ${targetId}`);
        newestFences.set(key, Math.max(before, fence));
      } else if (entry.kind === 'paused') {
        for (const handler of [...running.values()].flat())
          if (handler.nodeId === entry.nodeId) handler.wasPaused = true;
      } else if (entry.kind === 'crashed' || entry.kind === 'ended' || entry.kind === 'left') {
        for (const [key, handlers] of running)
          running.set(
            key,
            handlers.filter(({ nodeId }) => nodeId !== entry.nodeId),
          );
      }
    },
  };
};
