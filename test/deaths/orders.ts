/** Holds the orders that a callee got against the leases that the registry gave: whose fence was the newest when. */
import type { RegistryEvent } from '../../src/ports/registry.ts';
import type { ReceivedOrder } from './callee.ts';

export interface JudgedOrders {
  /** Orders whose life, fence and owner are those of no lease. */
  readonly unknown: readonly string[];
  /** Orders that were taken although the registry had given a newer lease of that life before they came. */
  readonly lateTaken: readonly string[];
  /** How many orders came late, and were refused, under each old lease. */
  readonly lateRefusedCounts: Readonly<Record<string, number>>;
}

/**
 * Compares by time: callee, agents and registry are on one machine, and a claim bears the time before its commit. So
 * an order that comes between the two would be called late, but no node claims while the order's lease lasts.
 */
export function judgeOrders(
  orders: readonly ReceivedOrder[],
  events: readonly RegistryEvent[],
): JudgedOrders {
  const claims = events.filter(({ kind }) => kind === 'recovery-started');
  const unknown: string[] = [];
  const lateTaken: string[] = [];
  const lateRefusedCounts: Record<string, number> = {};
  for (const { node, epoch, fence, owner, step, at, isRefused } of orders) {
    const ofLife = claims.filter(({ targetId, targetEpoch }) => targetId === node && targetEpoch === epoch);
    const lease = `${node}@${epoch}, fence ${fence} of ${owner}`;
    const isKnown = ofLife.some(
      ({ detail, observerId }) => detail['fence'] === fence && observerId === owner,
    );
    if (!isKnown) unknown.push(`${step}: ${lease}`);
    const isLate = ofLife.some(
      ({ detail, at: claimedAt }) => Number(detail['fence']) > fence && claimedAt < at,
    );
    if (isLate && isRefused) lateRefusedCounts[lease] = (lateRefusedCounts[lease] ?? 0) + 1;
    else if (isLate) lateTaken.push(`${step}: ${lease}`);
  }
  return { unknown, lateTaken, lateRefusedCounts };
}
