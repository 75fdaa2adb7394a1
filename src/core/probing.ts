/** What the end of a probe changes. */
import type { Input } from './effects.ts';
import type { FailureKind } from './evidence.ts';
import {
  afterHit,
  countMiss,
  declareMissed,
  draftOfPeer,
  isAnswering,
  isConfirmedDead,
  isFollowed,
  isHeld,
  type Peer,
} from './peer.ts';
import { judgeProbe } from './probe.ts';
import { forgetPeer, putPeer, type Turn, votingFacts } from './state.ts';
import { applyTransitions } from './transitions.ts';
import { mayDeclare } from './vote.ts';
import { rewatch } from './watching.ts';

/** Takes the end of a probe in. */
export function concludeProbe(turn: Turn, input: Extract<Input, { kind: 'probe-finished' }>): void {
  const peer = turn.state.peers.get(input.targetId);
  if (peer === undefined || peer.probe === null) return;
  if (!turn.state.watching.includes(input.targetId) && !isHeld(peer)) {
    // It is no longer watched: what it answered is of no interest, only that the probe has ended.
    if (isFollowed(peer)) putPeer(turn, { ...peer, probe: null, nextProbeAt: null });
    else forgetPeer(turn, input.targetId);
    return;
  }
  const { startedAt, hasStalled } = peer.probe;
  const target = { id: peer.node.id, epoch: peer.epoch, isNamed: peer.node.isNamed };
  const judgement = judgeProbe(target, input.outcome, hasStalled);
  const ended = draftOfPeer(peer);
  ended.probe = null;
  ended.nextProbeAt = null;
  switch (judgement.kind) {
    case 'inconclusive': {
      const inconclusive = { ...ended, inconclusiveCount: ended.inconclusiveCount + 1 };
      putPeer(turn, { ...inconclusive, nextProbeAt: retryAt(turn, inconclusive, startedAt) });
      announceProbe(turn, input, 'inconclusive', null, judgement.reason);
      return;
    }
    case 'hit': {
      const wasAnswering = isAnswering(ended);
      const change = afterHit(ended, turn.now, judgement);
      putPeer(turn, change.peer);
      announceProbe(turn, input, 'hit', null, null);
      applyTransitions(turn, change);
      if (!wasAnswering) rewatch(turn);
      return;
    }
    case 'miss': {
      const counted = countMiss(ended, turn.now, judgement);
      const missed = { ...counted, nextProbeAt: retryAt(turn, counted, startedAt) };
      putPeer(turn, missed);
      announceProbe(turn, input, 'miss', judgement.failure, judgement.detail);
      // Of a node that is confirmed dead there is nothing more to say until it answers.
      if (isConfirmedDead(missed)) return;
      const { suspectAfter, deadAfter } = turn.settings;
      const rules = { suspectAfter, deadAfter, mayDeclare: mayDeclare(votingFacts(turn), missed) };
      applyTransitions(turn, declareMissed(missed, rules));
      if (missed.missCount === 1) rewatch(turn);
      return;
    }
    default:
      judgement satisfies never;
  }
}

/** The own time of the next probe of a target that is being missed; null leaves it to the round. */
function retryAt({ settings }: Turn, peer: Peer, startedAt: number): number | null {
  const isRound =
    settings.retryIntervalMs >= settings.probeIntervalMs || peer.missCount === 0 || isConfirmedDead(peer);
  return isRound ? null : startedAt + settings.retryIntervalMs;
}

function announceProbe(
  turn: Turn,
  { targetId, durationMs }: Extract<Input, { kind: 'probe-finished' }>,
  result: 'hit' | 'miss' | 'inconclusive',
  failure: FailureKind | null,
  detail: string | null,
): void {
  const peer = turn.state.peers.get(targetId);
  if (peer === undefined) return;
  const { epoch: targetEpoch, missCount } = peer;
  turn.effects.push({
    kind: 'announce',
    name: 'probe',
    payload: { targetId, targetEpoch, result, failure, detail, durationMs, missCount },
  });
}
