/** What the end of a probe changes. */
import { countMiss, declareMissed, takeHit } from './contact.ts';
import type { Input } from './effects.ts';
import type { FailureKind } from './evidence.ts';
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
import { judgeProbe } from './probe.ts';
import type { Settings } from './settings.ts';
import { putPeer, type StepContext } from './step-context.ts';
import { mayDeclare } from './vote.ts';
import { rewatch } from './watching.ts';

type InFlight = Extract<ProbePlan, { kind: 'in-flight' }>;
type ProbeEnd = Extract<Input, { kind: 'probe-finished' }>;

/** Takes the end of a probe in. */
export function concludeProbe(context: StepContext, input: ProbeEnd): void {
  const { now, settings, state } = context;
  const { targetId, outcome } = input;
  const peer = state.peers.get(targetId);
  if (peer?.probe.kind !== 'in-flight') return;
  const { hasStalled } = peer.probe;
  const ended = withProbe(peer, withRound);
  if (!state.watching.includes(targetId) && !isKeptOnList(peer)) {
    // It is no longer watched: what it answered is of no interest, only that the probe has ended.
    putPeer(context, targetId, isFollowed(peer) ? ended : null);
    return;
  }
  const target = { id: peer.node.id, epoch: peer.epoch, isNamed: peer.node.isNamed };
  const judgement = judgeProbe(target, outcome, hasStalled);
  switch (judgement.kind) {
    case 'inconclusive': {
      const inconclusive = { ...ended, inconclusiveCount: ended.inconclusiveCount + 1 };
      putPeer(context, targetId, { ...inconclusive, probe: retryPlan(inconclusive, peer.probe, settings) });
      announceProbe(context, input, inconclusive, 'inconclusive', null, judgement.reason);
      return;
    }
    case 'hit': {
      const epoch = Math.max(peer.epoch, judgement.epoch ?? 0);
      announceProbe(context, input, { ...ended, epoch, misses: null }, 'hit', null, null);
      putPeer(context, targetId, takeHit(context, ended, judgement));
      if (!isAnswering(ended)) rewatch(context);
      return;
    }
    case 'miss': {
      const counted = countMiss(ended, now, judgement);
      const missed = { ...counted, probe: retryPlan(counted, peer.probe, settings) };
      announceProbe(context, input, missed, 'miss', judgement.failure, judgement.detail);
      // Of a node that is confirmed dead there is nothing more to say until it answers.
      const isOver = isConfirmedDead(missed);
      const said = isOver ? missed : declareMissed(context, missed, mayDeclare(context, missed));
      putPeer(context, targetId, said);
      if (missed.misses?.count === 1 && !isOver) rewatch(context);
      return;
    }
    default:
      judgement satisfies never;
  }
}

/** When a target that is being missed is probed again. */
function retryPlan(peer: Peer, { startedAt, isLast }: InFlight, settings: Settings): ProbePlan {
  const isInRound = settings.retryIntervalMs >= settings.probeIntervalMs;
  if (isLast && isConfirmedDead(peer)) return settled;
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
