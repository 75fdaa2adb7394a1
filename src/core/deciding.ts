/** Own votes that the registry has: keeps them valid, asks for verdicts, and takes the answers in. */
import { askerFacts } from './asker.ts';
import { announceBrake } from './brake.ts';
import { isWaitingForOwner, planOwnVerdict } from './claims.ts';
import { recordAccusation } from './contact.ts';
import type { Input } from './effects.ts';
import type { NodeRecord } from './node.ts';
import { isAskedAbout, isDeclaredOver, type Peer } from './peer.ts';
import type { DecideResult, RoundReading } from './reading.ts';
import { readAgain } from './rounds.ts';
import { afterRemoval } from './row.ts';
import { refutedNow, resent } from './statement.ts';
import { putPeer, type StepContext } from './step-context.ts';
import { announceUnreachable } from './unreachable.ts';
import { isOfVote, needsAffirmation, type Question, questionAbout, unanswerable } from './vote.ts';
import { askToRaise } from './went-back.ts';

/**
 * A vote counts by the registry's clock, which may step. An own heartbeat that is read beside the vote tells how far it is
 * from that clock: it is old, or was affirmed by a clock that has been set back since. From half a quorum window on it is
 * sent again at the next probe that confirms it, however young it is by this observer's clock.
 */
export function renewAged(context: StepContext, { ownBeat, statements }: RoundReading): void {
  const { now, settings, state } = context;
  if (ownBeat === null) return;
  for (const { targetId, targetEpoch, status, observerEpoch, affirmedAt } of statements) {
    const peer = state.peers.get(targetId);
    if (status !== 'dead' || observerEpoch !== state.own.epoch || peer?.node.epoch !== targetEpoch) continue;
    const { statement: vote } = peer;
    if (vote.kind !== 'dead' || vote.recordedAt === null || vote.needsResend) continue;
    // A lagging follower shows an old one for a while after it was sent again.
    if (now - vote.recordedAt < settings.heartbeatWindowMs) continue;
    if (Math.abs(ownBeat.at - affirmedAt) >= settings.quorumWindowMs / 2)
      putPeer(context, targetId, { ...peer, statement: { ...vote, needsResend: true } });
  }
}

/**
 * For every own vote without a verdict: affirms it in time, and asks for the verdict when the accused has had its time. One
 * that was asked about is asked about again once a round, however often this observer reads.
 */
export function decideAndAffirm(context: StepContext): void {
  for (const peer of context.state.peers.values()) {
    const target = affirm(context, peer);
    const question = questionAbout(context, target);
    if (question !== null && (isNew(question, target) || isAskedLongAgo(context, target)))
      ask(context, target, question);
  }
}

/** Asks for the verdict when the accused has had its time, in the step in which that time ends: once for each end of it. */
export function askAtWindowEnd(context: StepContext): void {
  const { state } = context;
  for (const id of state.watching) {
    const peer = state.peers.get(id);
    const question = peer === undefined ? null : questionAbout(context, peer);
    if (peer !== undefined && question !== null && isNew(question, peer)) ask(context, peer, question);
  }
}

/**
 * Asks for the verdict on each target whose own agent has declared its epoch over: that needs no votes and no answer. Each
 * is asked about once a round, and never while a question is under way.
 */
export function decideDeclared(context: StepContext): void {
  for (const peer of context.state.peers.values())
    if (isDeclaredOver(peer) && !isAskedAbout(peer) && isAskedLongAgo(context, peer))
      ask(context, peer, unanswerable);
}

/** Whether the registry was not asked since the question fell due. */
function isNew({ dueAt }: Question, { question }: Peer): boolean {
  return question === null || question.askedAt < dueAt;
}

/** Whether it was not asked in this round. */
function isAskedLongAgo({ settings, now }: StepContext, { question }: Peer): boolean {
  return question === null || question.askedAt <= now - settings.probeIntervalMs / 2;
}

/** Asks for a verdict that was made and whose recovery had ended before this observer read of it: its program is told of it too. */
export function askForMissed(context: StepContext, peer: Peer): void {
  const { statement: vote, question } = peer;
  // The answer that is under way tells of it.
  const isUnderWay = vote.kind === 'dead' && isOfVote(question, vote) && !question.isAnswered;
  if (!isUnderWay) ask(context, peer, unanswerable);
}

function ask(
  context: StepContext,
  peer: Peer,
  { refutationCount, isEarly }: Pick<Question, 'refutationCount' | 'isEarly'>,
): void {
  const { id: targetId, epoch: targetEpoch } = peer.node;
  putPeer(context, targetId, { ...peer, question: { askedAt: context.now, isAnswered: false } });
  const question = { targetId, targetEpoch, refutationCount, isEarly };
  context.effects.push({ kind: 'decide', ...question, ...askerFacts(context) });
}

/** The target after its vote was said again, where that is needed now. */
function affirm(context: StepContext, peer: Peer): Peer {
  const { statement: vote } = peer;
  if (vote.kind !== 'dead' || !needsAffirmation(context, peer, vote)) return peer;
  // `recordedAt` moves at once so that the affirmation is written once; the acknowledgement moves it again.
  const affirmed = { ...peer, statement: resent(vote, peer, context.now) };
  putPeer(context, peer.node.id, affirmed);
  recordAccusation(context, peer, 'dead');
  return affirmed;
}

/** The registry's answer to a question of death; null when it gave none. */
export function concludeDecision(context: StepContext, input: Extract<Input, { kind: 'decided' }>): void {
  const { targetId, targetEpoch, result } = input;
  const peer = context.state.peers.get(targetId);
  if (peer !== undefined) {
    const after = afterAnswer(peer, targetEpoch, result, context.now);
    putPeer(context, targetId, after);
    if (after !== null) announceUnreachable(context, peer, after);
  }
  if (result === null) return;
  if (result.outcome === 'pending' && result.reason === 'went-back') askToRaise(context);
  const isBraked = result.outcome === 'pending' && result.reason === 'brake';
  announceBrake(context, isBraked ? { targetId, ...result } : null);
  if (result.outcome !== 'dead') return;
  const { verdict } = result;
  context.effects.push({ kind: 'announce', name: 'verdict-read', payload: { verdict } });
  if (result.isNew) planOwnVerdict(context, verdict);
  // The leases of the dead node have ended.
  if (isWaitingForOwner(context.state.claims)) readAgain(context);
}

/** The target after the answer; null when it is to be forgotten: it has left, or the registry does not know it. */
function afterAnswer(peer: Peer, epoch: number, result: DecideResult | null, now: number): Peer | null {
  const { statement: vote, question } = peer;
  const isBraked = result?.outcome === 'pending' && result.reason === 'brake';
  const answered: Peer = {
    ...peer,
    question: question === null ? null : { ...question, isAnswered: true },
    statement: vote.kind === 'dead' && result !== null ? { ...vote, isBraked } : vote,
  };
  if (result === null || peer.node.epoch !== epoch) return answered;
  if (result.outcome === 'pending' && result.reason === 'refuted')
    return { ...answered, statement: refutedNow(answered.statement, now) };
  if (result.outcome === 'dead') return { ...answered, node: afterVerdict(peer.node) };
  const isGone = result.outcome === 'alive' && (result.reason === 'unknown' || result.reason === 'left');
  return isGone ? afterRemoval(answered) : answered;
}

/** The row with a verdict. One that stands is at least this one; the next reading tells whether it is a later one. */
function afterVerdict(node: NodeRecord): NodeRecord {
  if (node.lifecycle === 'dead') return node;
  return { ...node, lifecycle: 'dead', decisionCount: node.decisionCount + 1 };
}
