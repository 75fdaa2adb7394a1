/** Joining, heartbeats, leaving, maintenance: who is in the cluster. */
import type { EpochRef, HeartbeatResult, JoinRequest, JoinResult } from '../../ports/registry.ts';
import { closeVerdict } from './recovery.ts';
import { epochOf, hasInstance, maintenanceEnd } from './rules.ts';
import { wholeSecond } from './shared-time.ts';
import type { Member, OwnRow, Tables } from './tables.ts';

export function join(tables: Tables, request: JoinRequest, now: number): JoinResult {
  const { nodeId, instanceId } = request;
  const known = tables.members.get(nodeId);
  const epochNow = known === undefined ? 0 : epochOf(known);
  if (known?.own?.instanceId === instanceId) return { outcome: 'joined', epoch: epochNow };
  const operationId = `joined:${request.afterEpoch}:${instanceId}`;
  if (epochNow !== request.afterEpoch || tables.operations.has(operationId)) {
    return { outcome: 'conflict', epoch: epochNow };
  }

  const member = tables.member(nodeId);
  const epoch = (member.own === null ? tables.epochFloor : member.own.epoch) + 1;
  member.own = {
    epoch,
    instanceId,
    port: request.port,
    isNamed: request.isNamed,
    hasHandler: request.hasHandler,
    keepsSharedRow: request.address !== null,
    hasLeft: false,
    maintenanceUntil: member.own?.maintenanceUntil ?? null,
    beatOrder: ++tables.lastBeatOrder,
    lastBeatAt: now,
    refutationCount: 0,
    startedAfterId: tables.lastSharedId,
  };
  tables.appendEvent({
    operationId,
    kind: 'joined',
    at: now,
    observerId: nodeId,
    targetId: nodeId,
    targetEpoch: epoch,
    detail: {},
  });
  if (request.address !== null) writeAddress(tables, member, request, request.address, now);
  for (const row of member.verdicts.values()) {
    if (row.verdict.resolution !== null) continue;
    if (row.verdict.attemptCount === 0) closeVerdict(tables, row, 'superseded', nodeId, now);
    else row.hasReturned = true;
  }
  return { outcome: 'joined', epoch };
}

function writeAddress(
  tables: Tables,
  member: Member,
  request: JoinRequest,
  address: string,
  now: number,
): void {
  const { shared } = member;
  const inMaintenance = (member.own?.maintenanceUntil ?? 0) > now;
  const seen = {
    status: inMaintenance ? 'maintenance' : 'active',
    lastSeen: null,
    lastSeenAt: wholeSecond(now),
  };
  if (shared === null) {
    tables.putShared(member, {
      ipAddress: address,
      internalIp: request.internalAddress,
      region: request.region,
      ...seen,
    });
    return;
  }
  const internalIp = request.internalAddress ?? (shared.ipAddress === address ? null : address);
  tables.putShared(member, { ...shared, internalIp, region: request.region ?? shared.region, ...seen });
}

export function heartbeat(tables: Tables, { nodeId, epoch }: EpochRef, now: number): HeartbeatResult {
  const member = tables.members.get(nodeId);
  const own = livingRow(member, epoch);
  if (member === undefined || own === null) return 'over';
  own.beatOrder = ++tables.lastBeatOrder;
  own.lastBeatAt = now;
  if (own.keepsSharedRow && member.shared !== null) {
    member.shared.status = (own.maintenanceUntil ?? 0) > now ? 'maintenance' : 'active';
    member.shared.lastSeen = null;
    member.shared.lastSeenAt = wholeSecond(now);
  }
  return 'beating';
}

/** The row of an epoch that has begun, is not over and has not left. */
export function livingRow(member: Member | undefined, epoch: number): OwnRow | null {
  const own = member?.own ?? null;
  return own !== null && own.instanceId !== null && own.epoch === epoch && !own.hasLeft ? own : null;
}

export function leave(tables: Tables, { nodeId, epoch }: EpochRef, now: number): void {
  const member = tables.members.get(nodeId);
  if (member === undefined || epochOf(member) !== epoch) return;
  if (hasInstance(member)) {
    const own = livingRow(member, epoch);
    if (own === null) return;
    own.hasLeft = true;
  } else {
    if (member.own === null && member.shared === null) return;
    // A node that runs the original says nothing itself: its life ends here, and its next heartbeat begins another.
    member.own = {
      ...(member.own ?? emptyRow),
      epoch: epoch + 1,
      hasLeft: true,
      startedAfterId: tables.lastSharedId,
    };
  }
  tables.appendEvent({
    operationId: `left:${epoch}:${nodeId}`,
    kind: 'left',
    at: now,
    observerId: nodeId,
    targetId: nodeId,
    targetEpoch: epoch,
    detail: {},
  });
  if (member.shared !== null) member.shared.status = 'inactive';
  for (const row of [...member.accusations.values(), ...member.sayings.values()]) tables.removeStatement(row);
  for (const row of member.verdicts.values()) {
    const { resolution, attemptCount } = row.verdict;
    if (resolution === null && attemptCount === 0) closeVerdict(tables, row, 'left', nodeId, now);
  }
}

/** The row of a node that runs the original, of which something had to be noted. */
export const emptyRow: OwnRow = {
  epoch: 0,
  instanceId: null,
  port: null,
  isNamed: false,
  hasHandler: false,
  keepsSharedRow: false,
  hasLeft: false,
  maintenanceUntil: null,
  beatOrder: 0,
  lastBeatAt: 0,
  refutationCount: 0,
  startedAfterId: 0,
};

/** A change of the end by less than this is the same maintenance, asked for again. */
const sameMaintenanceMs = 60_000;

export function setMaintenance(
  tables: Tables,
  { nodeId, durationMs }: { readonly nodeId: string; readonly durationMs: number },
  now: number,
): boolean {
  const member = tables.members.get(nodeId);
  if (member === undefined || (member.own === null && member.shared === null)) return false;
  const before = maintenanceEnd(member, now);
  const until = durationMs > 0 ? now + durationMs : null;
  const own = member.own ?? { ...emptyRow };
  member.own = own;
  const ours = own.maintenanceUntil;
  const isOurs = ours !== null && ours > now;
  const isSame = until === null ? before === null : isOurs && Math.abs(ours - until) < sameMaintenanceMs;
  // When it has ended is kept: from then on the node is owed a look, however old its heartbeat is by now.
  own.maintenanceUntil = until ?? (before === null ? ours : now);
  if (member.shared !== null) {
    const { status } = member.shared;
    // A clock that was set back: seen later than this, it would be in a maintenance of the shared table's own afterwards.
    if (own.keepsSharedRow && own.lastBeatAt > now) {
      member.shared.lastSeen = null;
      member.shared.lastSeenAt = wholeSecond(now);
    }
    if (until === null && status === 'maintenance') member.shared.status = 'active';
    if (until !== null && (status === 'active' || status === 'inactive'))
      member.shared.status = 'maintenance';
  }
  if (!isSame) {
    tables.appendEvent({
      operationId: `maintenance:${now}:${until ?? 0}:${nodeId}`,
      kind: 'maintenance',
      at: now,
      observerId: nodeId,
      targetId: nodeId,
      targetEpoch: own.epoch,
      detail: { durationMs },
    });
  }
  return true;
}
