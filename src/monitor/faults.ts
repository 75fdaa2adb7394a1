/**
 * The input for the core after a step or an effect failed through a mistake, so that no part of it waits for ever. Not
 * for: expected failures, such as those of the registry.
 */
import type { Effect, Input } from '../core/effects.ts';

/** The input that replaces one that the core could not use; null when nothing waits for it. */
export function insteadOf(input: Input): Input | null {
  switch (input.kind) {
    case 'round-read':
      return { kind: 'round-failed' };
    case 'decided':
    case 'obituary-answered':
      return input.result === null ? null : { ...input, result: null };
    case 'probe-finished':
      return input.outcome?.kind === 'aborted' ? null : { ...input, outcome: { kind: 'aborted' } };
    default:
      return null;
  }
}

/** The answer to an effect that could not be performed; null when none is waited for. */
export function answerTo(effect: Effect): Input | null {
  switch (effect.kind) {
    case 'read-round':
      return { kind: 'round-failed' };
    case 'probe':
      return {
        kind: 'probe-finished',
        targetId: effect.targetId,
        outcome: { kind: 'aborted' },
        durationMs: 0,
      };
    case 'decide':
      return {
        kind: 'decided',
        targetId: effect.targetId,
        targetEpoch: effect.targetEpoch,
        result: null,
      };
    case 'obituary':
      return { kind: 'obituary-answered', result: null };
    case 'raise':
      return { kind: 'raise-finished', isRaised: false };
    case 'claim':
      return { kind: 'claim-finished', nodeId: effect.nodeId, epoch: effect.epoch, isWon: false };
    default:
      return null;
  }
}
