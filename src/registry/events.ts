/** Lines of the log: how they are written. Not for: how they are read (read-log.ts). */
import type { EventKind } from '../ports/registry.ts';
import type { OperationRow } from '../ports/rows.ts';
import { type Query, Taken, type Write } from '../ports/store.ts';
import { change, type Step, select } from './rule.ts';

/** Which of these operations are done. */
export const knownOperations: (ids: readonly string[]) => Query<readonly OperationRow[]> = select(
  'operations',
  [['operationId', 'in']],
);

/**
 * A write that leaves nothing: an operation that is noted and taken back. The database has to write for it all the same; a
 * row that gets the values that it has, it would leave alone.
 */
export function writeNothing(operationId: string): Step<void> {
  return change(undefined, [{ kind: 'delete', query: knownOperations([operationId]) }], [], [operationId]);
}

interface NewEvent {
  readonly kind: EventKind;
  readonly at: number;
  readonly observerId: string;
  readonly targetId: string | null;
  readonly targetEpoch: number | null;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Of a recovery's steps; `taken` is the one that the same commit takes. */
  readonly fence?: number | 'taken';
}

/** Most characters of an event's detail as JSON; what is longer is replaced by a note of its length. */
const detailLimit = 4_096;

/** Appends one line. */
export function appendEvent({ detail = {}, fence, ...event }: NewEvent): Write {
  return {
    kind: 'append',
    table: 'events',
    row: {
      ...event,
      detail: bounded(detail),
      fence: fence === 'taken' ? new Taken('fence') : (fence ?? null),
    },
  };
}

/** Plain JSON of a bounded length. */
export function bounded(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { length } = JSON.stringify(value);
  return length <= detailLimit ? value : { omitted: `${length} characters` };
}
