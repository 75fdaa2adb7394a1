/**
 * Deletes what is old, by one node at a time. What is open stays: an open verdict, its node, and what was said of it.
 *
 * Rows beyond a count go, the oldest first. By age goes only what is too old by two readings of the clock: that of the
 * pruning before, and this one's. So a clock that jumps ahead, and is right again by the next pruning, deletes nothing.
 * Logs go by their order: no line goes that comes after one that stays by its age.
 */
import type { PruneRequest, PruneResult } from '../ports/registry.ts';
import type { NodeRow, SharedEventRow, VerdictRow } from '../ports/rows.ts';
import type { Query, Write } from '../ports/store.ts';
import { clusterRow } from './cluster-row.ts';
import { newestEvent } from './generation.ts';
import { isOurs, nodeById, nodesById, unchanged } from './node-row.ts';
import { newestSharedEvent, sharedNodeById } from './original/shared-rows.ts';
import { parseTimestamp } from './original/time.ts';
import { answerForNow, ask, atLeast, Committed, change, count, type Rule, select } from './rule.ts';
import { verdictOfEpoch, verdictsOn } from './verdict-row.ts';

/** Lines of a log that one call deletes at most, and rows of other kinds. */
const lineLimit = 10_000;
const rowLimit = 1_000;

/** How long a write is remembered, so that it is not done again: longer than any call is repeated. */
const operationMs = 24 * 3_600_000;

/** Longest ago first. What may not be forgotten is left out: however much there is of it, it hides nothing that may. */
const byBeat = { orderBy: [['lastBeatAt', 'asc']], isLimited: true } as const;
const isKeeper = [
  ['lifecycle', 'in'],
  ['keepsShared', '='],
] as const;
/** Without a row of `dns_nodes`, as it was imported last. */
const isUnlistedOurs = [...isKeeper, ['instanceId', 'not-null'], ['status', '=']] as const;
const isUnlistedOriginal = [
  ['lifecycle', 'in'],
  ['instanceId', 'null'],
  ['status', '='],
] as const;
const goneKeepers = [select('nodes', isKeeper, byBeat), count('nodes', isKeeper)] as const;
const goneOurs = [select('nodes', isUnlistedOurs, byBeat), count('nodes', isUnlistedOurs)] as const;
const goneOriginals = [
  select('nodes', isUnlistedOriginal, byBeat),
  count('nodes', isUnlistedOriginal),
] as const;
/** A dead node's present epoch is the one of its verdict. */
const isOfLiving = [
  ['resolution', 'not-null'],
  ['nodeLifecycle', '<>'],
] as const;
const isOfNone = [
  ['resolution', 'not-null'],
  ['nodeLifecycle', 'null'],
] as const;
const byResolution = { orderBy: [['resolvedAt', 'asc']], isLimited: true } as const;
const verdictsOfLiving = [
  select('recoveries', isOfLiving, byResolution),
  count('recoveries', isOfLiving),
] as const;
const verdictsOfNone = [select('recoveries', isOfNone, byResolution), count('recoveries', isOfNone)] as const;
const openVerdicts = select('verdicts', [['resolution', 'null']]);
const firstEventSince = select('events', [['at', '>=']], { orderBy: [['id', 'asc']], isLimited: true });
const oldestShared = select('sharedEvents', [], { orderBy: [['id', 'asc']], isLimited: true });

const isStillDue = count('cluster', [['prunedAt', '=']]);
const votesAbout = select('votes', [['targetId', 'in']]);
const votesBy = select('votes', [['observerId', 'in']]);
/** In an order of their own: each replica of a database deletes for itself. */
const operationsBefore = select('operations', [['at', '<']], {
  orderBy: [['operationId', 'asc']],
  isLimited: true,
});
const sharedUpTo = select('sharedEvents', [['id', '<=']], { orderBy: [['id', 'asc']], isLimited: true });
/** Lines about nodes with an open verdict stay, and the newest line of all: by its number the log is known to go on. */
const old = { orderBy: [['id', 'asc']], isLimited: true } as const;
const isUntargeted = [
  ['id', '<='],
  ['targetId', 'null'],
] as const;
const isTargeted = [
  ['id', '<='],
  ['targetId', 'not-in'],
] as const;
const eventDeletions = [select('events', isUntargeted, old), select('events', isTargeted, old)] as const;

/** Lifecycles of ours that may be forgotten: one that is away may be back. */
const gone = ['left', 'dead'];
/** The same of the original: the verdict of one that is dead stays, and it with that. */
const goneTheirs = ['left', 'away'];
const notMine: PruneResult = { isMine: false, eventCount: 0, verdictCount: 0, nodeCount: 0 };

/** Deletes what is old; `isMine` is false when another node has done so within `everyMs`. */
export function prune(request: PruneRequest, now: number): Rule<PruneResult> {
  const { nodeId, epoch, everyMs } = request;
  return ask([clusterRow(1), nodeById(nodeId)], ([[cluster], [self]]) => {
    const prunedAt = cluster?.prunedAt ?? 0;
    // A time in the future is one that a clock wrote which has been put back since.
    const isDue = prunedAt > now || prunedAt === 0 || prunedAt <= now - everyMs;
    const isLiving = self?.epoch === epoch && isOurs(self) && self.lifecycle !== 'left';
    return isDue && isLiving
      ? pruneAll(request, prunedAt, cluster?.epochFloor ?? 0, now)
      : answerForNow(notMine);
  });
}

function pruneAll(
  request: PruneRequest,
  prunedAt: number,
  epochFloor: number,
  now: number,
): Rule<PruneResult> {
  const { maxEventCount, maxAgeMs, departedAfterMs } = request;
  const agreed = Math.min(prunedAt, now);
  const since = agreed - maxAgeMs;
  return ask(
    [
      goneKeepers[0](gone, true, rowLimit),
      goneOurs[0](gone, false, '', rowLimit),
      goneOriginals[0](goneTheirs, '', rowLimit),
      goneKeepers[1](gone, true),
      goneOurs[1](gone, false, ''),
      goneOriginals[1](goneTheirs, ''),
      verdictsOfLiving[0]('dead', rowLimit),
      verdictsOfNone[0](rowLimit),
      verdictsOfLiving[1]('dead'),
      verdictsOfNone[1](),
      openVerdicts(),
      newestEvent,
      firstEventSince(since, 1),
      oldestShared(lineLimit),
      newestSharedEvent(1),
    ],
    ([
      keepers,
      ours,
      theirs,
      keeperCount,
      ourCount,
      theirCount,
      ofLiving,
      ofNone,
      livingCount,
      noneCount,
      open,
      [newest],
      [firstNew],
      shared,
      [newestShared],
    ]) => {
      const openIds = [...new Set(open.map(({ nodeId }) => nodeId))];
      const oldNodes = oldestOf(
        [...keepers, ...ours, ...theirs],
        keeperCount + ourCount + theirCount - maxEventCount,
        agreed - departedAfterMs,
        lastBeatOf,
      );
      const oldVerdicts = oldestOf(
        [...ofLiving, ...ofNone],
        livingCount + noneCount - maxEventCount,
        since,
        resolvedAtOf,
      );
      const nodeIds = oldNodes.map(({ nodeId }) => nodeId);
      return ask([sharedNodeById(nodeIds), verdictsOn(nodeIds)], ([listed, theirVerdicts]) => {
        const departed = oldNodes.filter((row) => {
          const isListed = listed.some(({ id }) => id === row.nodeId);
          const hasVerdict = theirVerdicts.some(({ nodeId }) => nodeId === row.nodeId);
          return (
            row.nodeId !== request.nodeId &&
            !openIds.includes(row.nodeId) &&
            isForgettable(row, isListed, hasVerdict)
          );
        });
        // The verdict of a node's present epoch stays: without it the same death could be found again.
        const isOfDeparted = ({ nodeId, epoch, resolution, resolvedAt }: VerdictRow): boolean =>
          resolution !== null &&
          resolvedAt < since &&
          departed.some((node) => node.nodeId === nodeId && node.epoch === epoch);
        const settled = [
          ...oldVerdicts.filter(({ epoch, nodeEpoch }) => epoch !== nodeEpoch),
          ...theirVerdicts.filter(isOfDeparted),
        ];
        const newestId = newest?.id ?? 0;
        const lastId = lastOld(firstNew?.id ?? newestId + 1, newestId, request);
        const [untargeted, targeted] = eventDeletions;
        const eventQueries = [untargeted(lastId, lineLimit), targeted(lastId, openIds, lineLimit)];
        const ids = departed.map(({ nodeId }) => nodeId);
        const floor = Math.max(epochFloor, ...departed.map(({ epoch }) => epoch));
        const deletions: Query[] = [
          ...eventQueries,
          sharedUpTo(lastOldShared(shared, newestShared?.id ?? 0, request, since), lineLimit),
          operationsBefore(agreed - operationMs, lineLimit),
          ...(ids.length === 0 ? [] : forget(departed, ids)),
          ...settled.map(({ nodeId, epoch }) => verdictOfEpoch(nodeId, epoch)),
        ];
        const writes: Write[] = [
          { kind: 'update', table: 'cluster', key: [1], changes: { prunedAt: now, epochFloor: floor } },
          ...deletions.map((query) => ({ kind: 'delete', query }) as const),
        ];
        return change(
          new Committed<PruneResult>(({ deletedCounts }) => ({
            isMine: true,
            nodeCount: ids.length,
            verdictCount: settled.length,
            eventCount: deletedCounts.slice(0, eventQueries.length).reduce((sum, each) => sum + each, 0),
          })),
          writes,
          [atLeast(isStillDue(prunedAt), 1), unchanged(...departed.map((row) => [row.nodeId, row] as const))],
        );
      });
    },
  );
}

const lastBeatOf = ({ lastBeatAt }: NodeRow): number => lastBeatAt;
const resolvedAtOf = ({ resolvedAt }: VerdictRow): number => resolvedAt;

/** The oldest rows first, no more than are deleted at once: those from before that time, and so many in any case. */
function oldestOf<Row>(
  rows: readonly Row[],
  surplus: number,
  since: number,
  timeOf: (row: Row) => number,
): Row[] {
  const sorted = rows.toSorted((one, other) => timeOf(one) - timeOf(other)).slice(0, rowLimit);
  return sorted.filter((row, index) => timeOf(row) < since || index < surplus);
}

/**
 * A row that another program keeps in `dns_nodes` is not ours to delete, and without ours it would look like a new node.
 * An `away` row of ours is of a node that may be back.
 */
function isForgettable(row: NodeRow, isListed: boolean, hasVerdict: boolean): boolean {
  if (!isOurs(row)) return !isListed && !hasVerdict;
  return row.lifecycle !== 'away' && (row.keepsShared || !isListed);
}

function forget(departed: readonly NodeRow[], ids: readonly string[]): Query[] {
  const kept = departed.filter(({ keepsShared }) => keepsShared).map(({ nodeId }) => nodeId);
  return [nodesById(ids), votesAbout(ids), votesBy(ids), sharedNodeById(kept)];
}

/**
 * The last line that goes: the one before the first that stays by its age, or more where there are too many. The newest
 * one stays: by its number the log is known to go on, and a table that is empty may begin its numbers again.
 */
function lastOld(firstNewId: number, newestId: number, { maxEventCount }: PruneRequest): number {
  return Math.min(Math.max(firstNewId - 1, newestId - maxEventCount), newestId - 1);
}

/** The same of the shared log. Lines below `importedId` are not read, so a number that began again would be lost. */
function lastOldShared(
  rows: readonly SharedEventRow[],
  newestId: number,
  request: PruneRequest,
  since: number,
): number {
  const isNew = ({ createdAt }: SharedEventRow): boolean => (parseTimestamp(createdAt) ?? 0) >= since;
  const firstNewId = rows.find(isNew)?.id ?? (rows.at(-1)?.id ?? 0) + 1;
  return lastOld(firstNewId, newestId, request);
}
