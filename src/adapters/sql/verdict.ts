/**
 * The verdict that a quorum of votes makes: one conditional insert decides.
 *
 * Rows of nodes that run the original carry times that differ by a second between the replicas of rqlite. What
 * depends on those times is read at the leader first and bound as ids; the insert looks at these ids again, and at
 * everything else only in tables of ours, so that it comes out alike on every replica.
 */
import type { DecideResult } from '../../core/reading.ts';
import { quorumSize, type Verdict } from '../../core/verdict.ts';
import type { DecideRequest } from '../../ports/registry.ts';
import { appendEvent } from './events.ts';
import type { SqlExecutor, SqlRow, SqlStatement } from './executor.ts';
import { decodeNode, hasLeft, maintenanceEnd, numberOrNull, textOf } from './node-row.ts';
import type { Problems } from './problems.ts';
import { nodeRowStatement } from './reading.ts';
import { raw, sql } from './sql.ts';
import { reportStrangers, strangersVotes } from './strangers.ts';
import { decodeVerdict, verdictColumns } from './verdict-row.ts';
import { type Ballot, factsOf, idleVoters, originalVotesNow, ownVotes, sharedMembers } from './voting.ts';

export async function decide(
  executor: SqlExecutor,
  request: DecideRequest,
  now: number,
  problems: Problems,
): Promise<DecideResult> {
  const { targetId, targetEpoch } = request;
  const early = await executor.read(
    [
      nodeRowStatement(targetId),
      originalVotesNow(request, now),
      sql`SELECT COUNT(*) AS vote_count FROM (${ownVotes(request, now)})`,
      idleVoters(request, now),
      sql`SELECT ${verdictColumns} FROM ringwatch_verdicts v WHERE v.node_id = ${targetId} AND v.epoch = ${targetEpoch}`,
      strangersVotes(request, now),
      raw('SELECT 1 AS is_open FROM ringwatch_verdicts WHERE resolution IS NULL LIMIT 1'),
    ],
    'leader',
  );
  const [targets = [], originals = [], votes = [], idle = [], verdicts = [], strangers = [], open = []] =
    early.map(({ rows }) => rows);
  reportStrangers(strangers, targetId, problems);
  const target = targets[0] === undefined ? null : decodeNode(targets[0], problems);
  if (target === null) return alive('unknown');
  const voteCount = (numberOrNull(votes[0]?.['vote_count']) ?? 0) + originals.length;
  const facts: Facts = {
    epoch: target.own?.epoch ?? 0,
    isLeft: hasLeft(target),
    verdict: verdicts[0] === undefined ? null : decodeVerdict(verdicts[0], problems),
    isMaintained: maintenanceEnd(target, now) !== null,
    voteCount,
    quorum: quorumSize({
      minQuorum: request.minQuorum,
      isStrict: request.isQuorumStrict,
      voterCount: voteCount + idle.length,
    }),
    refutationCount: target.own?.refutationCount ?? 0,
    brake: null,
  };
  // Most questions come before the votes are a quorum: they need no transaction and no look at the whole cluster.
  const answer = explain(request, facts, false);
  if (answer !== null) return answer;
  const [members] = await executor.read(
    [
      sql`SELECT kind, json_group_array(id) AS ids FROM (${sharedMembers(request, now)})
        WHERE typeof(id) = 'text' GROUP BY kind`,
    ],
    'leader',
  );
  const ballot: Ballot = {
    now,
    isTargetLeft: target.own?.instanceId == null && facts.isLeft,
    isTargetMaintained: facts.isMaintained,
    originalVotes: JSON.stringify(originals.map((row) => row['id'])),
    originalMembers: idsOf(members?.rows ?? [], 'member'),
    olderOriginals: idsOf(members?.rows ?? [], 'older'),
    awayMembers: idsOf(members?.rows ?? [], 'away'),
  };
  const question = questionOf(request, factsOf(request, ballot));
  if (open.length > 0) {
    // The brake may hold, and then every voter asks again each round: a reading answers that, and the log is spared.
    const [asked] = await executor.read([question], 'leader');
    const braked = explain(request, decodeFacts(asked?.rows[0] ?? {}, problems), false);
    if (braked !== null) return braked;
  }
  return insert(executor, request, ballot, question, problems);
}

/** A JSON list of ids. */
function idsOf(rows: readonly SqlRow[], kind: string): string {
  return textOf(rows.find((row) => row['kind'] === kind)?.['ids'] ?? '[]');
}

/** What a verdict hangs on, and the verdict if there is one. */
function questionOf({ targetId, targetEpoch }: DecideRequest, facts: SqlStatement): SqlStatement {
  return sql`SELECT f.epoch AS present_epoch, f.is_left AS is_left, f.is_maintained AS is_maintained,
      f.vote_count AS vote_count, f.needed AS needed, f.refutation_count AS refutation_count,
      f.unresolved_count AS unresolved_count, f.brake_limit AS brake_limit, ${verdictColumns}
    FROM (${facts}) f LEFT JOIN ringwatch_verdicts v ON v.node_id = ${targetId} AND v.epoch = ${targetEpoch}`;
}

async function insert(
  executor: SqlExecutor,
  request: DecideRequest,
  ballot: Ballot,
  question: SqlStatement,
  problems: Problems,
): Promise<DecideResult> {
  const { targetId, targetEpoch } = request;
  const results = await executor.transact([
    insertVerdict(request, ballot, factsOf(request, ballot)),
    appendEvent({
      operationId: raw("'verdict:' || v.epoch || ':' || v.decision_count || ':' || v.node_id"),
      kind: 'verdict',
      now: ballot.now,
      observerId: request.observerId,
      targetId,
      targetEpoch,
      detail: raw(
        `json_object('quorum', v.quorum, 'voterIds', (
          SELECT json_group_array(json_extract(value, '$.observerId')) FROM json_each(v.votes)))`,
      ),
      source: sql`FROM ringwatch_verdicts v
        WHERE v.node_id = ${targetId} AND v.epoch = ${targetEpoch} AND v.resolution IS NULL`,
    }),
    question,
  ]);
  const row = results.at(-1)?.rows[0] ?? {};
  const answer = explain(request, decodeFacts(row, problems), results[0]?.changes === 1);
  // Nothing hinders the verdict and yet there is none: a vote came in between.
  return answer ?? { outcome: 'pending', reason: 'votes', ...countsOf(row) };
}

function insertVerdict(request: DecideRequest, { now }: Ballot, facts: SqlStatement): SqlStatement {
  const { targetId, targetEpoch, refutationCount } = request;
  return sql`INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at_ms, decision_count, quorum, votes, resolution,
      resolved_at_ms, owner_id, owner_epoch, claim_id, fence, lease_until_ms, attempt_count, next_attempt_at_ms,
      has_returned, returned_after_event_id, last_error)
    SELECT ${targetId}, ${targetEpoch}, ${now}, 1, f.needed, f.votes, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL
    FROM (${facts}) f
    WHERE f.vote_count >= f.needed AND f.unresolved_count < f.brake_limit AND f.epoch = ${targetEpoch}
      AND NOT f.is_left AND NOT f.is_maintained
      AND (${refutationCount === null} OR f.refutation_count = ${refutationCount ?? 0})
    ON CONFLICT (node_id, epoch) DO UPDATE SET decided_at_ms = excluded.decided_at_ms,
      decision_count = ringwatch_verdicts.decision_count + 1, quorum = excluded.quorum, votes = excluded.votes,
      resolution = NULL, resolved_at_ms = NULL, has_returned = 0
    WHERE ringwatch_verdicts.resolution = 'returned'`;
}

/** What a verdict hangs on. */
interface Facts {
  readonly epoch: number;
  readonly isLeft: boolean;
  readonly isMaintained: boolean;
  readonly verdict: Verdict | null;
  readonly voteCount: number;
  readonly quorum: number;
  readonly refutationCount: number;
  /** Null when it was not counted. */
  readonly brake: { readonly unresolvedCount: number; readonly limit: number } | null;
}

function decodeFacts(row: SqlRow, problems: Problems): Facts {
  const { voteCount, quorum } = countsOf(row);
  return {
    epoch: numberOrNull(row['present_epoch']) ?? 0,
    isLeft: row['is_left'] === 1,
    isMaintained: row['is_maintained'] === 1,
    verdict: row['node_id'] === null || row['node_id'] === undefined ? null : decodeVerdict(row, problems),
    voteCount,
    quorum,
    refutationCount: numberOrNull(row['refutation_count']) ?? 0,
    brake: {
      unresolvedCount: numberOrNull(row['unresolved_count']) ?? 0,
      limit: numberOrNull(row['brake_limit']) ?? 1,
    },
  };
}

function countsOf(row: SqlRow): { readonly voteCount: number; readonly quorum: number } {
  return { voteCount: numberOrNull(row['vote_count']) ?? 0, quorum: numberOrNull(row['needed']) ?? 1 };
}

/** What the facts answer; null when they call for a verdict. */
function explain(request: DecideRequest, facts: Facts, isNew: boolean): DecideResult | null {
  const { epoch, verdict, voteCount, quorum, brake } = facts;
  if (epoch !== request.targetEpoch) return alive(epoch > request.targetEpoch ? 'newer-epoch' : 'unknown');
  if (facts.isLeft) return alive('left');
  if (verdict !== null && verdict.resolution !== 'returned') return { outcome: 'dead', verdict, isNew };
  if (facts.isMaintained) return alive('maintenance');
  if (voteCount < quorum) return { outcome: 'pending', reason: 'votes', voteCount, quorum };
  if (request.refutationCount !== null && request.refutationCount !== facts.refutationCount) {
    return { outcome: 'pending', reason: 'refuted' };
  }
  if (brake !== null && brake.unresolvedCount >= brake.limit) {
    return { outcome: 'pending', reason: 'brake', ...brake };
  }
  return null;
}

function alive(reason: 'left' | 'maintenance' | 'newer-epoch' | 'unknown'): DecideResult {
  return { outcome: 'alive', reason };
}
