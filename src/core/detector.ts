/**
 * The protocol of one observer: `step` takes the state and an input, and returns the next state and what is to be
 * done. It performs nothing, reads no clock and draws no chance of its own.
 *
 * The parts: rounds.ts (when to read and to probe), watching.ts (readings and the watch list), probing.ts (what probes
 * change), deciding.ts (votes, verdicts, claims), pause.ts (this observer's own stalls).
 */
import type { Settings } from './config.ts';
import {
  concludeClaim,
  concludeDecision,
  concludeRecording,
  concludeRefusal,
  decideAndAffirm,
  dueClaims,
} from './deciding.ts';
import type { Effect, Input, Moment } from './effects.ts';
import { sufferPause } from './pause.ts';
import { concludeProbe } from './probing.ts';
import { beginRound, probeDueTargets, probeRound, requestReading, start } from './rounds.ts';
import { type DetectorState, draftOf, type Turn } from './state.ts';
import { answerDueAt } from './vote.ts';
import { applyReading } from './watching.ts';

export interface Step {
  readonly state: DetectorState;
  /** In the order in which they are to be performed. */
  readonly effects: readonly Effect[];
}

/** One step of the protocol. The same arguments give the same result, always. */
export function step(settings: Settings, before: DetectorState, input: Input, moment: Moment): Step {
  if (before.phase === 'over') return { state: before, effects: [] };
  const { now, wallNow, random } = moment;
  const turn: Turn = { settings, now, wallNow, random, state: draftOf(before), effects: [], ownPeers: null };
  if (before.phase === 'running') sufferPause(turn);
  turn.state.lastMoment = { now, wallNow };
  handle(turn, input);
  if (turn.state.phase === 'running') orderWake(turn);
  return { state: turn.state, effects: turn.effects };
}

function handle(turn: Turn, input: Input): void {
  switch (input.kind) {
    case 'started':
      start(turn);
      break;
    case 'woken':
      wake(turn);
      break;
    case 'round-read':
      applyReading(turn, input.reading);
      decideAndAffirm(turn);
      break;
    case 'round-failed':
      turn.state.isReading = false;
      break;
    case 'probe-finished':
      concludeProbe(turn, input);
      break;
    case 'recorded':
      concludeRecording(turn, input);
      break;
    case 'not-recorded':
      concludeRefusal(turn, input);
      break;
    case 'decided':
      concludeDecision(turn, input);
      break;
    case 'claim-finished':
      concludeClaim(turn, input.nodeId, input.epoch, input.isWon);
      break;
    case 'recovery-ended':
      concludeClaim(turn, input.nodeId, input.epoch, false);
      break;
    case 'handler-added':
      addHandler(turn);
      break;
    default:
      input satisfies never;
  }
}

/** A handler that is registered later gets the open verdicts with the next reading. */
function addHandler(turn: Turn): void {
  turn.state.hasHandler = true;
  requestReading(turn);
}

function wake(turn: Turn): void {
  if (turn.now >= turn.state.nextRoundAt) {
    beginRound(turn);
    decideAndAffirm(turn);
    probeRound(turn);
  } else probeDueTargets(turn);
  dueClaims(turn);
}

/** Orders the one timer: the next round, the next retry, an answer that falls due, a claim, or the pulse of probes in flight. */
function orderWake(turn: Turn): void {
  const { settings, now, state } = turn;
  let at = state.nextRoundAt;
  for (const id of state.watching) {
    const peer = state.peers.get(id);
    if (peer === undefined) continue;
    if (peer.probe !== null) at = Math.min(at, pulseAt(peer.probe.startedAt, now, settings.stallThresholdMs));
    else if (peer.nextProbeAt !== null) at = Math.min(at, Math.max(now, peer.nextProbeAt));
    const answerDue = peer.status === 'dead' ? answerDueAt(settings, peer) : 0;
    if (answerDue > now) at = Math.min(at, answerDue);
  }
  for (const claim of state.claims.values()) {
    if (claim.state === 'waiting' && claim.dueAt !== null) at = Math.min(at, Math.max(now, claim.dueAt));
  }
  state.wakeAt = at;
  if (at !== Number.POSITIVE_INFINITY) turn.effects.push({ kind: 'wake', at });
}

/** The next beat of a pulse that began with the probe: the same one for probes that began together. */
function pulseAt(startedAt: number, now: number, everyMs: number): number {
  return startedAt + everyMs * (Math.floor((now - startedAt) / everyMs) + 1);
}
