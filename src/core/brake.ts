/** Tells when the brake begins to hold back a verdict that this observer asks for, and when it lets go. */
import { isDeclaredOver } from './peer.ts';
import type { StepContext } from './step-context.ts';

/** What held back the verdict on a target. */
interface Hold {
  readonly targetId: string;
  readonly unresolvedCount: number;
  readonly limit: number;
}

/** Announces that the brake is on, with what holds it, or that it is off; nothing when neither has changed. */
export function announceBrake({ state, effects }: StepContext, hold: Hold | null): void {
  const { brakedId, own, peers } = state;
  if (hold !== null) {
    if (brakedId !== null) return;
    const { targetId, unresolvedCount, limit } = hold;
    const detail = { unresolvedCount, limit };
    state.brakedId = targetId;
    effects.push(
      { kind: 'note', note: 'brake', targetId, targetEpoch: null, detail: { isOn: true, ...detail } },
      { kind: 'announce', name: 'brake', payload: { isOn: true, targetId, ...detail } },
    );
    return;
  }
  const isBraked =
    (own.obituary?.mayStand ?? false) ||
    [...peers.values()].some(
      (peer) => isDeclaredOver(peer) || (peer.statement.kind === 'dead' && peer.statement.isBraked),
    );
  if (brakedId === null || isBraked) return;
  state.brakedId = null;
  // What lets it go is learnt without these numbers.
  const payload = { isOn: false, targetId: brakedId, unresolvedCount: null, limit: null };
  effects.push(
    { kind: 'note', note: 'brake', targetId: brakedId, targetEpoch: null, detail: { isOn: false } },
    { kind: 'announce', name: 'brake', payload },
  );
}
