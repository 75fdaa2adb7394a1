/** Whole-table readings, for people: one node, the cluster, the event log. */
import { compareIds } from '../../core/ring.ts';
import { type LogRow, pageOf, parseCursor } from '../../ports/event-page.ts';
import type {
  ClusterReading,
  ClusterRequest,
  EventPage,
  EventQuery,
  NodeDetail,
  ObserverStatement,
  VerdictDetail,
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
  return detailOf(tables, member, now);
}

function detailOf(tables: Tables, member: Member, now: number): NodeDetail {
  const { own, shared } = member;
  const beatAt = own !== null && hasInstance(member) ? own.lastBeatAt : (shared?.lastSeenAt ?? null);
  const end = maintenanceEnd(member, now);
  return {
    ...recordOf(tables, member, now),
    region: shared?.region ?? null,
    status: shared?.status ?? '',
    heartbeatAgeMs: beatAt === null ? null : Math.max(0, now - beatAt),
    hasHandler: hasInstance(member) && own?.hasHandler === true,
    instanceId: own?.instanceId ?? null,
    maintenanceLeftMs: end === null ? null : end - now,
  };
}

export function readCluster(tables: Tables, request: ClusterRequest, now: number): ClusterReading {
  const { brakeWindowMs = Number.POSITIVE_INFINITY } = request;
  const unresolved = unresolvedVerdicts(
    tables,
    {
      brakeWindowMs,
      observerId: '',
      observerEpoch: 0,
      watch: null,
    },
    now,
  );
  const nodes = tables.ring.map((member) => detailOf(tables, member, now));
  const open = [...tables.open].sort((a, b) => newestFirst(a.verdict.decidedAt, b.verdict.decidedAt, a, b));
  const resolved = [...tables.resolved].sort((a, b) => newestFirst(a.resolvedAt, b.resolvedAt, a, b));
  return {
    nodes,
    statements: statementsOf(tables, tables.windowMs, now),
    verdicts: [...open, ...resolved].slice(0, verdictLimit).map((row) => verdictOf(row, now)),
    memberCount: countMembers(tables, unresolved, now),
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
  return pageOf(own.map(ownRow), shared.map(sharedRow), after, query.limit);
}

function ownRow(row: OwnEvent): LogRow {
  const { id, position, kind, at, observerId, targetId, targetEpoch, detail } = row;
  return { log: 'own', id, position, event: { kind, at, observerId, targetId, targetEpoch, detail } };
}

function sharedRow({ id, status, at, observerId, targetId }: SharedEvent): LogRow {
  return {
    log: 'shared',
    id,
    position: id,
    event: {
      kind: status === 'dead' || status === 'suspect' ? status : 'recovered',
      at: at ?? 0,
      observerId,
      targetId,
      targetEpoch: null,
      detail: {},
    },
  };
}
