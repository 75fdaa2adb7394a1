/**
 * How a node finds that the registry went back, from what it remembers of it. A reading that shows less is a suspicion: a lagging follower looks the same. The registry answers it by one conditional commit; that alone is
 * the proof. What follows from a new generation: rows are taken as they are, and what this node holds true is said again.
 */
import { generationOf } from './fence.ts';
import { noPlaces } from './marks.ts';
import { newPeer, type Peer, withRound } from './peer.ts';
import { type KnownProgress, type RoundReading, rowsOf } from './reading.ts';
import { requestReading } from './rounds.ts';
import { afterRemoval } from './row.ts';
import { saidAgain } from './statement.ts';
import { putPeers, type StepContext } from './step-context.ts';

/**
 * Compares a reading with what is known. False for a reading of an earlier generation: its rows and orders are not those of
 * this registry any more, so nothing may be taken from it.
 */
export function takeProgress(context: StepContext, reading: RoundReading): boolean {
  const { state } = context;
  const { memory } = state;
  const { fence, newestEvent } = reading.progress;
  const newestBeat = reading.ownBeat?.order ?? 0;
  const read = { fence, newestEvent, newestBeat };
  const known = memory.known ?? read;
  const [then, now] = [generationOf(known.fence), generationOf(fence)];
  if (now < then) {
    askToRaise(context);
    return false;
  }
  state.memory = { ...memory, newestEpoch: newestEpochIn(memory.newestEpoch, reading) };
  if (now > then) {
    state.memory = { ...state.memory, known: read };
    beginGeneration(context, reading);
    return true;
  }
  if (isBehind(context, known, reading)) askToRaise(context);
  state.memory = { ...state.memory, known: furtherOf(known, read) };
  return true;
}

function isBehind({ state }: StepContext, known: KnownProgress, reading: RoundReading): boolean {
  const { progress, ownBeat, self } = reading;
  return (
    progress.fence < state.memory.askedFence ||
    progress.newestEvent < known.newestEvent ||
    (ownBeat !== null && ownBeat.order < known.newestBeat) ||
    (self !== null && self.epoch < state.own.epoch && !state.memory.isForgotten)
  );
}

function furtherOf(one: KnownProgress, other: KnownProgress): KnownProgress {
  return {
    fence: Math.max(one.fence, other.fence),
    newestEvent: Math.max(one.newestEvent, other.newestEvent),
    newestBeat: Math.max(one.newestBeat, other.newestBeat),
  };
}

function newestEpochIn(before: number, reading: RoundReading): number {
  let newest = Math.max(before, reading.self?.epoch ?? 0);
  for (const { epoch } of rowsOf(reading).values()) newest = Math.max(newest, epoch);
  return newest;
}

/** The registry has answered with a fence: it is known from then on. */
export function noteFence({ state }: StepContext, fence: number): void {
  const { known } = state.memory;
  if (known !== null && fence > known.fence) state.memory = { ...state.memory, known: { ...known, fence } };
}

/**
 * Asks the registry to raise its generation if it lacks what is known, unless that is asked already. `liftsFloor`: to lift the
 * floor of epochs in any case.
 */
export function askToRaise({ state, effects }: StepContext, liftsFloor = false): void {
  const { known, newestEpoch, isRaising, isForgotten } = state.memory;
  if (known === null || isRaising) return;
  state.memory = { ...state.memory, isRaising: true };
  const epoch = isForgotten ? null : state.own.epoch;
  effects.push({ kind: 'raise', epoch, known, epochFloor: newestEpoch, liftsFloor });
}

/** The registry's answer; false also when it gave none. */
export function concludeRaise(context: StepContext, isRaised: boolean): void {
  context.state.memory = { ...context.state.memory, isRaising: false };
  if (isRaised) requestReading(context);
}

/** The registry is of a new generation, and what was said in the old one is void there. */
function beginGeneration(context: StepContext, reading: RoundReading): void {
  const { state, settings, now, effects } = context;
  const { epochFloor, fence } = reading.progress;
  const claims = [...state.claims].filter(([, { state: claim }]) => claim !== 'waiting');
  state.claims = new Map(claims);
  const isForgotten = reading.self === null || reading.self.epoch < state.own.epoch;
  state.memory = { ...state.memory, isForgotten, claimsFrom: now + settings.heartbeatWindowMs };
  state.own = { ...state.own, beats: [], places: noPlaces };
  const rows = rowsOf(reading);
  const peers = new Map<string, Peer>();
  state.peers.forEach((peer, id) => {
    const isAsked = state.ring.asked.watched.includes(id);
    const next = inNewGeneration(peer, rows.get(id), isAsked);
    if (next !== null) peers.set(id, next);
  });
  putPeers(context, peers);
  const generation = generationOf(fence);
  effects.push({ kind: 'announce', name: 'registry-went-back', payload: { generation } });
  if (state.memory.newestEpoch > epochFloor) askToRaise(context, true);
}

/** An epoch that was known as later raises nothing: its node begins the next one, above it. */
function inNewGeneration(peer: Peer, row: Peer['node'] | undefined, isAsked: boolean): Peer | null {
  if (row === undefined && isAsked) return afterRemoval(peer);
  if (row === undefined || row.epoch >= peer.node.epoch)
    return { ...peer, statement: saidAgain(peer.statement) };
  return newPeer(row, peer.probe.kind === 'in-flight' ? peer.probe : withRound);
}
