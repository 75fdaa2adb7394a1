/** Walks the ring with what is known now, and watches what the walk finds. Not for: the walk itself (watch-list.ts). */
import type { NodeRecord } from './node.ts';
import { isFollowed, newPeer, type Peer, type ProbePlan, withRound } from './peer.ts';
import { probeDueTargets, requestReading } from './rounds.ts';
import { putPeers, type StepContext } from './step-context.ts';
import { nextLookAhead, walkRing } from './watch-list.ts';

/**
 * Begins to watch, forgets healthy nodes that are no longer watched, and reads further ahead at once while too few
 * targets answer.
 */
export function rewatch(context: StepContext): void {
  const { state, settings } = context;
  const { successors, beating, isWhole, asked } = state.ring;
  const { neighbors, watchListCap: cap } = settings;
  const walk = walkRing({ successors, beating, peers: state.peers, neighbors, cap });
  const targets = walk.targets.filter((node) => hasAddress(context, node));
  const peers = new Map<string, Peer>();
  // A probe in flight stays known, so that a target that is watched again meanwhile is not probed twice at once.
  state.peers.forEach((peer, id) => {
    if (isFollowed(peer) || peer.probe.kind === 'in-flight') peers.set(id, peer);
  });
  // A target that comes later than the first reading is probed now; the first ones wait for the first round.
  const firstProbe: ProbePlan = state.watching.length > 0 ? { kind: 'due', at: context.now } : withRound;
  const isFull = targets.length >= cap;
  for (const node of targets)
    peers.set(node.id, comingOn(context, node, isFull) ?? newPeer(node, firstProbe));
  putPeers(context, peers);
  watch(
    context,
    targets.map(({ id }) => id),
  );

  const lookAhead = nextLookAhead(walk, asked.lookAhead, settings);
  state.ring = { ...state.ring, lookAhead, isFull: walk.isFull };
  const isShort = !walk.isEnough && !isWhole && successors.length > 0;
  if (isShort && lookAhead > asked.lookAhead) requestReading(context);
  probeDueTargets(context);
}

function watch({ state, effects }: StepContext, targetIds: readonly string[]): void {
  const before = state.watching;
  const isSame = targetIds.length === before.length && targetIds.every((id) => before.includes(id));
  state.watching = targetIds;
  if (!isSame) effects.push({ kind: 'announce', name: 'watching', payload: { targetIds } });
}

/**
 * What is known of a target that is on the list, or comes onto it again. One that comes onto a full list waits for the
 * round: when many that are beyond the cap come back together, each that answers makes room for the next.
 */
function comingOn({ state }: StepContext, { id }: NodeRecord, isFull: boolean): Peer | undefined {
  const peer = state.peers.get(id);
  if (!isFull || peer?.probe.kind !== 'due' || state.watching.includes(id)) return peer;
  return { ...peer, probe: withRound };
}

function hasAddress({ effects }: StepContext, { id, address }: NodeRecord): boolean {
  if (address !== '') return true;
  const message = `node ${id} has neither internal_ip nor ip_address in dns_nodes, so it cannot be probed; give it an address`;
  effects.push({ kind: 'announce', name: 'warning', payload: { code: 'bad-row', message, targetId: id } });
  return false;
}
