/** Writes to the registry and announces what has changed about a target. */
import type { PeerChange } from './contact.ts';
import type { ObserverHealth } from './evidence.ts';
import { evidenceOf, isAnswering, type Peer } from './peer.ts';
import type { StepContext } from './step-context.ts';
import type { Verdict } from './verdict.ts';

/** Writes and announces each piece of news. What is written once more is announced to no one. */
export function publish(context: StepContext, { peer, news }: PeerChange): void {
  const { effects } = context;
  const targetId = peer.node.id;
  for (const item of news) {
    switch (item.kind) {
      case 'suspect':
      case 'dead': {
        const payload = recordAccusation(context, peer, item.kind);
        if (!item.again) effects.push({ kind: 'announce', name: item.kind, payload });
        break;
      }
      case 'recovered': {
        const target = { targetId, targetEpoch: item.epoch };
        const { was, knownDecision } = item;
        effects.push({ kind: 'record', status: 'recovered', ...target, knownDecision });
        if (!item.again) effects.push({ kind: 'announce', name: 'recovered', payload: { ...target, was } });
        break;
      }
      case 'restarted': {
        const payload = { targetId, epoch: peer.epoch, previousEpoch: item.previousEpoch };
        effects.push({ kind: 'announce', name: 'restarted', payload });
        break;
      }
      default:
        item satisfies never;
    }
  }
}

/** Writes an accusation with the evidence of now, and returns what was written. */
export function recordAccusation(context: StepContext, peer: Peer, status: 'suspect' | 'dead') {
  const evidence = evidenceOf(peer, context.now, ownHealth(context, peer));
  const payload = { targetId: peer.node.id, targetEpoch: peer.epoch, evidence };
  context.effects.push({ kind: 'record', status, ...payload });
  return payload;
}

/** How well this observer is, as evidence about a target tells it. */
function ownHealth({ state }: StepContext, { inconclusiveCount }: Peer): ObserverHealth {
  const { watching, peers } = state;
  let answeringCount = 0;
  for (const id of watching) {
    const peer = peers.get(id);
    if (peer !== undefined && isAnswering(peer)) answeringCount++;
  }
  return { watchedCount: watching.length, answeringCount, inconclusiveCount };
}

/** Announces a verdict as often as it is read; the shell passes it on once. */
export function announceVerdict({ effects }: StepContext, verdict: Verdict): void {
  effects.push({ kind: 'announce', name: 'verdict', payload: { verdict } });
}
