/** A row of `ringwatch_verdicts`: how it is read. */
import type { OpenVerdict } from '../../core/reading.ts';
import { compareIds } from '../../core/ring.ts';
import type { Resolution, Verdict, Vote } from '../../core/verdict.ts';
import type { VerdictDetail } from '../../ports/registry.ts';
import type { SqlRow, SqlStatement } from './executor.ts';
import { numberOrNull, textOf } from './node-row.ts';
import type { Problems } from './problems.ts';
import { raw, sql } from './sql.ts';

/** Columns of a verdict; `v` is the row. */
export const verdictColumns = raw(
  'v.node_id AS node_id, v.epoch AS epoch, v.decided_at_ms AS decided_at_ms, v.quorum AS quorum, v.votes AS votes,' +
    ' v.resolution AS resolution, v.owner_id AS owner_id, v.fence AS fence, v.attempt_count AS attempt_count,' +
    ' v.last_error AS last_error, v.claim_id AS claim_id, v.has_returned AS has_returned',
);

const resolutions: ReadonlySet<unknown> = new Set<Resolution>([
  'completed',
  'returned',
  'superseded',
  'left',
  'dismissed',
]);

/** Reads a verdict. Votes that cannot be read are left out, and a problem is told; the verdict stands all the same. */
export function decodeVerdict(row: SqlRow, problems: Problems): Verdict {
  const nodeId = textOf(row['node_id']);
  const epoch = numberOrNull(row['epoch']) ?? 0;
  return {
    nodeId,
    epoch,
    decidedAt: numberOrNull(row['decided_at_ms']) ?? 0,
    quorum: numberOrNull(row['quorum']) ?? 0,
    votes: decodeVotes(textOf(row['votes']), `${nodeId} epoch ${epoch}`, problems),
    resolution: isResolution(row['resolution']) ? row['resolution'] : null,
    ownerId: typeof row['owner_id'] === 'string' ? row['owner_id'] : null,
    fence: numberOrNull(row['fence']) ?? 0,
    attemptCount: numberOrNull(row['attempt_count']) ?? 0,
    lastError: typeof row['last_error'] === 'string' ? row['last_error'] : null,
  };
}

/** Reads a verdict with `isHeld` beside it, as `is_held`. */
export function decodeOpenVerdict(row: SqlRow, problems: Problems): OpenVerdict {
  return { verdict: decodeVerdict(row, problems), isClaimable: row['is_held'] !== 1 };
}

/** What `decodeVerdictDetail` reads beside a verdict. */
export function detailColumns(now: number): SqlStatement {
  return sql`CASE WHEN v.resolution IS NULL AND ${leaseRuns(now)} THEN v.lease_until_ms - ${now} END AS lease_left_ms,
    CASE WHEN v.resolution IS NULL AND v.attempt_count > 0 AND v.claim_id IS NULL
      THEN CASE WHEN ${isAhead('v.next_attempt_at_ms', now)} THEN v.next_attempt_at_ms - ${now} ELSE 0 END
    END AS retry_in_ms`;
}

/** Reads a verdict with `detailColumns` beside it. */
export function decodeVerdictDetail(row: SqlRow, problems: Problems): VerdictDetail {
  return {
    ...decodeVerdict(row, problems),
    leaseLeftMs: numberOrNull(row['lease_left_ms']),
    retryInMs: numberOrNull(row['retry_in_ms']),
  };
}

/** The condition that a lease of the verdict `v` runs. */
export function leaseRuns(now: number): SqlStatement {
  return isAhead('v.lease_until_ms', now);
}

/** The condition that a lease or a backoff of the verdict `v` runs. */
export function isHeld(now: number): SqlStatement {
  return isAhead('MAX(v.lease_until_ms, v.next_attempt_at_ms)', now);
}

/** An end that is more than twice its length ahead was set by a clock that has been put back since: it is over. */
function isAhead(end: string, now: number): SqlStatement {
  return sql`(${raw(end)} > ${now} AND ${raw(end)} - v.held_since_ms >= v.held_since_ms - ${now})`;
}

function isResolution(value: unknown): value is Resolution {
  return resolutions.has(value);
}

function decodeVotes(text: string, key: string, problems: Problems): Vote[] {
  const value = parseJson(text);
  if (!Array.isArray(value)) {
    problems.report('ringwatch_verdicts', key, 'expected a JSON array of votes');
    return [];
  }
  const votes: Vote[] = [];
  for (const vote of value as readonly unknown[]) {
    if (isVote(vote)) votes.push(vote);
    else
      problems.report(
        'ringwatch_verdicts',
        key,
        'expected a vote as an object with observerId and observerEpoch',
      );
  }
  return votes.sort((a, b) => compareIds(a.observerId, b.observerId));
}

function isVote(value: unknown): value is Vote {
  return (
    typeof value === 'object' &&
    value !== null &&
    'observerId' in value &&
    typeof value.observerId === 'string' &&
    'observerEpoch' in value &&
    typeof value.observerEpoch === 'number' &&
    'evidence' in value &&
    typeof value.evidence === 'object'
  );
}

/** The value of a JSON text; undefined for a text that is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
