/**
 * This node's own word that its epoch is over, since its application has died. It is said at once and again each round, so
 * that it is also heard after a maintenance, an outage, or a restore of the registry. While the brake holds the verdict
 * back the epoch goes on as an observer. Not for: how a death of the application is noticed (the agent).
 */
import { askerFacts } from './asker.ts';
import { announceBrake } from './brake.ts';
import type { Announcements, Input } from './effects.ts';
import type { DecideResult } from './reading.ts';
import type { StepContext } from './step-context.ts';

/** The application has died: tells the registry. The first reason stays. */
export function declareDead(
  context: StepContext,
  { reason, instanceId }: Extract<Input, { kind: 'application-died' }>,
): void {
  const { state } = context;
  if (state.own.obituary !== null) return;
  const obituary = { reason, instanceId, isAsked: false, mayStand: false };
  state.own = { ...state.own, obituary };
  sayObituary(context);
}

/** Tells the registry, unless it is being told. */
export function sayObituary(context: StepContext): void {
  const { state, effects } = context;
  const { obituary } = state.own;
  if (state.phase !== 'running' || obituary === null || obituary.isAsked) return;
  const { reason, instanceId } = obituary;
  state.own = { ...state.own, obituary: { ...obituary, isAsked: true } };
  effects.push({ kind: 'obituary', reason, instanceId, ...askerFacts(context) });
}

/** The registry's answer; null when it gave none, and may have taken it all the same. */
export function concludeObituary(context: StepContext, result: DecideResult | null): void {
  const { state, settings, effects } = context;
  const { obituary, epoch } = state.own;
  if (obituary === null) return;
  const mayStand = obituary.mayStand || result === null || result.outcome === 'pending';
  state.own = { ...state.own, obituary: { ...obituary, isAsked: false, mayStand } };
  // A registry that went back is told again once it has been read.
  if (result === null || (result.outcome === 'pending' && result.reason === 'went-back')) return;
  const { reason } = obituary;
  const own = { targetId: settings.nodeId, targetEpoch: epoch };
  const payload = { ...own, reason, outcome: outcomes[result.outcome] };
  effects.push({ kind: 'announce', name: 'obituary', payload });
  if (result.outcome === 'pending' && result.reason === 'brake')
    announceBrake(context, { targetId: settings.nodeId, ...result });
  if (result.outcome === 'dead') endOwnEpoch(context, 'application');
}

const outcomes = { dead: 'dead', pending: 'held', alive: 'refused' } as const;

/** The application is well again. What the registry may have stands until a new epoch begins. */
export function takeObituaryBack(context: StepContext): void {
  const { state } = context;
  const { obituary } = state.own;
  if (obituary === null) return;
  if (obituary.isAsked || obituary.mayStand) endOwnEpoch(context, 'restarted');
  else state.own = { ...state.own, obituary: null };
}

/** This epoch is over: it probes and says nothing more. */
export function endOwnEpoch(
  { state, settings, effects }: StepContext,
  reason: Announcements['self-dead']['reason'],
): void {
  const own = { targetId: settings.nodeId, targetEpoch: state.own.epoch };
  state.phase = 'over';
  effects.push(
    { kind: 'note', note: 'self-dead', ...own, detail: { reason } },
    { kind: 'announce', name: 'self-dead', payload: { ...own, reason } },
  );
}
