/**
 * What a join says of the cluster as a whole. A registry belongs to one cluster, whose name the first node gives; a join
 * with another name is refused while nodes of that cluster are there. And which living nodes have other settings.
 */
import { defaultClusterName, type JoinRequest, type JoinResult } from '../ports/registry.ts';
import { RegistryError } from '../ports/registry-error.ts';
import type { ClusterRow } from '../ports/rows.ts';
import type { Guard, Write } from '../ports/store.ts';
import { clusterRow } from './cluster-row.ts';
import { answer, ask, atLeast, atMost, count, type Made, select } from './rule.ts';

/** What a join writes and guards for the name. */
export interface Naming {
  readonly writes: readonly Write[];
  readonly guards: readonly Guard[];
}

const present = [
  ['lifecycle', '<>'],
  ['nodeId', '<>'],
] as const;
const presentNodes = select('nodes', present, { isLimited: true });
const presentCount = count('nodes', present, true);
/** Rows of the original that were not imported yet. */
const theirRows = select(
  'listed',
  [
    ['instanceId', 'null'],
    ['status', '='],
    ['id', '<>'],
  ],
  { isLimited: true },
);
const isUnnamed = count('cluster', [
  ['id', '='],
  ['name', 'null'],
]);
const isNamed = count('cluster', [
  ['id', '='],
  ['name', '='],
]);

/** Looks at the name, and goes on with `then`. Where the registry is of another cluster, it answers with the error for that. */
export function underName<T>(
  { nodeId, clusterName: given = defaultClusterName }: JoinRequest,
  cluster: ClusterRow | undefined,
  then: (naming: Naming) => Made<T>,
): Made<T | RegistryError> {
  if (given === nameOf(cluster)) return then({ writes: [], guards: [isStillNamed(cluster)] });
  const queries = [clusterRow(1), presentNodes('left', nodeId, 1), theirRows('active', nodeId, 1)] as const;
  // The name is read again with the nodes, at one moment.
  return ask(queries, ([[present], [node], [theirs]]): Made<T | RegistryError> => {
    const guards = [isStillNamed(present)];
    if (given === nameOf(present)) return then({ writes: [], guards });
    const member = node?.nodeId ?? theirs?.id;
    if (member !== undefined) return answer(otherCluster(nameOf(present), member, given));
    const name = given === defaultClusterName ? null : given;
    return then({
      writes: [{ kind: 'update', table: 'cluster', key: [1], changes: { name } }],
      guards: [...guards, atMost(presentCount('left', nodeId, 1), 0)],
    });
  });
}

/** The name of the cluster of this registry. */
export function nameOf(cluster: ClusterRow | undefined): string {
  return cluster?.name ?? defaultClusterName;
}

function isStillNamed(cluster: ClusterRow | undefined): Guard {
  const name = cluster?.name ?? null;
  return atLeast(name === null ? isUnnamed(1) : isNamed(1, name), 1);
}

function otherCluster(name: string, member: string, given: string): RegistryError {
  const [here, wanted] = [JSON.stringify(name), JSON.stringify(given)];
  return new RegistryError(
    'invalid',
    `Expected a node of the cluster ${here}, whose registry this is (node ${member} is in it), got one of ${wanted}. Give this node the registry of ${wanted}, or the name ${here} (--cluster-name, option clusterName). To rename the cluster, let all its nodes leave first.`,
  );
}

/** More need not be named. */
const mostDiffering = 5;

const othersWithOther = select(
  'nodes',
  [
    ['lifecycle', '='],
    ['settings', '<>'],
    ['nodeId', '<>'],
  ],
  { orderBy: [['nodeId', 'asc']], isLimited: true },
);

/** Finds living nodes with other settings, and goes on with what the join tells of them. A node that gave none differs from none. */
export function besideOthers<T>(
  { nodeId, settings }: JoinRequest,
  then: (told: Pick<Extract<JoinResult, { outcome: 'joined' }>, 'differing'>) => Made<T>,
): Made<T> {
  if (settings === undefined) return then({});
  return ask([othersWithOther('alive', settings, nodeId, mostDiffering)], ([rows]) => {
    if (rows.length === 0) return then({});
    const differing = rows.map((row) => ({
      nodeId: row.nodeId,
      epoch: row.epoch,
      settings: row.settings ?? '',
    }));
    return then({ differing });
  });
}
