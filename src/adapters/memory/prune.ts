/** Deletes what is old. Never what is open: an open verdict, its node, and what was said of that node. */
import type { PruneRequest, PruneResult } from '../../ports/registry.ts';
import { livingRow } from './membership.ts';
import { epochOf, hasInstance, isConfirmedDead, isSince } from './rules.ts';
import type { Member, SharedEvent, Tables } from './tables.ts';

/** Rows of one kind that one call deletes at most. */
const rowLimit = 10_000;

export function prune(tables: Tables, request: PruneRequest, now: number): PruneResult {
  const { prunedAt } = tables;
  const isDue = prunedAt === null || prunedAt > now || prunedAt <= now - request.everyMs;
  if (!isDue || livingRow(tables.members.get(request.nodeId), request.epoch) === null) {
    return { isMine: false, eventCount: 0, verdictCount: 0, nodeCount: 0 };
  }
  tables.prunedAt = now;
  const nodeCount = pruneNodes(tables, request, now);
  const verdictCount = pruneVerdicts(tables, request, now);
  return { isMine: true, eventCount: pruneEvents(tables, request, now), verdictCount, nodeCount };
}

function pruneNodes(tables: Tables, request: PruneRequest, now: number): number {
  let count = 0;
  const beats = [...tables.members.values()]
    .filter((member) => hasInstance(member) && isDeparted(member, Number.POSITIVE_INFINITY))
    .filter(({ id }) => id !== request.nodeId)
    .map(({ own }) => own?.lastBeatAt ?? 0);
  const since = Math.max(now - request.departedAfterMs, newestOf(beats, request.maxEventCount));
  for (const member of tables.members.values()) {
    if (count >= rowLimit) break;
    if (member.id === request.nodeId || !isDeparted(member, since)) continue;
    count++;
    tables.epochFloor = Math.max(tables.epochFloor, epochOf(member));
    if (member.own?.keepsSharedRow === true) tables.removeShared(member);
    member.own = null;
    for (const row of [...member.accusations.values(), ...member.sayings.values()])
      tables.removeStatement(row);
  }
  if (count > 0) tables.lastBeatOrder = newestBeat(tables);
  return count;
}

/** The order goes on after the newest heartbeat that there is. */
function newestBeat({ members }: Tables): number {
  let newest = 0;
  for (const { own } of members.values()) newest = Math.max(newest, own?.beatOrder ?? 0);
  return newest;
}

/** The smallest of the newest so many times; 0 when there are fewer. */
function newestOf(times: readonly number[], count: number): number {
  return times.toSorted((one, other) => other - one)[Math.max(0, count - 1)] ?? 0;
}

function isDeparted(member: Member, since: number): boolean {
  const { own } = member;
  if (own === null) return false;
  if (!hasInstance(member)) return member.shared === null && member.verdicts.size === 0;
  const isGone = own.hasLeft || isConfirmedDead(member);
  const isOpen = [...member.verdicts.values()].some(({ verdict }) => verdict.resolution === null);
  // A row that somebody else keeps is not ours to delete, and without ours it would look like a new node.
  return isGone && !isOpen && own.lastBeatAt < since && (own.keepsSharedRow || member.shared === null);
}

function pruneVerdicts(tables: Tables, request: PruneRequest, now: number): number {
  let count = 0;
  const newest = newestOf(
    [...tables.resolved].map(({ resolvedAt }) => resolvedAt),
    request.maxEventCount,
  );
  const since = Math.max(now - request.maxAgeMs, newest);
  for (const row of tables.resolved) {
    const member = tables.member(row.verdict.nodeId);
    const isKnown = member.own !== null || member.shared !== null;
    // The verdict of the present life stays: without it the same death could be found again.
    if (isKnown && epochOf(member) === row.verdict.epoch) continue;
    if (row.resolvedAt >= since || count >= rowLimit) continue;
    count++;
    tables.removeVerdict(member, row);
    tables.resolved.delete(row);
  }
  return count;
}

function pruneEvents(tables: Tables, request: PruneRequest, now: number): number {
  const open = new Set(tables.open.map(({ verdict }) => verdict.nodeId));
  const since = now - request.maxAgeMs;
  let count = 0;
  const lastGone = tables.events.at(-1 - request.maxEventCount)?.id ?? 0;
  const goneOperations = new Set<string>();
  tables.events = tables.events.filter((event) => {
    const isOld = event.at < since || event.id <= lastGone;
    if (!isOld || count >= rowLimit || (event.targetId !== null && open.has(event.targetId))) return true;
    count++;
    goneOperations.add(event.operationId);
    return false;
  });
  for (const operationId of goneOperations) tables.operations.delete(operationId);

  const originals = tables.sharedEvents.filter(({ isOurs }) => !isOurs);
  // What is old ends where the first newer row is: a row never outlives one of the same observer that took it back.
  const firstNew = tables.sharedEvents.find(({ at }) => isSince(at, since))?.id ?? Number.POSITIVE_INFINITY;
  const lastOriginal = originals.at(-1 - request.maxEventCount)?.id ?? 0;
  const kept = new Set(tables.events.filter(isStatement).map(({ position }) => position));
  let originalCount = 0;
  tables.sharedEvents = tables.sharedEvents.filter((event) => {
    if (event.isOurs) return kept.has(event.id) || forget(tables, event);
    const isOld = event.id < firstNew || event.id <= lastOriginal;
    if (!isOld || originalCount >= rowLimit || open.has(event.targetId)) return true;
    originalCount++;
    return forget(tables, event);
  });
  return count + originalCount;
}

/** Drops a shared event from the index; always false, so that a filter drops the row. */
function forget(tables: Tables, event: SharedEvent): false {
  tables.forgetShared(event);
  return false;
}

function isStatement({ kind }: { readonly kind: string }): boolean {
  return kind === 'suspect' || kind === 'dead' || kind === 'recovered';
}
