/** Readings for people: one node, and the whole cluster. */
import { compareIds } from '../../core/ring.ts';
import type { ClusterReading, ClusterRequest, NodeDetail, ObserverStatement } from '../../ports/registry.ts';
import type { SqlExecutor, SqlRow, SqlStatement } from './executor.ts';
import {
  decodeNode,
  isSeenSince,
  isSpeaking,
  joinedNodes,
  maintenanceEnd,
  type NodeRow,
  nodeColumns,
  numberOrNull,
  recordOf,
  standingVerdict,
  textOf,
} from './node-row.ts';
import type { Problems } from './problems.ts';
import type { Shape } from './shape.ts';
import { secondsOf, wholeSeconds } from './shared-time.ts';
import { raw, sql } from './sql.ts';
import { decodeVerdictDetail, detailColumns, parseJson, verdictColumns } from './verdict-row.ts';

const verdictLimit = 200;

/** How far back the shared log is looked through for what nodes that run the original say. */
const sharedLogDepth = 2_000;

/** A node, whichever of its rows exist. */
export function nodeRowStatement(nodeId: string, shape?: Shape): SqlStatement {
  return sql`SELECT ${nodeColumns}${regionOf(shape)} FROM (SELECT ${nodeId} AS id) k
    LEFT JOIN dns_nodes d ON d.id = k.id LEFT JOIN ringwatch_nodes n ON n.node_id = k.id
    WHERE d.id IS NOT NULL OR n.node_id IS NOT NULL`;
}

function regionOf(shape: Shape | undefined): SqlStatement {
  return raw(shape?.nodeColumns.has('region') === true ? ', d.region AS region' : '');
}

/** The node's rows at the leader; null when it has none. */
export async function readNodeRow(
  executor: SqlExecutor,
  nodeId: string,
  problems: Problems,
  shape?: Shape,
): Promise<NodeRow | null> {
  const [result] = await executor.read([nodeRowStatement(nodeId, shape)], 'leader');
  const row = result?.rows[0];
  return row === undefined ? null : decodeNode(row, problems);
}

export async function readNode(
  executor: SqlExecutor,
  shape: Shape,
  nodeId: string,
  now: number,
  problems: Problems,
): Promise<NodeDetail | null> {
  const row = await readNodeRow(executor, nodeId, problems, shape);
  return row === null ? null : detailOf(row, now, Number.MAX_SAFE_INTEGER);
}

function detailOf(row: NodeRow, now: number, windowMs: number): NodeDetail {
  const { own, shared } = row;
  const isInstance = own !== null && own.instanceId !== null;
  const beatAt = isInstance ? own.lastBeatAt : (shared?.lastSeenAt ?? null);
  const end = maintenanceEnd(row, now);
  return {
    ...recordOf(row, now, windowMs),
    region: shared?.region ?? null,
    status: shared?.status ?? '',
    heartbeatAgeMs: beatAt === null ? null : Math.max(0, now - beatAt),
    hasHandler: isInstance && own.hasHandler,
    instanceId: own?.instanceId ?? null,
    maintenanceLeftMs: end === null ? null : end - now,
  };
}

export async function readCluster(
  executor: SqlExecutor,
  shape: Shape,
  { membershipWindowMs: windowMs, brakeWindowMs = Number.POSITIVE_INFINITY }: ClusterRequest,
  now: number,
  problems: Problems,
): Promise<ClusterReading> {
  const results = await executor.read(
    [
      sql`SELECT ${nodeColumns}${regionOf(shape)} FROM ${joinedNodes} ORDER BY d.id`,
      ownStatements,
      sharedStatements(now - windowMs),
      sql`SELECT ${verdictColumns}, ${detailColumns(now)} FROM ringwatch_verdicts v
        ORDER BY v.resolution IS NOT NULL, COALESCE(v.resolved_at_ms, v.decided_at_ms) DESC, v.node_id, v.epoch
        LIMIT ${verdictLimit}`,
      sql`SELECT node_id, decided_at_ms FROM ringwatch_verdicts WHERE resolution IS NULL`,
    ],
    'leader',
  );
  const [nodeRows = [], own = [], shared = [], verdicts = [], open = []] = results.map(({ rows }) => rows);
  const rows = nodeRows.map((row) => decodeNode(row, problems)).filter((row) => row !== null);
  const living = rows.filter((row) => isSeenSince(row, now - windowMs, now) && !row.isConfirmedDead);
  const isHandled = living.some((row) => row.own?.instanceId != null && row.own.hasHandler);
  const unresolved = open.filter(
    (row) => isHandled || (numberOrNull(row['decided_at_ms']) ?? 0) > now - brakeWindowMs,
  );
  // A node that is back while its death is unresolved is both, and counts once.
  const memberIds = new Set([
    ...living.map(({ id }) => id),
    ...unresolved.map((row) => textOf(row['node_id'])),
  ]);
  return {
    nodes: rows.map((row) => detailOf(row, now, windowMs)),
    statements: [...own, ...shared]
      .map((row) => decodeStatement(row, now))
      .filter((statement) => statement !== null)
      .sort((a, b) => compareIds(a.targetId, b.targetId) || compareIds(a.observerId, b.observerId)),
    verdicts: verdicts.map((row) => decodeVerdictDetail(row, problems)),
    memberCount: memberIds.size,
    unresolvedCount: unresolved.length,
  };
}

const ownStatements = sql`SELECT v.target_id AS target_id, v.observer_id AS observer_id, v.status AS status,
    v.target_epoch AS target_epoch, v.observer_epoch AS observer_epoch, v.evidence AS evidence, v.said_at_ms AS at_ms,
    v.target_epoch = COALESCE(t.epoch, 0) AND COALESCE(${isSpeaking}, 0) AS is_valid
  FROM ringwatch_votes v LEFT JOIN ringwatch_nodes o ON o.node_id = v.observer_id
  LEFT JOIN ringwatch_nodes t ON t.node_id = v.target_id`;

function sharedStatements(since: number): SqlStatement {
  return sql`SELECT e.target_id AS target_id, e.observer_id AS observer_id, e.status AS status,
      COALESCE(t.epoch, 0) AS target_epoch, 0 AS observer_epoch, NULL AS evidence, e.at_s * 1000 AS at_ms, 1 AS is_valid
    FROM (SELECT id, observer_id, target_id, status, ${secondsOf('created_at')} AS at_s
      FROM node_health_events ORDER BY id DESC LIMIT ${sharedLogDepth}) e
    LEFT JOIN ringwatch_nodes o ON o.node_id = e.observer_id
    LEFT JOIN ringwatch_nodes t ON t.node_id = e.target_id
    WHERE o.instance_id IS NULL AND e.status IN ('suspect', 'dead') AND e.observer_id <> e.target_id
      AND e.at_s >= ${wholeSeconds(since)} AND e.id > COALESCE(t.started_after_event_id, 0)
      AND EXISTS (SELECT 1 FROM dns_nodes d WHERE d.id = e.observer_id)
      AND NOT EXISTS (SELECT 1 FROM node_health_events l WHERE l.target_id = e.target_id
        AND l.status IN ('suspect', 'dead', 'recovered') AND l.id > e.id AND l.observer_id = e.observer_id)
      AND NOT ${standingVerdict('e.observer_id', 'COALESCE(o.epoch, 0)')}`;
}

function decodeStatement(row: SqlRow, now: number): ObserverStatement | null {
  const status = row['status'];
  if (status !== 'suspect' && status !== 'dead') return null;
  return {
    targetId: textOf(row['target_id']),
    targetEpoch: numberOrNull(row['target_epoch']) ?? 0,
    status,
    observerEpoch: numberOrNull(row['observer_epoch']) ?? 0,
    observerId: textOf(row['observer_id']),
    evidence: decodeEvidence(row['evidence']),
    ageMs: Math.max(0, now - (numberOrNull(row['at_ms']) ?? now)),
    isValid: row['is_valid'] === 1,
  };
}

function decodeEvidence(value: unknown): ObserverStatement['evidence'] {
  const evidence = typeof value === 'string' ? parseJson(value) : null;
  return isEvidence(evidence) ? evidence : null;
}

function isEvidence(value: unknown): value is NonNullable<ObserverStatement['evidence']> {
  return (
    typeof value === 'object' && value !== null && 'missCount' in value && typeof value.missCount === 'number'
  );
}
