/** What the registry has of a statement, or will never have. */
import { decideAndAffirm } from './deciding.ts';
import type { Input } from './effects.ts';
import { isAccusation } from './statement.ts';
import { putPeer, type StepContext } from './step-context.ts';

/** The registry has a statement: a vote counts from now on, and the accused can read it. */
export function concludeRecording(context: StepContext, input: Extract<Input, { kind: 'recorded' }>): void {
  const { now, state } = context;
  const { targetId, targetEpoch, status } = input;
  const peer = state.peers.get(targetId);
  if (peer === undefined) return;
  const { statement } = peer;
  if (status === 'recovered') {
    if (statement.kind === 'retracted' && statement.epoch === targetEpoch)
      putPeer(context, targetId, { ...peer, statement: { ...statement, progress: 'recorded' } });
    return;
  }
  if (!isAccusation(statement) || peer.node.epoch !== targetEpoch) return;
  const accusedAt = statement.accusedAt ?? now;
  const isVote = statement.kind === 'dead' && status === 'dead';
  const recorded = isVote ? { ...statement, accusedAt, recordedAt: now } : { ...statement, accusedAt };
  putPeer(context, targetId, { ...peer, statement: recorded });
  decideAndAffirm(context);
}

/** The registry will never have a statement: it is sent again at the next probe that confirms it, unless a later one was. */
export function concludeRefusal(context: StepContext, input: Extract<Input, { kind: 'not-recorded' }>): void {
  const { targetId, targetEpoch, status } = input;
  const peer = context.state.peers.get(targetId);
  if (peer === undefined) return;
  const { statement } = peer;
  if (statement.kind === 'retracted') {
    if (status === 'recovered' && statement.epoch === targetEpoch)
      putPeer(context, targetId, { ...peer, statement: { ...statement, progress: 'refused' } });
  } else if (isAccusation(statement) && statement.kind === status && peer.node.epoch === targetEpoch) {
    const refused = { ...statement, needsResend: true };
    const isVote = refused.kind === 'dead';
    putPeer(context, targetId, { ...peer, statement: isVote ? { ...refused, recordedAt: null } : refused });
  }
}
