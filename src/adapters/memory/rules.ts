/**
 * What the rows mean: who is listed, who is in maintenance, whose vote counts.
 * Pure functions of rows and of the registry's clock.
 */
import type { Lifecycle, NodeRecord } from '../../core/node.ts';
import { timestamp } from './shared-time.ts';
import type { Member, SharedEvent, SharedRow, StatementRow, Tables, VerdictRow } from './tables.ts';

/** An installation's own maintenance ends this long after the node was last seen. */
const sharedMaintenanceMs = 900_000;

/** Statuses of `dns_nodes` that do not take a node out of the ring by themselves. */
const ownStatuses = new Set(['active', 'inactive', 'maintenance']);

/** Whether the node begins its epochs itself; false for one that runs the original. */
export function hasInstance(member: Member): boolean {
  return member.own !== null && member.own.instanceId !== null;
}

export function epochOf(member: Member): number {
  return member.own?.epoch ?? 0;
}

export function hasLeft(member: Member): boolean {
  if (member.own === null || !member.own.hasLeft) return false;
  // The original's heartbeat has set the status again: the node is back.
  return member.own.instanceId !== null || member.shared?.status !== 'active';
}

/** When the node's maintenance ends; null outside maintenance. */
export function maintenanceEnd({ own, shared }: Member, now: number): number | null {
  const until = own?.maintenanceUntil ?? null;
  if (until !== null && until > now) return until;
  if (shared === null || shared.status !== 'maintenance' || shared.lastSeenAt === null) return null;
  if (!isSince(shared.lastSeenAt, now - sharedMaintenanceMs)) return null;
  // A heartbeat since the end of our own maintenance would have set the status back: this is the old one.
  if (until !== null && shared.lastSeenAt <= until) return null;
  return shared.lastSeenAt + sharedMaintenanceMs;
}

export function lifecycleOf(tables: Tables, member: Member, now: number): Lifecycle {
  if (hasLeft(member)) return 'left';
  if (maintenanceEnd(member, now) !== null) return 'maintenance';
  if (member.shared === null || !ownStatuses.has(member.shared.status)) return 'away';
  if (isConfirmedDead(member)) return 'dead';
  if (hasInstance(member)) return 'alive';
  const isOn = mayBeListed(member, 'alive');
  const since = now - tables.windowMs;
  return isOn && (hasBeatSince(member, since) || hasEndedMaintenance(member, 'alive', since))
    ? 'alive'
    : 'away';
}

/** Whether nobody's word takes the node out of the ring; it was seen or not. */
function mayBeListed(member: Member, lifecycle: Lifecycle): boolean {
  const { shared } = member;
  if (shared === null || lifecycle === 'left' || lifecycle === 'away') return false;
  if (hasInstance(member)) return true;
  return shared.status === 'active' || (shared.status === 'maintenance' && lifecycle === 'alive');
}

function hasBeatSince(member: Member, since: number): boolean {
  const { own, shared } = member;
  if (own !== null && own.instanceId !== null) return own.lastBeatAt >= since;
  return isSince(shared?.lastSeenAt ?? null, since);
}

/**
 * Whether the node is due to be judged: its maintenance is over since an instant that is not before this one; or since
 * any, and nothing was heard of it nor a verdict found. A clock that steps may pass the end and the window at once.
 */
function hasEndedMaintenance(member: Member, lifecycle: Lifecycle, since: number): boolean {
  if (lifecycle === 'maintenance') return false;
  const { own, shared } = member;
  const until = own?.maintenanceUntil ?? null;
  if (until !== null && own?.hasLeft !== true && (until >= since || isOwedALook(member, until))) return true;
  const seenAt = shared?.lastSeenAt ?? null;
  const isTheirs = shared?.status === 'maintenance' && seenAt !== null && seenAt > (until ?? 0);
  return isTheirs && isSince(seenAt + sharedMaintenanceMs, since);
}

function isOwedALook(member: Member, until: number): boolean {
  const { own, shared } = member;
  const heardAt = own !== null && own.instanceId !== null ? own.lastBeatAt : (shared?.lastSeenAt ?? null);
  return heardAt !== null && heardAt < until && !isConfirmedDead(member);
}

/** Compares in whole seconds, since shared times have no more. */
export function isSince(at: number | null, since: number): boolean {
  return at !== null && at >= Math.floor(since / 1000) * 1000;
}

/** The verdict of an epoch that stands: one that was closed because the node returned does not. */
export function standingVerdict(member: Member, epoch: number): VerdictRow | null {
  const row = member.verdicts.get(epoch);
  return row === undefined || row.verdict.resolution === 'returned' ? null : row;
}

export function isConfirmedDead(member: Member): boolean {
  return member.verdicts.size > 0 && standingVerdict(member, epochOf(member)) !== null;
}

/** How often a quorum has found it dead in its present epoch. */
function decisionCount(member: Member): number {
  return member.verdicts.size === 0 ? 0 : (member.verdicts.get(epochOf(member))?.decisionCount ?? 0);
}

/** Its place in the order of all heartbeats. */
export function beatOrderOf({ own, sharedOrder }: Member): number {
  return own !== null && own.instanceId !== null ? own.beatOrder : sharedOrder;
}

/** The row as observers read it: the same object as last time where nothing in it has changed, since rounds read it often. */
export function recordOf(tables: Tables, member: Member, now: number): NodeRecord {
  const lifecycle = lifecycleOf(tables, member, now);
  const last = member.lastRecord;
  if (last !== null && isStill(last, member, lifecycle)) return last;
  const record = newRecord(member, lifecycle);
  member.lastRecord = record;
  return record;
}

/** Compares what a record is made from, so that nothing is made where nothing has changed. */
function isStill(record: NodeRecord, member: Member, lifecycle: Lifecycle): boolean {
  const { own, shared } = member;
  const isInstance = hasInstance(member);
  return (
    record.epoch === (own?.epoch ?? 0) &&
    record.beatOrder === beatOrderOf(member) &&
    record.lifecycle === lifecycle &&
    record.decisionCount === decisionCount(member) &&
    record.refutationCount === (own?.refutationCount ?? 0) &&
    record.address === addressOf(shared) &&
    record.port === (own?.port ?? null) &&
    record.isNamed === (isInstance && own?.isNamed === true)
  );
}

function newRecord(member: Member, lifecycle: Lifecycle): NodeRecord {
  const { own, shared } = member;
  return {
    id: member.id,
    address: addressOf(shared),
    port: own?.port ?? null,
    epoch: own?.epoch ?? 0,
    lifecycle,
    decisionCount: decisionCount(member),
    beatOrder: beatOrderOf(member),
    refutationCount: own?.refutationCount ?? 0,
    isNamed: hasInstance(member) && own?.isNamed === true,
  };
}

function addressOf(shared: SharedRow | null): string {
  return shared?.internalIp || shared?.ipAddress || '';
}

/** Whether this epoch of an observer may speak: begun, not over, not left, not dead. */
export function isSpeaking(tables: Tables, observerId: string, epoch: number): boolean {
  const observer = tables.members.get(observerId);
  if (observer === undefined || observer.own === null || observer.own.instanceId === null) return false;
  return observer.own.epoch === epoch && !observer.own.hasLeft && !isConfirmedDead(observer);
}

/** Whether a statement is about the target's present life and of the observer's present one. */
export function isValid(tables: Tables, target: Member, statement: StatementRow): boolean {
  return (
    statement.observerId !== target.id &&
    statement.targetEpoch === epochOf(target) &&
    isSpeaking(tables, statement.observerId, statement.observerEpoch)
  );
}

/** The newest shared events about the target by nodes that run the original, of its present life and since `since`. */
export function originalStatements(tables: Tables, target: Member, since: number): SharedEvent[] {
  if (target.newestShared.size === 0) return [];
  const startedAfterId = target.own?.startedAfterId ?? 0;
  return [...target.newestShared.values()].filter((event) => {
    const observer = tables.members.get(event.observerId);
    return (
      (event.status === 'dead' || event.status === 'suspect') &&
      event.id > startedAfterId &&
      isSince(event.at, since) &&
      event.observerId !== target.id &&
      observer !== undefined &&
      observer.shared !== null &&
      !hasInstance(observer) &&
      !isConfirmedDead(observer)
    );
  });
}

/** `dns_nodes.last_seen` as it stands; empty without a row. */
export function lastSeenText(shared: SharedRow | null): string {
  return shared?.lastSeen ?? (typeof shared?.lastSeenAt === 'number' ? timestamp(shared.lastSeenAt) : '');
}
