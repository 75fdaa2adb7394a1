/** Reading the event log: ours, and the rows of the shared one that nodes running the original wrote, in one order. */
import { type EventCursor, type LogRow, pageOf, parseCursor } from '../../ports/event-page.ts';
import type { EventKind, EventPage, EventQuery } from '../../ports/registry.ts';
import type { SqlExecutor, SqlRow, SqlStatement } from './executor.ts';
import { numberOrNull, textOf } from './node-row.ts';
import type { Problems } from './problems.ts';
import { secondsOf } from './shared-time.ts';
import { raw, sql } from './sql.ts';
import { parseJson } from './verdict-row.ts';

export async function readEvents(
  executor: SqlExecutor,
  query: EventQuery,
  problems: Problems,
): Promise<EventPage> {
  const after = parseCursor(query.after);
  const results = await executor.read([ownPage(query, after), sharedPage(query, after)], 'leader');
  const [own = [], shared = []] = results.map(({ rows }) => [...rows].reverse());
  const ownRows = own.map((row) => decodeOwn(row, problems));
  const sharedRows = shared.map((row) => decodeShared(row, problems));
  return pageOf(ownRows, sharedRows, beforeFirst(after, query.limit, ownRows, sharedRows), query.limit);
}

/** What was not fetched because the page was full is passed. */
function beforeFirst(
  after: EventCursor,
  limit: number,
  own: readonly LogRow[],
  shared: readonly LogRow[],
): EventCursor {
  const [firstOwn, firstShared] = [own[0], shared[0]];
  const isOwnFull = own.length >= limit && firstOwn !== undefined;
  const ownId = isOwnFull ? firstOwn.id - 1 : after.ownId;
  const sharedId = Math.max(
    after.sharedId,
    isOwnFull ? firstOwn.position : 0,
    shared.length >= limit && firstShared !== undefined ? firstShared.id - 1 : 0,
  );
  return { ownId, sharedId };
}

/** The newest rows of our log after the cursor, newest first. */
function ownPage({ nodeId, limit }: EventQuery, { ownId }: EventCursor): SqlStatement {
  return sql`SELECT id, kind, at_ms, observer_id, target_id, target_epoch, detail, shared_position
    FROM ringwatch_events WHERE id > ${ownId} ${aboutNode(nodeId)} ORDER BY id DESC LIMIT ${limit}`;
}

/**
 * The newest rows of the shared log that are not ours, newest first. Where our own rows fill the page, nothing
 * older than its oldest one is looked at.
 */
function sharedPage({ nodeId, limit }: EventQuery, { ownId, sharedId }: EventCursor): SqlStatement {
  return sql`SELECT h.id AS id, h.observer_id AS observer_id, h.target_id AS target_id, h.status AS status,
      ${secondsOf('h.created_at')} AS at_s
    FROM node_health_events h
    WHERE h.id > MAX(${sharedId}, COALESCE((SELECT shared_position FROM ringwatch_events
        WHERE id > ${ownId} ${aboutNode(nodeId)} ORDER BY id DESC LIMIT 1 OFFSET ${limit - 1}), 0))
      ${aboutNode(nodeId)}
      AND NOT EXISTS (SELECT 1 FROM ringwatch_events o WHERE o.shared_event_id = h.id)
    ORDER BY h.id DESC LIMIT ${limit}`;
}

function aboutNode(nodeId: string | undefined): SqlStatement {
  return nodeId === undefined ? raw('') : sql`AND (observer_id = ${nodeId} OR target_id = ${nodeId})`;
}

function decodeOwn(row: SqlRow, problems: Problems): LogRow {
  const id = numberOrNull(row['id']) ?? 0;
  const detail = parseJson(textOf(row['detail']));
  const kind = row['kind'];
  const isReadable = isKind(kind) && typeof detail === 'object' && detail !== null;
  if (!isReadable)
    problems.report('ringwatch_events', id, 'expected a known kind and a JSON object as its detail');
  return {
    log: 'own',
    id,
    position: numberOrNull(row['shared_position']) ?? 0,
    event: isReadable
      ? {
          kind,
          at: numberOrNull(row['at_ms']) ?? 0,
          observerId: textOf(row['observer_id']),
          targetId: typeof row['target_id'] === 'string' ? row['target_id'] : null,
          targetEpoch: numberOrNull(row['target_epoch']),
          detail: { ...detail },
        }
      : null,
  };
}

function decodeShared(row: SqlRow, problems: Problems): LogRow {
  const id = numberOrNull(row['id']) ?? 0;
  const { status, at_s: seconds } = row;
  const isReadable =
    typeof seconds === 'number' && (status === 'suspect' || status === 'dead' || status === 'recovered');
  if (!isReadable) {
    problems.report(
      'node_health_events',
      id,
      'expected suspect, dead or recovered and a time as YYYY-MM-DD HH:MM:SS',
    );
  }
  return {
    log: 'shared',
    id,
    position: id,
    event: isReadable
      ? {
          kind: status,
          at: seconds * 1000,
          observerId: textOf(row['observer_id']),
          targetId: textOf(row['target_id']),
          targetEpoch: null,
          detail: {},
        }
      : null,
  };
}

const kinds: ReadonlySet<unknown> = new Set<EventKind>([
  'suspect',
  'dead',
  'recovered',
  'unreachable',
  'restarted',
  'self-dead',
  'brake-on',
  'brake-off',
  'outage',
  'joined',
  'left',
  'maintenance',
  'verdict',
  'claimed',
  'completed',
  'failed',
  'closed',
]);

function isKind(value: unknown): value is EventKind {
  return kinds.has(value);
}
