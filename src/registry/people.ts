/** What people read: one node, the whole cluster. Not for rounds, or for the log (read-log.ts). */
import { readEvidence } from '../core/evidence.ts';
import { compareIds } from '../core/ring.ts';
import type {
  ClusterReading,
  ClusterRequest,
  NodeDetail,
  ObserverStatement,
  VerdictDetail,
} from '../ports/registry.ts';
import type { AccusationRow, EventRow, NodeRow, VerdictRow } from '../ports/rows.ts';
import { brakeView, joinsOfReturned } from './brake-view.ts';
import { clusterRow } from './cluster-row.ts';
import { isInMaintenance, isOurs, isValid, nodeById, recordOf } from './node-row.ts';
import { answer, ask, type Problem, type Rule, type Step, select } from './rule.ts';
import { hasReadableVotes, isHeld, isReadableEvidence, verdictOf } from './verdict-row.ts';

const verdictLimit = 200;

const allNodes = select('nodes', [], { orderBy: [['nodeId', 'asc']] });
const allAccusations = select('accusations', []);
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
    maintenanceLeftMs: isInMaintenance(row, now) ? maintenanceUntil - now : null,
  };
}

/** The whole cluster at one moment. */
export function readCluster(request: ClusterRequest, now: number): Rule<ClusterReading> {
  return ask(
    [allNodes(), allAccusations(), openVerdicts(verdictLimit), resolvedVerdicts(verdictLimit), clusterRow(1)],
    ([rows, said, open, resolved, [cluster]]) => {
      const byId = new Map(rows.map((row) => [row.nodeId, row]));
      const verdicts = [...open, ...resolved].slice(0, verdictLimit);
      const reading = {
        nodes: rows.map((row) => detailOf(row, now)),
        statements: said
          .map((vote) => statementOf(vote, byId.get(vote.targetId), now))
          .sort(
            (one, other) =>
              compareIds(one.targetId, other.targetId) || compareIds(one.observerId, other.observerId),
          ),
        verdicts: verdicts.map((row) => verdictDetailOf(row, now)),
      };
      const problems = [...said.flatMap(problemsOfVote), ...verdicts.flatMap(problemsOfVerdict)];
      const finished = (joins: readonly EventRow[]): Step<ClusterReading> => {
        const facts = { nodes: rows, verdicts: [...open, ...resolved], joins, cluster, now };
        return { ...answer({ ...reading, ...brakeView(facts, request) }), problems };
      };
      const joins = joinsOfReturned(rows);
      return joins.length === 0 ? finished([]) : ask(joins, (found) => finished(found.flat()));
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
  return [unreadable('ringwatch_votes', `${observerId} on ${targetId}`, 'evidence')];
}

function problemsOfVerdict(row: VerdictRow): Problem[] {
  if (hasReadableVotes(row)) return [];
  return [unreadable('ringwatch_verdicts', `${row.nodeId} ${row.epoch}`, 'votes')];
}

/** The rest of such a row is used. */
function unreadable(table: string, key: string, what: string): Problem {
  return {
    table,
    key,
    message: `A row of ${table} (${key}) is shown without its ${what}: that is not what an observer writes.`,
    isUsed: true,
  };
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
