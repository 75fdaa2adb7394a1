/**
 * The cluster as people want to see it: for each node one state, who says what of it and why, and whom it watches.
 * Pure: a reading of the registry in, plain JSON out. Not for: how it looks on a terminal (status-text.ts).
 */
import type { Evidence } from '../../core/evidence.ts';
import type { NodeRecord } from '../../core/node.ts';
import { newPeer, type Peer } from '../../core/peer.ts';
import { ringNeighbors } from '../../core/ring.ts';
import { accuse } from '../../core/statement.ts';
import { walkRing } from '../../core/watch-list.ts';
import type {
  ClusterReading,
  NodeDetail,
  ObserverStatement,
  RegistryEvent,
  VerdictDetail,
} from '../../ports/registry.ts';
import { type Agreement, viewAgreement } from './agreement.ts';
import { type BrakeView, viewBrake } from './brake-view.ts';

/**
 * The state of a node. `dead` is what some observers or its own agent say, `confirmed dead` what the registry has found. A
 * `silent` node is on the ring, and its newest heartbeat is older than the membership window.
 */
export type NodeState =
  | 'healthy'
  | 'suspect'
  | 'dead'
  | 'confirmed dead'
  | 'unreachable'
  | 'maintenance'
  | 'left'
  | 'away'
  | 'silent';

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
  /** The verdict on its present epoch, else an older one whose recovery is still open. */
  readonly verdict: VerdictDetail | null;
  /** In the ring's order from here; `isBeyond` marks those that it watches because others on the way do not answer. */
  readonly watches: readonly WatchView[];
}

export interface Accusation {
  readonly observerId: string;
  readonly status: 'suspect' | 'dead';
  readonly ageMs: number;
  readonly evidence: Evidence | null;
}

export interface WatchView {
  readonly id: string;
  readonly isBeyond: boolean;
}

/** Everything that `status` shows. */
export interface ClusterView {
  readonly agreement: Agreement;
  readonly nodes: readonly NodeView[];
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
  /** A node whose heartbeat is older than this is shown as silent. */
  readonly membershipWindowMs: number;
}

/** How many nodes past K a watch list is followed. */
const beyondLimit = 61;

/** Joins nodes, statements and verdicts of one reading. */
export function viewCluster(request: ViewRequest): ClusterView {
  const { cluster, events, neighbors, maxDeadFraction, membershipWindowMs } = request;
  const accusations = groupBy(
    cluster.statements.filter(({ isValid }) => isValid),
    ({ targetId }) => targetId,
  );
  const sayings = groupBy(cluster.statements, ({ observerId }) => observerId);
  const verdicts = groupBy(cluster.verdicts, ({ nodeId }) => nodeId);
  const nodes = cluster.nodes.map((node): NodeView => {
    const said = (accusations.get(node.id) ?? []).filter(({ targetEpoch }) => targetEpoch === node.epoch);
    const verdict = verdictOf(node, verdicts.get(node.id) ?? []);
    return {
      id: node.id,
      state: stateOf(node, said, membershipWindowMs),
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
      watches: watchesOf(node, cluster.nodes, sayings.get(node.id) ?? [], neighbors),
    };
  });
  return { agreement: viewAgreement(cluster), nodes, brake: viewBrake(cluster, maxDeadFraction), events };
}

function stateOf(node: NodeDetail, said: readonly ObserverStatement[], windowMs: number): NodeState {
  if (node.lifecycle === 'left' || node.lifecycle === 'away') return node.lifecycle;
  if (node.lifecycle === 'dead') return 'confirmed dead';
  if (node.lifecycle === 'maintenance') return 'maintenance';
  if (node.obituary !== null && node.lifecycle === 'alive') return 'dead';
  if (said.length > 0) {
    if (node.refutationCount > 0) return 'unreachable';
    return said.some(({ status }) => status === 'dead') ? 'dead' : 'suspect';
  }
  const isSilent = node.heartbeatAgeMs === null || node.heartbeatAgeMs > windowMs;
  return isSilent ? 'silent' : 'healthy';
}

function verdictOf({ epoch }: NodeDetail, verdicts: readonly VerdictDetail[]): VerdictDetail | null {
  return (
    verdicts.find((verdict) => verdict.epoch === epoch && verdict.resolution !== 'returned') ??
    verdicts.find(({ resolution }) => resolution === null) ??
    null
  );
}

function isOnRing({ lifecycle }: NodeDetail): boolean {
  return lifecycle === 'alive' || lifecycle === 'maintenance';
}

/** The walk that the node's monitor makes, from what it has said in the registry. */
function watchesOf(
  node: NodeDetail,
  nodes: readonly NodeDetail[],
  sayings: readonly ObserverStatement[],
  neighbors: number,
): WatchView[] {
  if (!isOnRing(node)) return [];
  const cap = neighbors + beyondLimit;
  const others: readonly NodeDetail[] = ringNeighbors(nodes, node.id, nodes.length);
  const successors: readonly NodeRecord[] = others
    .filter(({ lifecycle }) => lifecycle === 'alive')
    .slice(0, cap);
  const accused = new Map(sayings.map((statement) => [statement.targetId, statement]));
  const peers = new Map<string, Peer>();
  for (const other of others) {
    const statement = accused.get(other.id);
    const isAccused = statement !== undefined && statement.targetEpoch === other.epoch;
    const peer = newPeer(other);
    // An observer that has not accused a node is assumed to have had its answer.
    const known = isAccused
      ? { ...peer, statement: accuse(statement.status, peer) }
      : { ...peer, lastAnswerAt: 0 };
    peers.set(other.id, known);
  }
  const { targets } = walkRing({ successors, beating: [], peers, neighbors, cap });
  const watched = new Set(targets.map(({ id }) => id));
  const beyond = new Set(successors.slice(neighbors).map(({ id }) => id));
  return others.filter(({ id }) => watched.has(id)).map(({ id }) => ({ id, isBeyond: beyond.has(id) }));
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

/** Whether a person or a script should look at the node. */
export function isTroubled({ state }: NodeView): boolean {
  return (
    state === 'suspect' ||
    state === 'dead' ||
    state === 'confirmed dead' ||
    state === 'unreachable' ||
    state === 'silent'
  );
}
