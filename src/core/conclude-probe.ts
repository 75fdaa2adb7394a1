/** What the end of a probe changes. */
import { afterHit, countMiss, declareMissed, type PeerChange } from './contact.ts';
import type { Input } from './effects.ts';
import type { FailureKind } from './evidence.ts';
import {
  isAnswering,
  isConfirmedDead,
  isFollowed,
  isHeld,
  type Peer,
  type ProbePlan,
  withProbe,
  withRound,
} from './peer.ts';
import { judgeProbe } from './probe.ts';
import { publish } from './publish.ts';
import type { Settings } from './settings.ts';
import { putPeer, type StepContext } from './step-context.ts';
import { mayDeclare } from './vote.ts';
import { rewatch } from './watching.ts';

type ProbeEnd = Extract<Input, { kind: 'probe-finished' }>;

/** Takes the end of a probe in. */
export function concludeProbe(context: StepContext, input: ProbeEnd): void {
  const { now, settings, state } = context;
  const { targetId, outcome } = input;
  const peer = state.peers.get(targetId);
  if (peer?.probe.kind !== 'in-flight') return;
  const { startedAt, hasStalled } = peer.probe;
  const ended = withProbe(peer, withRound);
  if (!state.watching.includes(targetId) && !isHeld(peer)) {
    // It is no longer watched: what it answered is of no interest, only that the probe has ended.
    putPeer(context, targetId, isFollowed(peer) ? ended : null);
    return;
  }
  const target = { id: peer.node.id, epoch: peer.epoch, isNamed: peer.node.isNamed };
  const judgement = judgeProbe(target, outcome, hasStalled);
  switch (judgement.kind) {
    case 'inconclusive': {
      const inconclusive = { ...ended, inconclusiveCount: ended.inconclusiveCount + 1 };
      putPeer(context, targetId, { ...inconclusive, probe: retryPlan(inconclusive, startedAt, settings) });
      announceProbe(context, input, inconclusive, 'inconclusive', null, judgement.reason);
      return;
    }
    case 'hit': {
      const change = afterHit(ended, now, judgement);
      conclude(context, change);
      announceProbe(context, input, change.peer, 'hit', null, null);
      publish(context, change);
      if (!isAnswering(ended)) rewatch(context);
      return;
    }
    case 'miss': {
      const counted = countMiss(ended, now, judgement);
      const missed = { ...counted, probe: retryPlan(counted, startedAt, settings) };
      const change = declare(context, missed);
      conclude(context, change);
      announceProbe(context, input, change.peer, 'miss', judgement.failure, judgement.detail);
      publish(context, change);
      if (missed.misses?.count === 1 && !isConfirmedDead(missed)) rewatch(context);
      return;
    }
    default:
      judgement satisfies never;
  }
}

function conclude(context: StepContext, { peer }: PeerChange): void {
  putPeer(context, peer.node.id, peer);
}

/** What is said of a missed target. Of one that is confirmed dead there is nothing more to say until it answers. */
function declare(context: StepContext, missed: Peer): PeerChange {
  if (isConfirmedDead(missed)) return { peer: missed, news: [] };
  const { suspectAfter, deadAfter } = context.settings;
  return declareMissed(missed, context.now, {
    suspectAfter,
    deadAfter,
    mayDeclare: mayDeclare(context, missed),
  });
}

/** When a target that is being missed is probed again. */
function retryPlan(peer: Peer, startedAt: number, settings: Settings): ProbePlan {
  const isInRound = settings.retryIntervalMs >= settings.probeIntervalMs;
  if (isInRound || peer.misses === null || isConfirmedDead(peer)) return withRound;
  return { kind: 'due', at: startedAt + settings.retryIntervalMs };
}

function announceProbe(
  { effects }: StepContext,
  { targetId, durationMs }: ProbeEnd,
  { epoch: targetEpoch, misses }: Peer,
  result: 'hit' | 'miss' | 'inconclusive',
  failure: FailureKind | null,
  detail: string | null,
): void {
  effects.push({
    kind: 'announce',
    name: 'probe',
    payload: { targetId, targetEpoch, result, failure, detail, durationMs, missCount: misses?.count ?? 0 },
  });
}
