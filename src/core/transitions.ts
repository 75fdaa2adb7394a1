/** Stores a changed peer in the draft, and writes and announces what changed. */
import type { ObserverHealth } from './evidence.ts';
import { evidenceOf, isAnswering, type Peer, type PeerChange, type Transition } from './peer.ts';
import { putPeer, type Turn } from './state.ts';

/** Stores a changed peer, and writes and announces each transition. */
export function applyTransitions(turn: Turn, { peer, transitions }: PeerChange): void {
  putPeer(turn, peer);
  const targetId = peer.node.id;
  for (const transition of transitions) {
    switch (transition.kind) {
      case 'suspect':
      case 'dead': {
        const evidence = evidenceOf(peer, turn.now, ownHealth(turn, peer));
        const payload = { targetId, targetEpoch: peer.epoch, evidence };
        turn.effects.push({ kind: 'record', status: transition.kind, ...payload, knownDecision: 0 });
        turn.effects.push({ kind: 'announce', name: transition.kind, payload });
        break;
      }
      case 'recovered': {
        const target = { targetId, targetEpoch: transition.epoch };
        const { knownDecision } = transition;
        turn.effects.push({ kind: 'record', status: 'recovered', ...target, evidence: null, knownDecision });
        turn.effects.push({
          kind: 'announce',
          name: 'recovered',
          payload: { ...target, was: transition.was },
        });
        break;
      }
      case 'repeated':
        repeat(turn, peer, transition);
        break;
      case 'restarted': {
        const { previousEpoch } = transition;
        turn.effects.push({
          kind: 'announce',
          name: 'restarted',
          payload: { targetId, epoch: peer.epoch, previousEpoch },
        });
        break;
      }
      default:
        transition satisfies never;
    }
  }
}

/** Writes a word once more, and tells nobody. */
function repeat(turn: Turn, peer: Peer, transition: Extract<Transition, { kind: 'repeated' }>): void {
  const targetId = peer.node.id;
  if (transition.status === 'recovered') {
    const { epoch: targetEpoch, knownDecision } = transition;
    const entry = { targetId, targetEpoch, evidence: null, knownDecision };
    turn.effects.push({ kind: 'record', status: 'recovered', ...entry });
    return;
  }
  if (peer.votedAt !== null) putPeer(turn, { ...peer, votedAt: turn.now });
  recordAgain(turn, peer, transition.status);
}

/** Writes what stands of a target once more, with the evidence of now. */
export function recordAgain(turn: Turn, peer: Peer, status: 'suspect' | 'dead'): void {
  turn.effects.push({
    kind: 'record',
    status,
    targetId: peer.node.id,
    targetEpoch: peer.epoch,
    evidence: evidenceOf(peer, turn.now, ownHealth(turn, peer)),
    knownDecision: 0,
  });
}

/** How well this observer is, as evidence about a target tells it. */
function ownHealth({ state }: Turn, about: Peer): ObserverHealth {
  let answeringCount = 0;
  for (const id of state.watching) {
    const peer = state.peers.get(id);
    if (peer !== undefined && isAnswering(peer)) answeringCount++;
  }
  return { watchedCount: state.watching.length, answeringCount, inconclusiveCount: about.inconclusiveCount };
}
