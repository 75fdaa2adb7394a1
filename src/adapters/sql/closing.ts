/** Resolving open verdicts without a recovery, with the event that tells of it. */
import type { Resolution } from '../../core/verdict.ts';
import { appendEvent, sharedPosition } from './events.ts';
import type { SqlStatement } from './executor.ts';
import { raw, type SqlPart, sql } from './sql.ts';

export interface Closing {
  readonly resolution: Exclude<Resolution, 'completed'>;
  readonly observerId: SqlPart;
  readonly now: number;
  /** Which verdicts, as a condition on the row `v`; only open ones are closed. */
  readonly where: SqlStatement;
  /** Of the event, where the condition names one verdict. Default: one for each verdict and its closing. */
  readonly operationId?: string;
}

/** Closes all open verdicts that the condition names: an event for each, then the rows. */
export function closeVerdicts({ resolution, observerId, now, where, operationId }: Closing): SqlStatement[] {
  const open = sql`ringwatch_verdicts v WHERE v.resolution IS NULL AND (${where})`;
  return [
    appendEvent({
      operationId: operationId ?? raw("'closed:' || v.epoch || ':' || v.decision_count || ':' || v.node_id"),
      kind: 'closed',
      now,
      observerId,
      targetId: raw('v.node_id'),
      targetEpoch: raw('v.epoch'),
      detail: JSON.stringify({ resolution }),
      // The order makes the numbers of these events the same on every replica.
      source: sql`FROM ${open} ORDER BY v.node_id, v.epoch`,
    }),
    sql`UPDATE ringwatch_verdicts AS v SET resolution = ${resolution}, resolved_at_ms = ${now}, claim_id = NULL,
        lease_until_ms = 0
        ${resolution === 'returned' ? sql`, has_returned = 1, returned_after_event_id = ${sharedPosition}` : raw('')}
      WHERE v.resolution IS NULL AND (${where})`,
  ];
}
