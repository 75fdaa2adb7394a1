/** A node's row of the shared table joined with ours: how it is read, and what it means. */
import type { Lifecycle, NodeRecord } from '../../core/node.ts';
import type { Presence } from '../../core/reading.ts';
import type { SqlRow, SqlStatement } from './executor.ts';
import type { Problems } from './problems.ts';
import { secondsOf, wholeSeconds } from './shared-time.ts';
import { raw, sql } from './sql.ts';

/** An installation's own maintenance ends this long after the node was last seen. */
export const sharedMaintenanceMs = 900_000;

/** Statuses of `dns_nodes` that do not take a node out of the ring by themselves. */
const ownStatuses = ['active', 'inactive', 'maintenance'];
const ownStatusList = raw(ownStatuses.map((status) => `'${status}'`).join(', '));

/** `v` is a standing statement, `o` its observer: whether this epoch of the observer may speak. */
export const isSpeaking = sql`o.instance_id IS NOT NULL AND o.epoch = v.observer_epoch AND o.lifecycle = 'alive'
  AND v.observer_id <> v.target_id AND NOT ${standingVerdict('o.node_id', 'o.epoch')}`;

/** Columns of a node; `d` is the row of `dns_nodes`, `n` ours. */
export const nodeColumns = sql`
  d.id AS id, n.node_id AS own_id, CAST(d.status AS TEXT) AS status, CAST(d.last_seen AS TEXT) AS last_seen,
  ${secondsOf('d.last_seen')} AS seen_at_s,
  COALESCE(NULLIF(CAST(d.internal_ip AS TEXT), ''), NULLIF(CAST(d.ip_address AS TEXT), ''), '') AS address,
  n.epoch AS epoch, n.instance_id AS instance_id, n.port AS port, n.is_named AS is_named,
  n.has_handler AS has_handler, n.lifecycle AS lifecycle, n.maintenance_until_ms AS maintenance_until_ms,
  n.heartbeat_count AS heartbeat_count, n.last_beat_at_ms AS last_beat_at_ms,
  n.refutation_count AS refutation_count,
  ${standingVerdict('COALESCE(d.id, n.node_id)', 'COALESCE(n.epoch, 0)')} AS is_confirmed_dead,
  (SELECT c.decision_count FROM ringwatch_verdicts c WHERE c.node_id = COALESCE(d.id, n.node_id)
    AND c.epoch = COALESCE(n.epoch, 0)) AS decision_count,
  ${accusedAt()} AS accused_at_ms`;

/** A node's heartbeat as `recordOf` gives it, for statements. `nodeId` is an expression, not a value. */
export function heartbeatOf(nodeId: string): SqlStatement {
  return raw(
    `COALESCE((SELECT h.epoch || '.' || h.heartbeat_count FROM ringwatch_nodes h` +
      ` WHERE h.node_id = ${nodeId} AND h.instance_id IS NOT NULL),` +
      ` (SELECT CAST(g.last_seen AS TEXT) FROM dns_nodes g WHERE g.id = ${nodeId}), '')`,
  );
}

/** Every node of the ring with what is ours. */
export const joinedNodes = raw('dns_nodes d LEFT JOIN ringwatch_nodes n ON n.node_id = d.id');

/** Whether a verdict stands; one that was closed because the node returned does not. Both are expressions, not values. */
export function standingVerdict(nodeId: string, epoch: string): SqlStatement {
  return raw(
    `EXISTS (SELECT 1 FROM ringwatch_verdicts s WHERE s.node_id = ${nodeId} AND s.epoch = ${epoch}` +
      ` AND s.resolution IS NOT 'returned')`,
  );
}

const lastSeen = secondsOf('d.last_seen');
const isTheirs = sql`COALESCE(d.status = 'maintenance' AND ${lastSeen} * 1000 > COALESCE(n.maintenance_until_ms, 0), 0)`;

/** The condition that a node is in maintenance by our word, and by the installation's. The same rule as `maintenanceEnd` below. */
const isOursNow = (now: number): SqlStatement => sql`COALESCE(n.maintenance_until_ms > ${now}, 0)`;
const isTheirsNow = (now: number): SqlStatement =>
  sql`(${isTheirs} AND ${lastSeen} >= ${wholeSeconds(now - sharedMaintenanceMs)})`;

/** The condition that nothing was heard of a node since our maintenance of it, and no verdict stands. */
const owedCondition = sql`(COALESCE(n.maintenance_until_ms > CASE WHEN n.instance_id IS NOT NULL THEN n.last_beat_at_ms
    ELSE ${lastSeen} * 1000 END, 0) AND NOT ${standingVerdict('d.id', 'COALESCE(n.epoch, 0)')})`;

/** When a valid vote last said that the node is dead: `n` is its row of ours. */
function accusedAt(): SqlStatement {
  return sql`(SELECT MAX(v.affirmed_at_ms) FROM ringwatch_votes v CROSS JOIN ringwatch_nodes o ON o.node_id = v.observer_id
    WHERE v.target_id = n.node_id AND v.status = 'dead' AND v.target_epoch = n.epoch AND n.instance_id IS NOT NULL
      AND ${isSpeaking})`;
}

/** The condition that others must see the node, to agree that it is dead or to hear it. */
function accusedCondition(since: number): SqlStatement {
  return sql`(COALESCE(${accusedAt()} >= ${since}, 0) AND NOT ${standingVerdict('d.id', 'COALESCE(n.epoch, 0)')})`;
}

/** The condition that a node is listed, for reading statements. The same rule as `isListed` below. */
export function listedCondition(now: number, windowMs: number): SqlStatement {
  const since = now - windowMs;
  const isDue = sql`(NOT ${isOursNow(now)} AND NOT ${isTheirsNow(now)} AND (
    (n.lifecycle IS NOT 'left' AND (COALESCE(n.maintenance_until_ms >= ${since}, 0) OR ${owedCondition}))
    OR (${isTheirs} AND ${lastSeen} + ${sharedMaintenanceMs / 1000} >= ${wholeSeconds(since)})
    OR ${accusedCondition(since)}))`;
  return sql`(${mayBeListed(now)} AND (${hasBeatSince(since)} OR ${isDue}))`;
}

/** The condition that a node of the ring was seen since then, or has a heartbeat after that place in the order, for reading statements. */
export function presentCondition({ since, sinceOrder }: Presence, now: number): SqlStatement {
  const isLater = sql`COALESCE(n.instance_id IS NOT NULL AND n.heartbeat_count > ${sinceOrder}, 0)`;
  return sql`(${mayBeListed(now)} AND (${hasBeatSince(since)} OR ${isLater}))`;
}

/** The condition that a node of the ring was seen since then, for reading statements. The same rule as `isSeenSince` below. */
export function seenCondition(since: number, now: number): SqlStatement {
  return sql`(${mayBeListed(now)} AND ${hasBeatSince(since)})`;
}

function mayBeListed(now: number): SqlStatement {
  return sql`CASE WHEN n.instance_id IS NOT NULL THEN
      n.lifecycle = 'alive' AND (d.status IN (${ownStatusList}) OR ${isOursNow(now)})
    ELSE d.status = 'active' OR (d.status = 'maintenance' AND n.lifecycle IS NOT 'left'
      AND NOT ${isOursNow(now)} AND NOT ${isTheirsNow(now)})
    END`;
}

function hasBeatSince(since: number): SqlStatement {
  return sql`COALESCE(CASE WHEN n.instance_id IS NOT NULL THEN n.last_beat_at_ms >= ${since}
    ELSE ${lastSeen} >= ${wholeSeconds(since)} END, 0)`;
}

/** The condition that a node of ours is out of the ring by the word of the shared table. */
export function awayCondition(now: number): SqlStatement {
  return sql`(d.id IS NULL OR (d.status NOT IN (${ownStatusList}) AND NOT COALESCE(n.maintenance_until_ms > ${now}, 0)))`;
}

/** The condition that a node is in maintenance, for reading statements. The same rule as `maintenanceEnd` below. */
export function maintenanceCondition(now: number): SqlStatement {
  const seen = secondsOf('d.last_seen');
  return sql`(COALESCE(n.maintenance_until_ms > ${now}, 0) OR COALESCE(d.status = 'maintenance'
    AND ${seen} >= ${wholeSeconds(now - sharedMaintenanceMs)}
    AND ${seen} * 1000 > COALESCE(n.maintenance_until_ms, 0), 0))`;
}

/** What Ringwatch added to a node. */
export interface OwnRow {
  readonly epoch: number;
  readonly instanceId: string | null;
  readonly port: number | null;
  readonly isNamed: boolean;
  readonly hasHandler: boolean;
  readonly hasLeft: boolean;
  readonly maintenanceUntil: number | null;
  /** Its place in the order of everybody's heartbeats, which the column's name does not say. */
  readonly beatOrder: number;
  readonly lastBeatAt: number;
  readonly refutationCount: number;
}

/** A node as the tables have it. */
export interface NodeRow {
  readonly id: string;
  /** Null when only our own row exists. */
  readonly shared: {
    readonly address: string;
    readonly status: string;
    /** Null, too, in a table without such a column. */
    readonly region: string | null;
    readonly lastSeen: string;
    /** Null when the text cannot be read. */
    readonly lastSeenAt: number | null;
  } | null;
  readonly own: OwnRow | null;
  readonly isConfirmedDead: boolean;
  readonly decisionCount: number;
  /** When a valid vote last said that the node is dead; null when none does. */
  readonly accusedAt: number | null;
}

/** Reads a row of `nodeColumns`; null for one that names no node, of which a problem is told. */
export function decodeNode(row: SqlRow, problems: Problems): NodeRow | null {
  const id = row['id'] ?? row['own_id'];
  if (typeof id !== 'string' || id === '') {
    problems.report('dns_nodes', id ?? null, 'expected text as its id');
    return null;
  }
  const own = decodeOwn(row);
  const isConfirmedDead = row['is_confirmed_dead'] === 1;
  const decisionCount = numberOrNull(row['decision_count']) ?? 0;
  const accusedAt = numberOrNull(row['accused_at_ms']);
  if (row['id'] == null) return { id, shared: null, own, isConfirmedDead, decisionCount, accusedAt };
  const seconds = row['seen_at_s'];
  const lastSeen = textOf(row['last_seen']);
  if (typeof seconds !== 'number' && (own === null || own.instanceId === null)) {
    problems.report(
      'dns_nodes',
      id,
      `expected last_seen as YYYY-MM-DD HH:MM:SS in UTC, found ${JSON.stringify(lastSeen.slice(0, 60))}, so it counts as not seen`,
    );
  }
  const shared = {
    address: textOf(row['address']),
    status: textOf(row['status']),
    region: typeof row['region'] === 'string' ? row['region'] : null,
    lastSeen,
    lastSeenAt: typeof seconds === 'number' ? seconds * 1000 : null,
  };
  return { id, shared, own, isConfirmedDead, decisionCount, accusedAt };
}

/** Reads our own columns; null when the node has no row of ours. */
function decodeOwn(row: SqlRow): OwnRow | null {
  if (typeof row['epoch'] !== 'number') return null;
  return {
    epoch: row['epoch'],
    instanceId: typeof row['instance_id'] === 'string' ? row['instance_id'] : null,
    port: numberOrNull(row['port']),
    isNamed: row['is_named'] === 1,
    hasHandler: row['has_handler'] === 1,
    hasLeft: row['lifecycle'] === 'left',
    maintenanceUntil: numberOrNull(row['maintenance_until_ms']),
    beatOrder: numberOrNull(row['heartbeat_count']) ?? 0,
    lastBeatAt: numberOrNull(row['last_beat_at_ms']) ?? 0,
    refutationCount: numberOrNull(row['refutation_count']) ?? 0,
  };
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value);
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** Whether the node said good-bye. A node that runs the original is back as soon as its heartbeat sets the status. */
export function hasLeft({ own, shared }: NodeRow): boolean {
  return own?.hasLeft === true && (own.instanceId !== null || shared?.status !== 'active');
}

/** When the node's maintenance ends; null outside maintenance. */
export function maintenanceEnd({ own, shared }: NodeRow, now: number): number | null {
  const until = own?.maintenanceUntil ?? null;
  if (until !== null && until > now) return until;
  if (shared === null || shared.status !== 'maintenance' || shared.lastSeenAt === null) return null;
  if (!isSince(shared.lastSeenAt, now - sharedMaintenanceMs)) return null;
  // A heartbeat since the end of our own maintenance would have set the status back: this is the old one.
  if (until !== null && shared.lastSeenAt <= until) return null;
  return shared.lastSeenAt + sharedMaintenanceMs;
}

function lifecycleOf(row: NodeRow, now: number): Lifecycle {
  if (hasLeft(row)) return 'left';
  if (maintenanceEnd(row, now) !== null) return 'maintenance';
  return row.shared !== null && ownStatuses.includes(row.shared.status) ? 'alive' : 'away';
}

function isListed(row: NodeRow, lifecycle: Lifecycle, since: number): boolean {
  if (!isOnRing(row, lifecycle)) return false;
  if (hasBeat(row, since) || hasEndedMaintenance(row, lifecycle, since)) return true;
  return lifecycle !== 'maintenance' && isAccusedSince(row, since);
}

/** Whether a valid vote says since then that the node is dead, and no verdict stands: others must see it to agree. */
function isAccusedSince({ accusedAt, isConfirmedDead }: NodeRow, since: number): boolean {
  return accusedAt !== null && accusedAt >= since && !isConfirmedDead;
}

/** Whether the node is one of the ring and its newest heartbeat is not older. */
export function isSeenSince(row: NodeRow, since: number, now: number): boolean {
  return isOnRing(row, lifecycleOf(row, now)) && hasBeat(row, since);
}

/** Whether nobody's word takes the node out of the ring; it was seen or not. */
function isOnRing({ own, shared }: NodeRow, lifecycle: Lifecycle): boolean {
  if (shared === null || lifecycle === 'left' || lifecycle === 'away') return false;
  if (own !== null && own.instanceId !== null) return true;
  return shared.status === 'active' || (shared.status === 'maintenance' && lifecycle === 'alive');
}

function hasBeat({ own, shared }: NodeRow, since: number): boolean {
  if (own !== null && own.instanceId !== null) return own.lastBeatAt >= since;
  return shared !== null && shared.lastSeenAt !== null && isSince(shared.lastSeenAt, since);
}

/**
 * Whether the node is due to be judged: its maintenance is over since an instant that is not before this one; or since
 * any, and nothing was heard of it nor a verdict found. A clock that steps may pass the end and the window at once.
 */
function hasEndedMaintenance(row: NodeRow, lifecycle: Lifecycle, since: number): boolean {
  if (lifecycle === 'maintenance') return false;
  const { own, shared } = row;
  const until = own?.maintenanceUntil ?? null;
  if (until !== null && own?.hasLeft !== true && (until >= since || isOwedALook(row, until))) return true;
  if (shared === null || shared.status !== 'maintenance' || shared.lastSeenAt === null) return false;
  return shared.lastSeenAt > (until ?? 0) && isSince(shared.lastSeenAt + sharedMaintenanceMs, since);
}

function isOwedALook({ own, shared, isConfirmedDead }: NodeRow, until: number): boolean {
  const heardAt = own !== null && own.instanceId !== null ? own.lastBeatAt : (shared?.lastSeenAt ?? null);
  return heardAt !== null && heardAt < until && !isConfirmedDead;
}

function isSince(at: number, since: number): boolean {
  return at >= wholeSeconds(since) * 1000;
}

/** The node as observers see it. */
export function recordOf(row: NodeRow, now: number, windowMs: number): NodeRecord {
  const { own, shared } = row;
  const lifecycle = lifecycleOf(row, now);
  const isInstance = own !== null && own.instanceId !== null;
  return {
    id: row.id,
    address: shared?.address ?? '',
    port: own?.port ?? null,
    epoch: own?.epoch ?? 0,
    lifecycle,
    isListed: isListed(row, lifecycle, now - windowMs),
    isConfirmedDead: row.isConfirmedDead,
    decisionCount: row.decisionCount,
    heartbeat: isInstance ? `${own.epoch}.${own.beatOrder}` : (shared?.lastSeen ?? ''),
    refutationCount: own?.refutationCount ?? 0,
    isNamed: isInstance && own.isNamed,
  };
}
