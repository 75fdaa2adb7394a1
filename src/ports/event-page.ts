/**
 * A page of the event log, which has two parts: our own, and the shared log with the rows of nodes that run the
 * original. Both are told in one order, and a cursor says where a page ended in each. Pure.
 */
import type { EventPage, RegistryEvent } from './registry.ts';
import { RegistryError } from './registry-error.ts';

/** Where a page ended, in both logs. */
export interface EventCursor {
  readonly ownId: number;
  readonly sharedId: number;
}

/** One row of either log. */
export interface LogRow {
  readonly log: 'own' | 'shared';
  readonly id: number;
  /** Newest shared row when it was written; a shared row's own id. */
  readonly position: number;
  /** Null for a row that cannot be read. */
  readonly event: Omit<RegistryEvent, 'cursor'> | null;
}

/** Reads a cursor of an earlier page; null is the start. Throws `invalid` for any other text. */
export function parseCursor(text: string | null): EventCursor {
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

/** The newest `limit` of these rows, each log's oldest first, as the page after the cursor. */
export function pageOf(
  own: readonly LogRow[],
  shared: readonly LogRow[],
  after: EventCursor,
  limit: number,
): EventPage {
  const page = merge(own, shared);
  const passed = page.splice(0, Math.max(0, page.length - limit));
  let cursor = passed.reduce(advance, after);
  const events: RegistryEvent[] = [];
  for (const row of page) {
    cursor = advance(cursor, row);
    if (row.event !== null) events.push({ ...row.event, cursor: formatCursor(cursor) });
  }
  return { events, cursor: formatCursor(cursor) };
}

/** An event of ours comes before the shared ones that were written after it. */
function merge(own: readonly LogRow[], shared: readonly LogRow[]): LogRow[] {
  const rows: LogRow[] = [];
  let next = 0;
  for (const event of own) {
    for (let row = shared[next]; row !== undefined && row.id <= event.position; row = shared[next]) {
      rows.push(row);
      next++;
    }
    rows.push(event);
  }
  rows.push(...shared.slice(next));
  return rows;
}

function advance({ ownId, sharedId }: EventCursor, row: LogRow): EventCursor {
  return { ownId: row.log === 'own' ? row.id : ownId, sharedId: Math.max(sharedId, row.position) };
}

function formatCursor({ ownId, sharedId }: EventCursor): string {
  return `${ownId}.${sharedId}`;
}
