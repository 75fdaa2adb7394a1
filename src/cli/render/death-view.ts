/** How a death stands: whether its recovery is to be made still, and whether any node could make it. Pure. */
import { verdictLimit } from '../../ports/cluster-reading.ts';
import type { ClusterReading, NodeDetail, VerdictDetail } from '../../ports/registry.ts';
import { isOnRing } from './watched.ts';

/** What `status` and `why` call a node that was found dead. */
export type DeathState = 'confirmed dead' | 'dead and settled';

/** The newest death of a node. */
export interface DeathView {
  /** Null when the node is not dead, as one that is back before its recovery is complete. */
  readonly state: DeathState | null;
  /** Why its recovery cannot begin, in words; null when it can, or is not needed. */
  readonly waitsBecause: string | null;
}

/** The verdict on its present epoch, else an older one whose recovery is still open; null for none. */
export function verdictOf({ epoch }: NodeDetail, verdicts: readonly VerdictDetail[]): VerdictDetail | null {
  const present = verdicts.find((verdict) => verdict.epoch === epoch && verdict.resolution !== 'returned');
  if (present?.resolution === null) return present;
  return verdicts.find(({ resolution }) => resolution === null) ?? present ?? null;
}

/** Whether a node without a verdict in the reading has none that is open. */
export function showsEveryOpenVerdict({ verdicts }: ClusterReading): boolean {
  return verdicts.filter(({ resolution }) => resolution === null).length < verdictLimit;
}

/** The state of a dead node. `isComplete`: as `showsEveryOpenVerdict`. */
export function deathStateOf(verdict: VerdictDetail | null, isComplete: boolean): DeathState {
  const isSettled = verdict === null ? isComplete : verdict.resolution !== null;
  return isSettled ? 'dead and settled' : 'confirmed dead';
}

/** What the reading says of a death of the node. */
export function viewDeath(node: NodeDetail, cluster: ClusterReading): DeathView {
  const verdict = verdictOf(
    node,
    cluster.verdicts.filter(({ nodeId }) => nodeId === node.id),
  );
  return {
    state: node.lifecycle === 'dead' ? deathStateOf(verdict, showsEveryOpenVerdict(cluster)) : null,
    waitsBecause: reasonToWait(verdict, hasHandler(cluster)),
  };
}

/** Whether any node could run a recovery. */
export function hasHandler({ nodes }: ClusterReading): boolean {
  return nodes.some((node) => isOnRing(node) && node.hasHandler);
}

/** Why the recovery cannot begin, in words; null when it can, or is not needed. */
export function reasonToWait(verdict: VerdictDetail | null, isRunnable: boolean): string | null {
  const isUnowned =
    verdict !== null && verdict.resolution === null && !verdict.isGivenUp && verdict.leaseLeftMs === null;
  return isUnowned && !isRunnable
    ? 'no node on the ring has a handler; start one with --on-dead, or with onDead in a program'
    : null;
}
