/**
 * Which deaths weigh on the brake, for people: by the registry's clock, since a reader has no marks of its own. It may be
 * a heartbeat off from what an observer counts. Nothing is decided by it.
 */
import type { BrakeRelease, BrakeWeight, ClusterReading, ClusterRequest } from '../ports/registry.ts';
import type { ClusterRow, EventRow, NodeRow, VerdictRow } from '../ports/rows.ts';
import type { Query } from '../ports/store.ts';
import { actingLifecycles, isInMaintenance } from './node-row.ts';
import { select } from './rule.ts';

/** The newest join of a node. */
const newestJoin: (nodeId: string, kind: string, limit: number) => Query<readonly EventRow[]> = select(
  'events',
  [
    ['targetId', '='],
    ['kind', '='],
  ],
  { orderBy: [['id', 'desc']], isLimited: true },
);

/** For how many nodes that are back it is looked up since when. */
const backLimit = 64;

/** The newest join of each node that is back from a death. */
export function joinsOfReturned(nodes: readonly NodeRow[]): Query<readonly EventRow[]>[] {
  return nodes
    .filter(isBack)
    .sort((one, other) => other.deathOrder - one.deathOrder)
    .slice(0, backLimit)
    .map(({ nodeId }) => newestJoin(nodeId, 'joined', 1));
}

function isBack({ deathOrder, lifecycle }: NodeRow): boolean {
  return deathOrder > 0 && actingLifecycles.includes(lifecycle);
}

function releaseOf(cluster: ClusterRow | undefined, now: number): BrakeRelease | null {
  if (cluster === undefined || cluster.releasedUntil <= now) return null;
  const { releasedUntil, releasedCount } = cluster;
  return { leftMs: releasedUntil - now, count: releasedCount === 0 ? null : releasedCount };
}

/** What the view is made of. */
export interface BrakeRows {
  readonly nodes: readonly NodeRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly joins: readonly EventRow[];
  readonly cluster: ClusterRow | undefined;
  readonly now: number;
}

/** The deaths that weigh, in the order of their nodes' ids, and the members. */
export function brakeView(
  { nodes, verdicts, joins, cluster, now }: BrakeRows,
  { brakeWindowMs = Number.POSITIVE_INFINITY, brakeReturnMs = Number.POSITIVE_INFINITY }: ClusterRequest,
): Pick<ClusterReading, 'weighing' | 'unresolvedCount' | 'memberCount' | 'release'> {
  const diedAt = new Map<string, number>();
  const backAt = new Map<string, number>();
  for (const { nodeId, decidedAt, resolution, resolvedAt } of verdicts) {
    raise(diedAt, nodeId, decidedAt);
    if (resolution === 'returned') raise(backAt, nodeId, resolvedAt);
  }
  for (const { targetId, at } of joins) if (targetId !== null) raise(backAt, targetId, at);
  const hasHandler = nodes.some((row) => row.hasHandler && actingLifecycles.includes(row.lifecycle));
  const weighing = nodes.filter(({ deathOrder }) => deathOrder > 0).flatMap((row) => weightOf(row));
  const onRing = nodes.filter((row) => row.lifecycle === 'alive' && !isInMaintenance(row, now));
  const goneCount = weighing.filter((weight) => !weight.isBack).length;
  return {
    weighing,
    unresolvedCount: weighing.length,
    memberCount: onRing.length + goneCount,
    release: releaseOf(cluster, now),
  };

  function weightOf(row: NodeRow): BrakeWeight[] {
    const isReturned = isBack(row);
    if (!isReturned && row.lifecycle !== 'dead') return [];
    const { nodeId, openRecoveries } = row;
    const isRunning = hasHandler && openRecoveries > 0;
    const windowMs = isRunning ? null : (diedAt.get(nodeId) ?? 0) + brakeWindowMs - now;
    const returnMs = isReturned ? (backAt.get(nodeId) ?? 0) + brakeReturnMs - now : null;
    if ((windowMs ?? 1) <= 0 || (returnMs ?? 1) <= 0) return [];
    const leastMs = Math.min(windowMs ?? Number.POSITIVE_INFINITY, returnMs ?? Number.POSITIVE_INFINITY);
    const leftMs = Number.isFinite(leastMs) ? leastMs : null;
    return [{ nodeId, isBack: isReturned, isRecoveryRunning: isRunning, leftMs }];
  }
}

/** Keeps the later instant. */
function raise(instants: Map<string, number>, nodeId: string, at: number): void {
  instants.set(nodeId, Math.max(instants.get(nodeId) ?? 0, at));
}
