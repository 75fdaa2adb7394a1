/**
 * The protocol of one observer: `step` takes the state and an input, and returns the next state and what is to be
 * done. It performs nothing, reads no clock and draws no chance of its own.
 *
 * One file a kind of input: rounds.ts (time), apply-reading.ts, conclude-probe.ts, recording.ts, deciding.ts,
 * claims.ts, own-obituary.ts, went-back.ts. Besides: stall.ts (this observer's own stalls) and wake.ts (the one timer).
 */
import { applyReading } from './apply-reading.ts';
import { concludeClaim, dueClaims } from './claims.ts';
import { concludeProbe, settleNewer } from './conclude-probe.ts';
import { askAtWindowEnd, concludeDecision, decideAndAffirm } from './deciding.ts';
import type { Effect, Input, Moment } from './effects.ts';
import { takeHint } from './looking.ts';
import { seekProof } from './network-proof.ts';
import { concludeObituary, declareDead, sayObituary, takeObituaryBack } from './own-obituary.ts';
import { planSuspicion, readSuspicions, suspectSelf } from './own-suspicion.ts';
import { concludeRecording, concludeRefusal } from './recording.ts';
import { afterCall, type CallNews } from './registry-pace.ts';
import type { ObserverRound } from './round-spacing.ts';
import { beginRound, probeDueTargets, probeRound, readChanged, requestReading, start } from './rounds.ts';
import type { Settings } from './settings/settings.ts';
import { detectStall } from './stall.ts';
import type { DetectorState } from './state.ts';
import { newContext, type StepContext } from './step-context.ts';
import { orderWake } from './wake.ts';
import { askToRaise, concludeRaise, noteFence } from './went-back.ts';
import { readInWindow } from './window-readings.ts';

/** The state after a step, and what is to be done. */
export interface StepResult {
  readonly state: DetectorState;
  /** In the order in which they are to be performed. */
  readonly effects: readonly Effect[];
}

/** One step of the protocol. The same arguments give the same result, always. */
export function step(settings: Settings, before: DetectorState, input: Input, moment: Moment): StepResult {
  if (before.phase === 'over') return { state: before, effects: [] };
  const context = newContext(settings, before, moment);
  const { state, effects } = context;
  if (state.phase === 'running') detectStall(context);
  handle(context, input);
  if (state.phase === 'running') {
    seekProof(context);
    askAtWindowEnd(context);
    readInWindow(context);
  }
  orderWake(context);
  return { state, effects };
}

function handle(context: StepContext, input: Input): void {
  switch (input.kind) {
    case 'started':
      start(context);
      break;
    case 'woken':
      wake(context, input.observers ?? []);
      break;
    case 'round-read':
      applyReading(context, input.reading);
      if (context.state.phase !== 'running') break;
      planSuspicion(context, input.reading.accuserIds);
      settleNewer(context, true);
      decideAndAffirm(context);
      if (context.state.ring.isOutdated) requestReading(context);
      break;
    case 'round-failed':
      context.state.ring = { ...context.state.ring, isReading: false };
      planSuspicion(context, null);
      settleNewer(context, false);
      break;
    case 'probe-finished':
      concludeProbe(context, input);
      break;
    case 'hinted':
      takeHint(context, input);
      break;
    case 'recorded':
      concludeRecording(context, input);
      break;
    case 'not-recorded':
      concludeRefusal(context, input);
      break;
    case 'decided':
      concludeDecision(context, input);
      break;
    case 'claim-finished':
      if (input.fence !== undefined) noteFence(context, input.fence);
      if (input.wentBack === true) askToRaise(context);
      concludeClaim(context, input.nodeId, input.epoch, input.isWon);
      break;
    case 'raise-finished':
      concludeRaise(context, input.isRaised);
      break;
    case 'recovery-ended':
      concludeClaim(context, input.nodeId, input.epoch, false);
      break;
    case 'registry-changed':
      readChanged(context);
      break;
    case 'registry-call':
      takeCall(context, input);
      // An accused node whose reading or answer has failed does not wait for the next round.
      if (input.ended?.hasFailed === true && context.state.own.accuserIds.length > 0) suspectSelf(context);
      break;
    case 'self-suspected':
      suspectSelf(context);
      break;
    case 'application-died':
      declareDead(context, input);
      break;
    case 'application-returned':
      takeObituaryBack(context);
      break;
    case 'obituary-answered':
      concludeObituary(context, input.result);
      break;
    case 'handler-added':
      // The next reading has the verdicts that are open.
      context.state.hasHandler = true;
      requestReading(context);
      break;
    default:
      input satisfies never;
  }
}

function wake(context: StepContext, observers: readonly ObserverRound[]): void {
  if (context.now >= context.state.timers.nextRoundAt) {
    beginRound(context, observers);
    sayObituary(context);
    decideAndAffirm(context);
    probeRound(context);
  } else probeDueTargets(context);
  readSuspicions(context);
  dueClaims(context);
}

function takeCall({ state, settings, now }: StepContext, news: CallNews): void {
  state.own = { ...state.own, pace: afterCall(state.own.pace, news, now, settings) };
}
