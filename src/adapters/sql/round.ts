/** What an observer reads in a round, as one request. Rows depend on the request and not on the cluster's size. */
import type { NodeRecord } from '../../core/node.ts';
import {
  accuserLimit,
  type Beat,
  type OwnStatement,
  openVerdictLimit,
  type RoundReading,
} from '../../core/reading.ts';
import { compareIds } from '../../core/ring.ts';
import type { RoundRequest } from '../../ports/registry.ts';
import type { SqlExecutor, SqlRow, SqlStatement } from './executor.ts';
import {
  decodeNode,
  isSpeaking,
  maintenanceCondition,
  type NodeRow,
  nodeColumns,
  numberOrNull,
  recordOf,
  textOf,
} from './node-row.ts';
import type { Problems } from './problems.ts';
import { sql } from './sql.ts';
import { epochOf, originalStatements } from './statements.ts';
import { successorsOf } from './successors.ts';
import { decodeOpenVerdict, isHeld, verdictColumns } from './verdict-row.ts';

const statementLimit = 1_000;

export async function readRound(
  executor: SqlExecutor,
  request: RoundRequest,
  now: number,
  problems: Problems,
): Promise<RoundReading> {
  const results = await executor.read(roundStatements(request, now), 'cheap');
  const [named = [], ahead = [], accusers = [], statements = [], verdicts = []] = results.map(
    ({ rows }) => rows,
  );
  const record = (node: NodeRow | null): NodeRecord | null =>
    node === null ? null : recordOf(node, now, request.membershipWindowMs);
  const decode = (row: SqlRow): NodeRecord | null => record(decodeNode(row, problems));
  const listedRows = named.filter((row) => row['id'] !== null).map((row) => decodeNode(row, problems));
  const successors = inRingOrder(ahead).map(decode).filter(isPresent);
  const isAhead = new Set(successors.map(({ id }) => id));
  const byId = new Map<string, NodeRecord>();
  for (const node of listedRows.map(record)) if (node !== null) byId.set(node.id, node);
  const watched = new Set(request.watched);
  return {
    self: byId.get(request.nodeId) ?? null,
    ownBeat: ownBeat(listedRows, request),
    isSelfDead: named[0]?.['is_self_dead'] === 1,
    accuserIds: accusers.map((row) => textOf(row['observer_id'])).sort(compareIds),
    successors,
    watched: [...watched]
      .map((id) => byId.get(id))
      .filter((node) => node !== undefined && !isAhead.has(node.id))
      .filter(isPresent),
    statements: statements.map(decodeStatement).filter(isPresent),
    openVerdicts: verdicts.map((row) => decodeOpenVerdict(row, problems)),
  };
}

function ownBeat(rows: readonly (NodeRow | null)[], { nodeId, epoch }: RoundRequest): Beat | null {
  const own = rows.find((row) => row?.id === nodeId)?.own;
  if (!own || own.instanceId === null || own.epoch !== epoch) return null;
  return { order: own.beatOrder, at: own.lastBeatAt };
}

function isPresent<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function roundStatements(request: RoundRequest, now: number): SqlStatement[] {
  const { nodeId, epoch, watched, membershipWindowMs } = request;
  const me = sql`${nodeId}`;
  const named = JSON.stringify([nodeId, ...new Set(watched)]);
  return [
    sql`SELECT ${nodeColumns}, w.key = 0 AND ${standingVerdictOf(nodeId, epoch)} AS is_self_dead
      FROM json_each(${named}) w LEFT JOIN dns_nodes d ON d.id = w.value
      LEFT JOIN ringwatch_nodes n ON n.node_id = d.id ORDER BY w.key`,
    successorsOf(request, now),
    sql`SELECT v.observer_id AS observer_id FROM ringwatch_votes v
      JOIN ringwatch_nodes o ON o.node_id = v.observer_id
      WHERE v.target_id = ${nodeId} AND v.target_epoch = ${epoch} AND v.target_epoch = ${epochOf(me)} AND ${isSpeaking}
      UNION SELECT observer_id FROM (${originalStatements(nodeId, now - membershipWindowMs, ['dead', 'suspect'])})
      WHERE ${epochOf(me)} IN (0, ${epoch})
      ORDER BY observer_id LIMIT ${accuserLimit}`,
    sql`SELECT target_id, target_epoch, status, observer_epoch, affirmed_at_ms FROM ringwatch_votes
      WHERE observer_id = ${nodeId} ORDER BY target_id LIMIT ${statementLimit}`,
    openVerdicts(now),
  ];
}

/** Those that may be claimed come first: however many are held, they are seen. One that is over is claimed too, which closes it. */
function openVerdicts(now: number): SqlStatement {
  const hasLeft = sql`(n.lifecycle = 'left' AND (n.instance_id IS NOT NULL OR d.status IS NOT 'active'))`;
  const isOver = sql`COALESCE(n.epoch > v.epoch OR ${hasLeft}, 0)`;
  return sql`SELECT ${verdictColumns}, ${isHeld(now)} OR (${maintenanceCondition(now)} AND NOT ${isOver}) AS is_held
    FROM ringwatch_verdicts v LEFT JOIN dns_nodes d ON d.id = v.node_id LEFT JOIN ringwatch_nodes n ON n.node_id = v.node_id
    WHERE v.resolution IS NULL ORDER BY is_held, v.decided_at_ms, v.node_id, v.epoch LIMIT ${openVerdictLimit}`;
}

function standingVerdictOf(nodeId: string, epoch: number): SqlStatement {
  return sql`EXISTS (SELECT 1 FROM ringwatch_verdicts WHERE node_id = ${nodeId} AND epoch = ${epoch}
    AND resolution IS NOT 'returned')`;
}

function inRingOrder(rows: readonly SqlRow[]): SqlRow[] {
  return [...rows].sort(
    (a, b) => Number(a['lap']) - Number(b['lap']) || compareIds(textOf(a['id']), textOf(b['id'])),
  );
}

function decodeStatement(row: SqlRow): OwnStatement | null {
  const { target_id: targetId, status } = row;
  if (typeof targetId !== 'string' || (status !== 'suspect' && status !== 'dead')) return null;
  return {
    targetId,
    targetEpoch: numberOrNull(row['target_epoch']) ?? 0,
    status,
    observerEpoch: numberOrNull(row['observer_epoch']) ?? 0,
    affirmedAt: numberOrNull(row['affirmed_at_ms']) ?? 0,
  };
}
