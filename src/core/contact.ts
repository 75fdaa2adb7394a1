/**
 * How an answer or a miss changes what an observer knows and says of a target. Each function takes the target before,
 * writes and announces what is said, and returns the target after.
 * Not for: what a probe proves (probe.ts), or whether the observer may vote (vote.ts).
 */
import { type AnsweredProbe, type Answers, withAnswer } from './answers.ts';
import type { Statement } from './effects.ts';
import type { Evidence, FailureKind } from './evidence.ts';
import { sparedUntil } from './grace.ts';
import { afterHit, type Hints, isHinted, withoutSource } from './hints.ts';
import { areMissesProven, firstProofSince } from './network-proof.ts';
import { hasClosedAndRefuses, isAnswering, lastAnswerAt, type Peer } from './peer.ts';
import { accuse, isAccusation, isOwed, isSpent, resent, retract, type StatementState } from './statement.ts';
import type { StepContext } from './step-context.ts';
import { startOf } from './wire/text.ts';

/** A conclusive miss of a look. */
interface Miss {
  readonly failure: FailureKind;
  readonly detail: string;
  readonly sentAt: number;
  /** Whether the look was sent on a new connection: what a kept one loses says nothing of the target. */
  readonly isFresh: boolean;
}

/** Counts a conclusive miss. Those before it count where there was proof of this observer's network; else it is the first one. */
export function countMiss(context: StepContext, peer: Peer, miss: Miss): Peer {
  const { now } = context;
  const { failure, detail, sentAt, isFresh } = miss;
  const isContinued = areMissesProven(context, peer);
  const hints = isContinued ? peer.hints : withoutSource(peer.hints);
  const before = isContinued ? peer.misses : null;
  const { count = 0, firstAt = now, failures = {} } = before ?? {};
  const lookedAt = before?.lookedAt ?? (isFresh || failure !== 'kept-connection' ? sentAt : null);
  const provenAt = lookedAt === null ? null : firstProofSince(context, peer.node.id, lookedAt);
  const misses = {
    count: count + 1,
    lookedAt,
    silentSince: before?.silentSince ?? provenAt,
    firstAt,
    noticedAt: before === null ? noticedAt(peer.answers, hints, sentAt) : before.noticedAt,
    lastAt: now,
    lastKind: failure,
    failures: { ...failures, [failure]: (failures[failure] ?? 0) + 1 },
    lastFailure: startOf(detail, 200),
  };
  return { ...peer, misses, hints };
}

/** Since when the target can know of a first miss that was sent then; null where it cannot. */
function noticedAt(answers: Answers | null, hints: Hints | null, sentAt: number): number | null {
  if (isHinted(hints) && hints.isNoticed) return sentAt;
  return answers !== null && sentAt >= answers.dueAt ? answers.dueAt : null;
}

/** After a counted miss: says `suspect` or `dead`, each once, when the count is reached; again where the registry needs it. */
export function declareMissed(context: StepContext, peer: Peer, mayDeclare: boolean): Peer {
  const { suspectAfter, deadAfter } = context.settings;
  const { misses, statement } = peer;
  const count = misses?.count ?? 0;
  const mayVote = mayDeclare && count >= deadAfter;
  if (mayVote && statement.kind !== 'dead') return say(context, peer, 'dead');
  if (!isAccusation(statement)) return count >= suspectAfter ? say(context, peer, 'suspect') : peer;
  const isDue =
    statement.kind === 'suspect'
      ? statement.needsResend
      : mayVote && (statement.needsResend || isSpent(statement, peer));
  if (!isDue) return peer;
  const again = { ...peer, statement: resent(statement, peer, context.now) };
  recordAccusation(context, again, statement.kind);
  return again;
}

function say(context: StepContext, peer: Peer, kind: 'suspect' | 'dead'): Peer {
  const accused = { ...peer, statement: accuse(kind, peer) };
  const payload = recordAccusation(context, accused, kind);
  context.effects.push({ kind: 'announce', name: kind, payload });
  return accused;
}

/** Writes an accusation with the evidence of now, and returns what was written. */
export function recordAccusation(context: StepContext, peer: Peer, status: 'suspect' | 'dead'): Statement {
  const { id: targetId, epoch: targetEpoch } = peer.node;
  const payload = { targetId, targetEpoch, evidence: evidenceOf(context, peer) };
  context.effects.push({ kind: 'record', status, ...payload });
  return payload;
}

/** Why this observer accuses the target now, and how well it is itself. */
function evidenceOf(context: StepContext, peer: Peer): Evidence {
  const { now, state } = context;
  const { node, misses, inconclusiveCount } = peer;
  const answeredAt = lastAnswerAt(peer);
  const sparedMs = Math.round(sparedUntil(context, peer) - now);
  const answering = state.watching.filter((id) => {
    const other = state.peers.get(id);
    return other !== undefined && id !== node.id && isAnswering(other);
  });
  return {
    missCount: misses?.count ?? 0,
    silentMs: Math.round(now - (misses?.silentSince ?? now)),
    sinceAnswerMs: answeredAt === null ? null : Math.round(now - answeredAt),
    failures: misses?.failures ?? {},
    lastFailure: misses?.lastFailure ?? '',
    observer: {
      watchedCount: state.watching.length,
      answeringCount: answering.length,
      inconclusiveCount,
    },
    closedConnection: hasClosedAndRefuses(peer),
    sparedMs: sparedMs > 0 ? sparedMs : null,
    lastKind: misses?.lastKind ?? null,
  };
}

/** A hit: ends the misses and takes back what was said. `answered`: null where the target itself did not answer. */
export function takeHit(context: StepContext, peer: Peer, answered: AnsweredProbe | null): Peer {
  const { node, inconclusiveCount, probe, question } = peer;
  const statement = takeBack(context, peer);
  const hints = afterHit(peer.hints, peer.misses === null, context.now);
  const answers = answered === null ? peer.answers : withAnswer(peer.answers, answered);
  // Field by field, as in `withProbe`.
  return { node, misses: null, answers, inconclusiveCount, probe, statement, hints, question };
}

/** What is said after an answer: it is taken back, and again where the registry needs it; that is announced once. */
function takeBack({ effects }: StepContext, { node, statement: before }: Peer): StatementState {
  if (before.kind === 'none' || (before.kind === 'retracted' && !isOwed(before, node))) return before;
  const after = isAccusation(before)
    ? retract(before.kind, node.epoch, node)
    : retract(before.was, before.epoch, node);
  const { was, knownDecision } = after;
  const target = { targetId: node.id, targetEpoch: after.epoch };
  effects.push({ kind: 'record', status: 'recovered', ...target, knownDecision });
  if (before.kind !== 'retracted')
    effects.push({ kind: 'announce', name: 'recovered', payload: { ...target, was } });
  return after;
}
