/** One step in the making: what it may look at, the draft of the next state, and the effects so far. */
import type { Effect, Moment } from './effects.ts';
import type { Peer } from './peer.ts';
import type { Settings } from './settings/settings.ts';
import type { DetectorState } from './state.ts';

/** Used within one call of `step`. */
export interface StepContext extends Moment {
  readonly settings: Settings;
  readonly state: { -readonly [Key in keyof DetectorState]: DetectorState[Key] };
  readonly effects: Effect[];
  /** The draft's own copy of the peers, once there is one; the state before stays as it was. */
  ownPeers: Map<string, Peer> | null;
}

export function newContext(settings: Settings, before: DetectorState, moment: Moment): StepContext {
  const { now, wallNow, random } = moment;
  const { phase, own, memory, timers, ring, peers, watching, brakedId, hasHandler, claims } = before;
  // Field by field: each step makes one, and a spread costs several times as much.
  const state = { phase, own, memory, timers, ring, peers, watching, brakedId, hasHandler, claims };
  return { settings, now, wallNow, random, state, effects: [], ownPeers: null };
}

/** Replaces one peer in the draft; null takes it out. */
export function putPeer(context: StepContext, targetId: string, peer: Peer | null): void {
  let { ownPeers } = context;
  if (ownPeers === null || ownPeers !== context.state.peers) {
    ownPeers = copyOf(context.state.peers);
    putPeers(context, ownPeers);
  }
  if (peer === null) ownPeers.delete(targetId);
  else ownPeers.set(targetId, peer);
}

/** The same entries in a map of their own. `new Map(map)` makes two objects an entry on the way. */
function copyOf(peers: ReadonlyMap<string, Peer>): Map<string, Peer> {
  const copy = new Map<string, Peer>();
  peers.forEach((peer, id) => void copy.set(id, peer));
  return copy;
}

/** Replaces all peers in the draft; the map is the draft's own from now on. */
export function putPeers(context: StepContext, peers: Map<string, Peer>): void {
  context.ownPeers = peers;
  context.state.peers = peers;
}
