/**
 * Rounds: when the registry is read and probes are sent.
 * Not for: what a reading (apply-reading.ts) or the end of a probe (conclude-probe.ts) changes.
 */

import { isShortWindowRunning } from './answer-window.ts';
import { timeoutMsFor } from './answers.ts';
import { isHinted } from './hints.ts';
import { watchedSince } from './own-beats.ts';
import { isFollowed, isKeptOnList, type Peer, withProbe } from './peer.ts';
import { nextRoundAt, type ObserverRound } from './round-spacing.ts';
import { putPeer, type StepContext } from './step-context.ts';

/** The first step: reads the ring at once; the first round comes at a random phase. */
export function start(context: StepContext): void {
  const { state, now, random, settings } = context;
  state.phase = 'running';
  state.own = { ...state.own, startedAt: now };
  state.ring = { ...state.ring, lookAhead: settings.neighbors + 1 };
  state.timers = { ...state.timers, nextRoundAt: now + random * settings.probeIntervalMs };
  requestReading(context);
}

/** One round: plans the next one and reads the registry. Its probes go out with `probeRound`, whether or not the registry answers. */
export function beginRound(context: StepContext, observers: readonly ObserverRound[]): void {
  const { state, settings } = context;
  state.timers = { ...state.timers, nextRoundAt: nextRoundAt(settings, context, observers) };
  state.ring = { ...state.ring, mayReadAgain: true };
  requestReading(context);
}

/** The probes of a round: to the watched targets without a time of their own, and to those whose own time has come. */
export function probeRound(context: StepContext): void {
  probeTargets(context, ({ probe }) => probe.kind === 'with-round' || isDue(probe, context.now));
}

/** Sends a probe to every watched target whose own time has come. */
export function probeDueTargets(context: StepContext): void {
  probeTargets(context, ({ probe }) => isDue(probe, context.now));
}

function isDue(probe: Peer['probe'], now: number): boolean {
  return probe.kind === 'due' && probe.at <= now;
}

function probeTargets(context: StepContext, isChosen: (peer: Peer) => boolean): void {
  const { state } = context;
  for (const id of state.watching) {
    const peer = state.peers.get(id);
    if (peer !== undefined && isChosen(peer)) probeOne(context, peer);
  }
}

/** Sends one probe now. */
export function probeOne(context: StepContext, peer: Peer): void {
  const { now, settings, state, effects } = context;
  const { id, address, port } = peer.node;
  const dueAt = Math.max(now, state.timers.nextRoundAt);
  const times = { startedAt: now, dueAt } as const;
  const inFlight = { kind: 'in-flight', ...times, hasStalled: false, isLast: false, newer: null } as const;
  putPeer(context, id, withProbe(peer, inFlight));
  const isFresh = isFreshFor(peer);
  const timeoutMs = timeoutMsFor(settings, peer, isFresh);
  effects.push({
    kind: 'probe',
    targetId: id,
    ...{ address, port, timeoutMs, isFresh, nextDueMs: dueAt - now },
  });
}

/** Whether the target is asked on a new connection: a kept one may be what has ended. */
export function isFreshFor({ misses, hints }: Peer): boolean {
  return misses !== null || isHinted(hints);
}

/** The registry has changed: asks for a reading, after the one under way, which may not show it. */
export function readChanged(context: StepContext): void {
  const { ring } = context.state;
  if (ring.isReading) context.state.ring = { ...ring, isOutdated: true };
  else requestReading(context);
}

/** Asks for a reading besides the round's own, unless there was one in this round: their number is promised. */
export function readAgain(context: StepContext): void {
  const { state } = context;
  if (!state.ring.mayReadAgain) return;
  state.ring = { ...state.ring, mayReadAgain: false };
  readChanged(context);
}

/** Asks for a reading unless one is under way. It is of the leader where an accusation and its answer are waited for. */
export function requestReading(context: StepContext): void {
  const { state, settings, effects, now } = context;
  const { ring, peers } = state;
  if (state.phase !== 'running' || ring.isReading) return;
  const watched: string[] = [];
  const isNeeded = (peer: Peer): boolean =>
    isKeptOnList(peer) && (peer.statement.kind !== 'none' || state.watching.includes(peer.node.id));
  for (const peer of peers.values()) if (isNeeded(peer)) watched.push(peer.node.id);
  // Those that a verdict may yet be learnt of, or that have lost their place on a full list, come last, within the bound.
  for (const peer of peers.values()) {
    if (watched.length >= settings.watchListCap) break;
    if (isFollowed(peer) && !isNeeded(peer)) watched.push(peer.node.id);
  }
  const asked = { lookAhead: ring.lookAhead, watched };
  const askedCount = ring.askedCount + 1;
  state.ring = { ...ring, isReading: true, isOutdated: false, asked, askedAt: now, askedCount };
  state.memory = { ...state.memory, askedFence: state.memory.known?.fence ?? 0 };
  // A list that is full of missed targets would hide what lies behind them.
  const beatingSince = ring.isFull ? watchedSince(state.own.beats, ring.readAt, settings) : null;
  const mustBeFresh = state.own.suspicion !== null || isShortWindowRunning(context);
  const freshness = mustBeFresh ? ({ freshness: 'leader' } as const) : {};
  effects.push({ kind: 'read-round', ...asked, beatingSince, ...freshness });
}
