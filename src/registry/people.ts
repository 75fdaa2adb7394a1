/** What people read: one node, the whole cluster. Not for rounds, or for the log (read-log.ts). */
import { readEvidence } from '../core/evidence.ts';
import { compareIds } from '../core/ring.ts';
import { verdictLimit } from '../ports/cluster-reading.ts';
import type {
  ClusterReading,
  ClusterRequest,
  NodeDetail,
  ObserverStatement,
  VerdictDetail,
} from '../ports/registry.ts';
import type { AccusationRow, EventRow, NodeRow, VerdictRow } from '../ports/rows.ts';
import { brakeView, joinsOfReturned } from './brake-view.ts';
import { nameOf } from './cluster-name.ts';
import { clusterRow } from './cluster-row.ts';
import { isInMaintenance, isOurs, isValid, nodeById, nodesById, recordOf } from './node-row.ts';
import { answer, ask, count, type Problem, type Rule, type Step, select } from './rule.ts';
import { hasReadableVotes, isHeld, isReadableEvidence, shownWithout, verdictOf } from './verdict-row.ts';

/** More rows than a table can have. */
const noLimit = Number.MAX_SAFE_INTEGER;

const presentNodes = select('nodes', [['lifecycle', 'not-in']], { orderBy: [['nodeId', 'asc']] });
const departed = (order: 'deathOrder' | 'lastBeatAt') =>
  select('nodes', [['lifecycle', '=']], {
    orderBy: [
      [order, 'desc'],
      ['nodeId', 'asc'],
    ],
    isLimited: true,
  });
const deadNodes = departed('deathOrder');
const leftNodes = departed('lastBeatAt');
const countOf = count('nodes', [['lifecycle', '=']]);
const allAccusations = select('accusations', []);
const upTo = [count('nodes', [], true), count('accusations', [], true), count('verdicts', [], true)] as const;
const thenById = [
  ['nodeId', 'asc'],
  ['epoch', 'asc'],
] as const;
const openVerdicts = select('verdicts', [['resolution', 'null']], {
  orderBy: [['decidedAt', 'desc'], ...thenById],
  isLimited: true,
});
const resolvedVerdicts = select('verdicts', [['resolution', 'not-null']], {
  orderBy: [['resolvedAt', 'desc'], ...thenById],
  isLimited: true,
});

/** One node; null when it is unknown. */
export function readNode(nodeId: string, now: number): Rule<NodeDetail | null> {
  return ask([nodeById(nodeId)], ([[row]]) => answer(row === undefined ? null : detailOf(row, now)));
}

function detailOf(row: NodeRow, now: number): NodeDetail {
  const { region, status, instanceId, lastBeatAt, maintenanceUntil } = row;
  return {
    ...recordOf(row, now),
    region,
    status,
    heartbeatAgeMs: lastBeatAt === 0 ? null : Math.max(0, now - lastBeatAt),
    hasHandler: isOurs(row) && row.hasHandler,
    flapCount: row.flapCount,
    instanceId,
    settings: row.settings,
    maintenanceLeftMs: isInMaintenance(row, now) ? maintenanceUntil - now : null,
  };
}

/** How many rows the whole cluster has, of each table up to so many. */
export function countRows(limit: number): Rule<number> {
  const [nodes, accusations, verdicts] = upTo;
  return ask([nodes(limit), accusations(limit), verdicts(limit)], (counts) =>
    answer(counts.reduce((sum, rows) => sum + rows, 0)),
  );
}

/** The whole cluster at one moment. */
export function readCluster(request: ClusterRequest, now: number): Rule<ClusterReading> {
  const { departedLimit = noLimit } = request;
  return ask(
    [
      presentNodes(['dead', 'left']),
      deadNodes('dead', departedLimit),
      leftNodes('left', departedLimit),
      countOf('dead'),
      countOf('left'),
      allAccusations(),
      openVerdicts(verdictLimit),
      resolvedVerdicts(verdictLimit),
      clusterRow(1),
    ],
    ([present, dead, left, allDead, allLeft, said, open, resolved, [cluster]]) => {
      const rows = [...present, ...dead, ...left];
      const known = new Set(rows.map(({ nodeId }) => nodeId));
      const further = open.map(({ nodeId }) => nodeId).filter((nodeId) => !known.has(nodeId));
      const finished = (unread: readonly NodeRow[], joins: readonly EventRow[]): Step<ClusterReading> => {
        const nodes = [...rows, ...unread].sort((one, other) => compareIds(one.nodeId, other.nodeId));
        const byId = new Map(nodes.map((row) => [row.nodeId, row]));
        const shown = [...open, ...resolved].slice(0, verdictLimit);
        const omittedOf = (lifecycle: string, total: number): number =>
          Math.max(0, total - nodes.filter((row) => row.lifecycle === lifecycle).length);
        const reading = {
          clusterName: nameOf(cluster),
          nodes: nodes.map((row) => detailOf(row, now)),
          omitted: { left: omittedOf('left', allLeft), dead: omittedOf('dead', allDead) },
          statements: said
            .map((vote) => statementOf(vote, byId.get(vote.targetId), now))
            .sort(
              (one, other) =>
                compareIds(one.targetId, other.targetId) || compareIds(one.observerId, other.observerId),
            ),
          verdicts: shown.map((row) => verdictDetailOf(row, now)),
        };
        const problems = [...said.flatMap(problemsOfVote), ...shown.flatMap(problemsOfVerdict)];
        const facts = { nodes, verdicts: [...open, ...resolved], joins, cluster, now };
        return { ...answer({ ...reading, ...brakeView(facts, request) }), problems };
      };
      const joins = joinsOfReturned(rows);
      if (joins.length + further.length === 0) return finished([], []);
      return ask([nodesById(further), ...joins], ([unread, ...found]) => finished(unread, found.flat()));
    },
  );
}

function statementOf(vote: AccusationRow, target: NodeRow | undefined, now: number): ObserverStatement {
  const { targetId, targetEpoch, observerId, observerEpoch, status, evidence, saidAt } = vote;
  return {
    targetId,
    targetEpoch,
    status: status === 'dead' ? 'dead' : 'suspect',
    observerEpoch,
    observerId,
    evidence: readEvidence(evidence),
    ageMs: Math.max(0, now - saidAt),
    isValid: target !== undefined && isValid(vote, target),
  };
}

function problemsOfVote({ observerId, targetId, evidence }: AccusationRow): Problem[] {
  if (isReadableEvidence(evidence)) return [];
  return [shownWithout('evidence', 'ringwatch_votes', `${observerId} on ${targetId}`)];
}

function problemsOfVerdict(row: VerdictRow): Problem[] {
  if (hasReadableVotes(row)) return [];
  return [shownWithout('votes', 'ringwatch_verdicts', `${row.nodeId} ${row.epoch}`)];
}

function verdictDetailOf(row: VerdictRow, now: number): VerdictDetail {
  const { resolution, claimId, attemptCount, heldUntil } = row;
  const leftMs = resolution === null && isHeld(row, now) ? heldUntil - now : null;
  const isWaiting = resolution === null && claimId === null && !row.isGivenUp;
  const hasPause = isWaiting && (attemptCount > 0 || leftMs !== null);
  return {
    ...verdictOf(row),
    isGivenUp: resolution === null && row.isGivenUp,
    leaseLeftMs: claimId === null ? null : leftMs,
    retryInMs: hasPause ? (leftMs ?? 0) : null,
  };
}
