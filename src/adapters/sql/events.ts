/** Writing to our own event log, each event once, in the transaction of what it tells of. */
import type { EventKind } from '../../ports/registry.ts';
import type { SqlStatement, SqlValue } from './executor.ts';
import { raw, type SqlPart, sql } from './sql.ts';

export interface NewEvent {
  /** Unique: a second event with the same one is not written. */
  readonly operationId: SqlPart;
  readonly kind: EventKind;
  readonly now: number;
  readonly observerId: SqlPart;
  readonly targetId: SqlPart;
  readonly targetEpoch: SqlPart;
  /** JSON text. */
  readonly detail: SqlPart;
  /** `FROM … WHERE …`, or `WHERE …`: the event is written for each row of it. */
  readonly source: SqlStatement;
  /** False while statements that follow in the same transaction depend on the event being new. */
  readonly isApplied?: boolean;
}

/** The newest row of the shared log: the place of what is written now among those. */
export const sharedPosition = raw('COALESCE((SELECT MAX(id) FROM node_health_events), 0)');

/** Appends an event unless its operation is known. */
export function appendEvent(event: NewEvent): SqlStatement {
  return sql`INSERT INTO ringwatch_events
      (operation_id, kind, at_ms, observer_id, target_id, target_epoch, detail, shared_position, is_applied)
    SELECT ${event.operationId}, ${event.kind}, ${event.now}, ${event.observerId}, ${event.targetId},
      ${event.targetEpoch}, ${event.detail}, ${sharedPosition}, ${event.isApplied ?? true}
    ${event.source}
    ON CONFLICT (operation_id) DO NOTHING`;
}

/** The condition that an event was appended by this very transaction. */
export function isNew(operationId: string): SqlStatement {
  return sql`EXISTS (SELECT 1 FROM ringwatch_events WHERE operation_id = ${operationId} AND is_applied = 0)`;
}

/** Ends what depends on the event being new. `sharedEvent` says that the newest shared row is about the same. */
export function markApplied(operationId: string, about: 'sharedEvent' | 'nothing' = 'nothing'): SqlStatement {
  const place =
    about === 'sharedEvent'
      ? sql`, shared_event_id = ${sharedPosition}, shared_position = ${sharedPosition}`
      : raw('');
  return sql`UPDATE ringwatch_events SET is_applied = 1${place}
    WHERE operation_id = ${operationId} AND is_applied = 0`;
}

/** Values as JSON text, at most 4 kB: what is longer is replaced by a note of its length. */
export function jsonOf(value: Readonly<Record<string, unknown>> | null): SqlValue {
  const text = JSON.stringify(value ?? {});
  return text.length <= 4_096 ? text : JSON.stringify({ omitted: `${text.length} characters` });
}
