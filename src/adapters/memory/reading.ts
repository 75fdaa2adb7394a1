/** Whole-table readings, for people: one node, the cluster, the event log. */
import { compareIds } from '../../core/ring.ts';
import {
  type ClusterReading,
  type ClusterRequest,
  type EventPage,
  type EventQuery,
  type NodeDetail,
  type ObserverStatement,
  RegistryError,
  type RegistryEvent,
  type VerdictDetail,
} from '../../ports/registry.ts';
import { leaseLeftMs, retryInMs } from './recovery.ts';
import { hasInstance, isValid, maintenanceEnd, originalStatements, recordOf } from './rules.ts';
import {
  type Member,
  type OwnEvent,
  type SharedEvent,
  statuses,
  type Tables,
  type VerdictRow,
} from './tables.ts';
import { countMembers, unresolvedVerdicts } from './verdict.ts';

const verdictLimit = 200;

export function readNode(tables: Tables, nodeId: string, now: number): NodeDetail | null {
  const member = tables.members.get(nodeId);
  if (member === undefined || (member.own === null && member.shared === null)) return null;
  return detailOf(member, now, Number.MAX_SAFE_INTEGER);
}

function detailOf(member: Member, now: number, windowMs: number): NodeDetail {
  const { own, shared } = member;
  const beatAt = own !== null && hasInstance(member) ? own.lastBeatAt : (shared?.lastSeenAt ?? null);
  const end = maintenanceEnd(member, now);
  return {
    ...recordOf(member, now, windowMs),
    region: shared?.region ?? null,
    status: shared?.status ?? '',
    heartbeatAgeMs: beatAt === null ? null : Math.max(0, now - beatAt),
    hasHandler: hasInstance(member) && own?.hasHandler === true,
    instanceId: own?.instanceId ?? null,
    maintenanceLeftMs: end === null ? null : end - now,
  };
}

export function readCluster(tables: Tables, request: ClusterRequest, now: number): ClusterReading {
  const { membershipWindowMs: windowMs, brakeWindowMs = Number.POSITIVE_INFINITY } = request;
  const unresolved = unresolvedVerdicts(tables, { membershipWindowMs: windowMs, brakeWindowMs }, now);
  const nodes = tables.ring.map((member) => detailOf(member, now, windowMs));
  const open = [...tables.open].sort((a, b) => newestFirst(a.verdict.decidedAt, b.verdict.decidedAt, a, b));
  const resolved = [...tables.resolved].sort((a, b) => newestFirst(a.resolvedAt, b.resolvedAt, a, b));
  return {
    nodes,
    statements: statementsOf(tables, windowMs, now),
    verdicts: [...open, ...resolved].slice(0, verdictLimit).map((row) => verdictOf(row, now)),
    memberCount: countMembers(tables, unresolved, windowMs, now),
    unresolvedCount: unresolved.length,
  };
}

function verdictOf(row: VerdictRow, now: number): VerdictDetail {
  return { ...row.verdict, leaseLeftMs: leaseLeftMs(row, now), retryInMs: retryInMs(row, now) };
}

function newestFirst(at: number, otherAt: number, row: VerdictRow, other: VerdictRow): number {
  const [a, b] = [row.verdict, other.verdict];
  return otherAt - at || compareIds(a.nodeId, b.nodeId) || a.epoch - b.epoch;
}

function statementsOf(tables: Tables, windowMs: number, now: number): ObserverStatement[] {
  const statements: ObserverStatement[] = [];
  for (const target of tables.members.values()) {
    for (const row of target.accusations.values()) {
      const { targetId, targetEpoch, status, observerEpoch, observerId, evidence } = row;
      statements.push({
        targetId,
        targetEpoch,
        status,
        observerEpoch,
        observerId,
        evidence,
        ageMs: Math.max(0, now - row.saidAt),
        isValid: isValid(tables, target, row),
      });
    }
    for (const { observerId, status, at } of originalStatements(tables, target, now - windowMs)) {
      statements.push({
        targetId: target.id,
        targetEpoch: target.own?.epoch ?? 0,
        status: status === 'dead' ? 'dead' : 'suspect',
        observerEpoch: 0,
        observerId,
        evidence: null,
        ageMs: Math.max(0, now - (at ?? now)),
        isValid: true,
      });
    }
  }
  return statements.sort(
    (a, b) => compareIds(a.targetId, b.targetId) || compareIds(a.observerId, b.observerId),
  );
}

/** Where a page ended, in both logs. */
interface Cursor {
  readonly ownId: number;
  readonly sharedId: number;
}

type LogRow = { readonly own: OwnEvent } | { readonly shared: SharedEvent };

export function readEvents(tables: Tables, query: EventQuery): EventPage {
  const after = parseCursor(query.after);
  const { nodeId } = query;
  const own = tables.events.filter(
    (row) =>
      row.id > after.ownId && (nodeId === undefined || row.observerId === nodeId || row.targetId === nodeId),
  );
  const shared = tables.sharedEvents.filter(
    (row) =>
      !row.isOurs &&
      row.id > after.sharedId &&
      row.at !== null &&
      statuses.has(row.status) &&
      (nodeId === undefined || row.observerId === nodeId || row.targetId === nodeId),
  );
  const page = merge(own, shared);
  const passed = page.splice(0, Math.max(0, page.length - query.limit));
  let cursor = passed.reduce(advance, after);
  const events: RegistryEvent[] = [];
  for (const row of page) {
    cursor = advance(cursor, row);
    events.push(eventOf(row, cursor));
  }
  return { events, cursor: formatCursor(cursor) };
}

/** Both logs in one order: an event of ours comes before the shared ones that were written after it. */
function merge(own: readonly OwnEvent[], shared: readonly SharedEvent[]): LogRow[] {
  const rows: LogRow[] = [];
  let next = 0;
  for (const event of own) {
    for (let row = shared[next]; row !== undefined && row.id <= event.position; row = shared[next]) {
      rows.push({ shared: row });
      next++;
    }
    rows.push({ own: event });
  }
  for (const row of shared.slice(next)) rows.push({ shared: row });
  return rows;
}

function advance({ ownId, sharedId }: Cursor, row: LogRow): Cursor {
  return 'own' in row
    ? { ownId: row.own.id, sharedId: Math.max(sharedId, row.own.position) }
    : { ownId, sharedId: row.shared.id };
}

function eventOf(row: LogRow, cursor: Cursor): RegistryEvent {
  if ('own' in row) {
    const { kind, at, observerId, targetId, targetEpoch, detail } = row.own;
    return { cursor: formatCursor(cursor), kind, at, observerId, targetId, targetEpoch, detail };
  }
  const { status, at, observerId, targetId } = row.shared;
  return {
    cursor: formatCursor(cursor),
    kind: status === 'dead' || status === 'suspect' ? status : 'recovered',
    at: at ?? 0,
    observerId,
    targetId,
    targetEpoch: null,
    detail: {},
  };
}

function formatCursor({ ownId, sharedId }: Cursor): string {
  return `${ownId}.${sharedId}`;
}

function parseCursor(text: string | null): Cursor {
  if (text === null) return { ownId: 0, sharedId: 0 };
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  if (match === null) {
    throw new RegistryError(
      'invalid',
      `expected a cursor of an earlier page, got ${JSON.stringify(text.slice(0, 60))}; pass null to begin at the start`,
    );
  }
  return { ownId: Number(match[1]), sharedId: Number(match[2]) };
}
