/** What `status --check` has found, and why, in one sentence. Pure. */
import { named } from './brake-view.ts';
import { type ClusterHealth, type ClusterView, healthOf, isOpenDeath, isTroubled } from './cluster-view.ts';
import { looks } from './node-table.ts';

/** The result of the check. */
export interface CheckResult {
  readonly health: ClusterHealth;
  /** Why it is not well, in words, as they came: not fit for a terminal yet. Null when all is well. */
  readonly healthReason: string | null;
}

/** How the cluster is, and what makes it so. */
export function checkCluster(view: ClusterView): CheckResult {
  const health = healthOf(view);
  switch (health) {
    case 'well':
      return { health, healthReason: null };
    case 'death':
      return { health, healthReason: deathReason(view) };
    case 'degraded':
      return { health, healthReason: doubtReason(view) };
  }
}

/** One line. That the registry takes no writes outweighs what it says of the nodes. */
export function checkLine({ health, healthReason }: CheckResult, takesWrites: boolean): string {
  if (!takesWrites) return 'check: no death can be confirmed, because the registry takes no writes';
  return healthReason === null ? `check: ${health}` : `check: ${health}, because ${healthReason}`;
}

function deathReason({ nodes, brake }: ClusterView): string {
  const open = nodes.filter(isOpenDeath).map(({ id }) => id);
  const held = [...brake.heldIds, ...brake.heldObituaries.map(({ nodeId }) => nodeId)];
  return [
    ...(open.length === 0 ? [] : [`the recovery of ${named(open)} is not complete`]),
    ...(held.length === 0 ? [] : [`the brake holds back ${named(held)}`]),
  ].join('; ');
}

/** Each state that is a trouble with its nodes, the worst first. */
function doubtReason({ nodes }: ClusterView): string {
  if (!nodes.some(({ isOnRing }) => isOnRing)) return 'no node is on the ring';
  const troubled = nodes.filter(isTroubled);
  const states = (Object.keys(looks) as (keyof typeof looks)[]).map((state) => ({
    state,
    ids: troubled.filter((node) => node.state === state).map(({ id }) => id),
  }));
  return states
    .filter(({ ids }) => ids.length > 0)
    .map(({ state, ids }) => `${named(ids)} ${ids.length === 1 ? 'is' : 'are'} ${state}`)
    .join('; ');
}
