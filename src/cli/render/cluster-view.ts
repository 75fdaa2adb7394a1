/**
 * The cluster as people want to see it: for each node one state, who says what of it and why, and whom it watches.
 * Pure: a reading of the registry in, plain JSON out. Not for: how it looks on a terminal (status-text.ts).
 */
import type { Evidence } from '../../core/evidence.ts';
import type {
  ClusterReading,
  NodeDetail,
  ObserverStatement,
  RegistryEvent,
  VerdictDetail,
} from '../../ports/registry.ts';
import { type Agreement, viewAgreement } from './agreement.ts';
import { type BrakeView, viewBrake } from './brake-view.ts';
import { deathStateOf, hasHandler, reasonToWait, showsEveryOpenVerdict, verdictOf } from './death-view.ts';
import { isOnRing, WatchedRing, type WatchView } from './watched.ts';

/**
 * The state of a node. `dead` is what some observers or its own agent say, `confirmed dead` what the registry has found.
 * `dead and settled` is one whose recovery is complete, or that an operator has dismissed. A `silent` node is on the ring,
 * and its heartbeat stands still. A `flapping` one is back from a death soon after another one, and weighs on the brake.
 */
export type NodeState =
  | 'healthy'
  | 'suspect'
  | 'dead'
  | 'confirmed dead'
  | 'unreachable'
  | 'silent'
  | 'flapping'
  | 'maintenance'
  | 'dead and settled'
  | 'left'
  | 'away';

/** One node with all that is said of it. */
export interface NodeView {
  readonly id: string;
  readonly state: NodeState;
  readonly epoch: number;
  readonly address: string;
  readonly port: number | null;
  readonly region: string | null;
  readonly heartbeatAgeMs: number | null;
  readonly maintenanceLeftMs: number | null;
  readonly hasHandler: boolean;
  /** How many deaths it has had in a row, each soon after its return. */
  readonly flapCount: number;
  readonly isOnRing: boolean;
  /** Why its own agent says that its application is dead, while the brake holds the verdict back; else null. */
  readonly obituary: string | null;
  /** Valid statements about its present epoch. */
  readonly accusations: readonly Accusation[];
  /** The verdict on its present epoch; where that is resolved, an older one whose recovery is still open. */
  readonly verdict: VerdictDetail | null;
  /** Why the recovery of that verdict cannot begin, in words; null when it can, or is not needed. */
  readonly waitsBecause: string | null;
  /** In the ring's order from here; `isBeyond` marks those that it watches because others on the way do not answer. */
  readonly watches: readonly WatchView[];
}

export interface Accusation {
  readonly observerId: string;
  readonly status: 'suspect' | 'dead';
  readonly ageMs: number;
  readonly evidence: Evidence | null;
}

/** Everything that `status` shows. */
export interface ClusterView {
  readonly agreement: Agreement;
  readonly nodes: readonly NodeView[];
  /** How many nodes are only counted, by their state: those that departed long ago. */
  readonly omitted: Readonly<Partial<Record<NodeState, number>>>;
  readonly brake: BrakeView;
  readonly events: readonly RegistryEvent[];
}

export interface ViewRequest {
  readonly cluster: ClusterReading;
  readonly events: readonly RegistryEvent[];
  /** K of the agents. */
  readonly neighbors: number;
  /** The agents' brake. */
  readonly maxDeadFraction: number;
  /** A node whose heartbeat is older than this by the registry's clock is shown as silent. */
  readonly heartbeatWindowMs: number;
}

/** Joins nodes, statements and verdicts of one reading. */
export function viewCluster(request: ViewRequest): ClusterView {
  const { cluster, events, neighbors, maxDeadFraction, heartbeatWindowMs } = request;
  const accusations = groupBy(
    cluster.statements.filter(({ isValid }) => isValid),
    ({ targetId }) => targetId,
  );
  const sayings = groupBy(cluster.statements, ({ observerId }) => observerId);
  const verdicts = groupBy(cluster.verdicts, ({ nodeId }) => nodeId);
  const ring = new WatchedRing(cluster.nodes, neighbors);
  const circumstances: Circumstances = {
    heartbeatWindowMs,
    weighingIds: new Set(cluster.weighing.map(({ nodeId }) => nodeId)),
    showsEveryOpenVerdict: showsEveryOpenVerdict(cluster),
  };
  const isRunnable = hasHandler(cluster);
  const nodes = cluster.nodes.map((node): NodeView => {
    const said = (accusations.get(node.id) ?? []).filter(({ targetEpoch }) => targetEpoch === node.epoch);
    const verdict = verdictOf(node, verdicts.get(node.id) ?? []);
    return {
      id: node.id,
      state: stateOf(node, { said, verdict, ...circumstances }),
      epoch: node.epoch,
      address: node.address,
      port: node.port,
      region: node.region,
      heartbeatAgeMs: node.heartbeatAgeMs,
      maintenanceLeftMs: node.maintenanceLeftMs,
      hasHandler: node.hasHandler,
      flapCount: node.flapCount,
      isOnRing: isOnRing(node),
      obituary: node.lifecycle === 'alive' ? node.obituary : null,
      accusations: said.map(({ observerId, status, ageMs, evidence }) => ({
        observerId,
        status,
        ageMs,
        evidence,
      })),
      verdict,
      waitsBecause: reasonToWait(verdict, isRunnable),
      watches: ring.watchesOf(node, sayings.get(node.id) ?? []),
    };
  });
  const { left, dead } = cluster.omitted;
  const omitted = {
    ...(left === 0 ? {} : { left }),
    ...(dead === 0 ? {} : { 'dead and settled': dead }),
  };
  const agreement = viewAgreement(cluster);
  return { agreement, nodes, omitted, brake: viewBrake(cluster, maxDeadFraction), events };
}

/** What the states of all nodes hang on besides their rows. */
interface Circumstances {
  readonly heartbeatWindowMs: number;
  readonly weighingIds: ReadonlySet<string>;
  /** Whether a node without a verdict in the reading has none that is open. */
  readonly showsEveryOpenVerdict: boolean;
}

interface Findings extends Circumstances {
  readonly said: readonly ObserverStatement[];
  readonly verdict: VerdictDetail | null;
}

function stateOf(node: NodeDetail, findings: Findings): NodeState {
  const { said, verdict, heartbeatWindowMs, weighingIds } = findings;
  if (node.lifecycle === 'left' || node.lifecycle === 'away') return node.lifecycle;
  if (node.lifecycle === 'dead') return deathStateOf(verdict, findings.showsEveryOpenVerdict);
  if (node.lifecycle === 'maintenance') return 'maintenance';
  if (node.obituary !== null) return 'dead';
  if (said.length > 0) {
    if (node.refutationCount > 0) return 'unreachable';
    return said.some(({ status }) => status === 'dead') ? 'dead' : 'suspect';
  }
  if (node.heartbeatAgeMs === null || node.heartbeatAgeMs > heartbeatWindowMs) return 'silent';
  return node.flapCount > 1 && weighingIds.has(node.id) ? 'flapping' : 'healthy';
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Whether its recovery is to be made still, of the newest epoch or an earlier one. */
export function isOpenDeath({ state, verdict }: NodeView): boolean {
  return state === 'confirmed dead' || (verdict !== null && verdict.resolution === null);
}

const doubtful: ReadonlySet<NodeState> = new Set(['suspect', 'dead', 'unreachable', 'silent', 'flapping']);

/** Whether a person or a script should look at the node. */
export function isTroubled(node: NodeView): boolean {
  return isOpenDeath(node) || doubtful.has(node.state);
}

/** How a cluster is, at its worst. `degraded`: a node is in doubt, or no node is on the ring. */
export type ClusterHealth = 'well' | 'degraded' | 'death';

/** `death` while a recovery is to be made still, or the brake holds a death back. */
export function healthOf({ nodes, brake }: ClusterView): ClusterHealth {
  if (nodes.some(isOpenDeath) || brake.heldIds.length + brake.heldObituaries.length > 0) return 'death';
  return nodes.some(isTroubled) || !nodes.some((node) => node.isOnRing) ? 'degraded' : 'well';
}
