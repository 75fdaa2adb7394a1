/** What the end of a probe changes. */
import { timeoutMsFor } from './answers.ts';
import { countMiss, declareMissed, takeHit } from './contact.ts';
import type { Input } from './effects.ts';
import { askOthers } from './looking.ts';
import { type Misses, patienceMs } from './misses.ts';
import {
  isAnswering,
  isConfirmedDead,
  isFollowed,
  isKeptOnList,
  type Peer,
  type ProbePlan,
  settled,
  withProbe,
  withRound,
} from './peer.ts';
import { disproved, judgeProbe, type ProbeAnswer, type ProbeJudgement } from './probe.ts';
import { isFreshFor, probeDueTargets, readAgain } from './rounds.ts';
import type { Settings } from './settings/settings.ts';
import { putPeer, type StepContext } from './step-context.ts';
import { mayDeclare } from './vote.ts';
import { rewatch } from './watching.ts';

type InFlight = Extract<ProbePlan, { kind: 'in-flight' }>;

/** A probe in flight that has ended, and what that proves. */
interface ProbeEnd {
  readonly peer: Peer;
  readonly probe: InFlight;
  readonly judgement: Exclude<ProbeJudgement, { kind: 'newer' }>;
  readonly durationMs: number;
  readonly answeredAt: number;
}

/** Takes the end of a probe in. */
export function concludeProbe(
  context: StepContext,
  { targetId, outcome, durationMs }: Extract<Input, { kind: 'probe-finished' }>,
): void {
  const { now, state } = context;
  const peer = state.peers.get(targetId);
  if (peer?.probe.kind !== 'in-flight') return;
  const { probe } = peer;
  const judgement = judgeProbe(peer.node, outcome, probe.hasStalled);
  if (judgement.kind === 'newer') readAbout(context, peer, probe, judgement.answer, durationMs);
  else conclude(context, { peer, probe, judgement, durationMs, answeredAt: now });
}

/**
 * An answer that names a newer epoch than the row waits for a reading that began after it: that one at once, unless
 * there was one in this round.
 */
function readAbout(
  context: StepContext,
  peer: Peer,
  probe: InFlight,
  outcome: ProbeAnswer,
  durationMs: number,
): void {
  const { now, state } = context;
  const newer = { outcome, durationMs, answeredAt: now, askedCount: state.ring.askedCount };
  putPeer(context, peer.node.id, withProbe(peer, { ...probe, newer }));
  if (!state.ring.isReading) readAgain(context);
}

/** After a reading, or one that failed: the answers that named newer epochs are a hit, a miss, or go on waiting. */
export function settleNewer(context: StepContext, hasRead: boolean): void {
  const { state } = context;
  for (const peer of [...state.peers.values()]) {
    const { probe } = peer;
    if (probe.kind !== 'in-flight' || probe.newer === null) continue;
    const { outcome, durationMs, answeredAt, askedCount } = probe.newer;
    const isAfter = state.ring.askedCount > askedCount;
    const judged = hasRead ? judgeProbe(peer.node, outcome, probe.hasStalled) : unread;
    if (judged.kind === 'newer') {
      if (isAfter) conclude(context, { peer, probe, judgement: disproved(outcome), durationMs, answeredAt });
      else readAgain(context);
    } else if (hasRead || isAfter)
      conclude(context, { peer, probe, judgement: judged, durationMs, answeredAt });
  }
}

const unread: ProbeJudgement = { kind: 'inconclusive', detail: 'unread' };

function conclude(context: StepContext, end: ProbeEnd): void {
  const { settings, state } = context;
  const { peer, probe, judgement } = end;
  const targetId = peer.node.id;
  const ended = withProbe(peer, withRound);
  if (!state.watching.includes(targetId) && !isKeptOnList(peer)) {
    // It is no longer watched: what it answered is of no interest, only that the probe has ended.
    putPeer(context, targetId, isFollowed(peer) ? ended : null);
    return;
  }
  switch (judgement.kind) {
    case 'inconclusive': {
      const inconclusive = { ...ended, inconclusiveCount: ended.inconclusiveCount + 1 };
      putPeer(context, targetId, { ...inconclusive, probe: retryPlan(inconclusive, probe, settings) });
      announceProbe(context, end, ended.misses);
      break;
    }
    case 'hit':
      concludeHit(context, end, ended, judgement.isAnswer);
      break;
    case 'miss':
      concludeMiss(context, end, ended, judgement);
      break;
    default:
      judgement satisfies never;
  }
}

function concludeHit(context: StepContext, end: ProbeEnd, ended: Peer, isAnswer: boolean): void {
  const { state } = context;
  const { startedAt: sentAt, dueAt, hasStalled } = end.probe;
  const cameAt = end.answeredAt;
  announceProbe(context, end, null);
  const after = takeHit(context, ended, isAnswer ? { sentAt, cameAt, dueAt, hasStalled } : null);
  putPeer(context, ended.node.id, after);
  if (isAnswer && state.own.firstAnswerAt === null) state.own = { ...state.own, firstAnswerAt: cameAt };
  if (!isAnswering(ended)) rewatch(context);
}

function concludeMiss(
  context: StepContext,
  end: ProbeEnd,
  ended: Peer,
  { failure, detail }: Extract<ProbeJudgement, { kind: 'miss' }>,
): void {
  const { now, settings } = context;
  const targetId = ended.node.id;
  const isFresh = isFreshFor(ended);
  const miss = { failure, detail, sentAt: end.probe.startedAt, isFresh };
  const counted = countMiss(context, ended, miss);
  const missed = withProbe(counted, retryPlan(counted, end.probe, settings));
  announceProbe(context, end, missed.misses);
  if (isConfirmedDead(missed)) {
    // There is nothing more to say until it answers.
    putPeer(context, targetId, missed);
    return;
  }
  // A kept connection says nothing of the kind: a look on a new one does.
  const isUnclear = failure === 'kept-connection' && !isFresh;
  const planned = isUnclear ? withProbe(missed, { kind: 'due', at: now }) : missed;
  const said = declareMissed(context, planned, mayDeclare(context, planned, miss.sentAt));
  const isFirst = ended.misses === null;
  // The observer that asked for this look has asked the others too.
  const isToAsk = isFirst && ended.hints?.source !== 'observer';
  putPeer(context, targetId, isToAsk ? askOthers(context, said) : said);
  // It may have left, or begun a new epoch: that is read before it is suspected.
  if (isFirst && settings.hints) readAgain(context);
  if (missed.misses?.count === 1) rewatch(context);
  else if (isUnclear) probeDueTargets(context);
}

/**
 * When a target that is being missed is probed again: soon until its misses are enough, and so that one look is sent when the
 * patience ends. The pauses double, up to a round. What waited for a reading would only wait for the next one.
 */
function retryPlan(peer: Peer, { startedAt, isLast, newer }: InFlight, settings: Settings): ProbePlan {
  const { misses } = peer;
  if (isLast && isConfirmedDead(peer)) return settled;
  if (newer !== null || misses === null || isConfirmedDead(peer)) return withRound;
  const { retryIntervalMs, retryIntervalRefusedMs, probeIntervalMs, deadAfter } = settings;
  const intervalMs = misses.lastKind === 'refused' ? retryIntervalRefusedMs : retryIntervalMs;
  const pauseMs = intervalMs * 2 ** Math.max(0, misses.count - deadAfter);
  const patienceEndsAt = (misses.silentSince ?? misses.lastAt) + patienceMs(settings, misses);
  // While more misses than one are still to come, none of them is the last look.
  const isPatient = misses.count >= deadAfter - 1 && patienceEndsAt > startedAt;
  if (intervalMs >= probeIntervalMs || (pauseMs >= probeIntervalMs && !isPatient)) return withRound;
  const at = startedAt + Math.min(pauseMs, probeIntervalMs);
  const lastLookAt = Math.max(startedAt + intervalMs, patienceEndsAt);
  // A look that would still be under way when the last one is due waits for that. Nothing that refuses lets a look wait.
  const waitMs = misses.lastKind === 'refused' ? 0 : timeoutMsFor(settings, peer, true);
  return { kind: 'due', at: isPatient && at + waitMs > lastLookAt ? lastLookAt : at };
}

function announceProbe(
  { effects }: StepContext,
  { peer: { node }, judgement, durationMs }: ProbeEnd,
  misses: Misses | null,
): void {
  const target = { targetId: node.id, targetEpoch: node.epoch };
  const failure = judgement.kind === 'miss' ? judgement.failure : null;
  const detail = judgement.kind === 'hit' ? null : judgement.detail;
  const missCount = misses?.count ?? 0;
  effects.push({
    kind: 'announce',
    name: 'probe',
    payload: { ...target, result: judgement.kind, failure, detail, durationMs, missCount },
  });
}
