/**
 * Proof that this observer's own network works, for what it says of a target: another node has answered a probe that was
 * sent late enough. Where every other node is silent, dead or in maintenance (or there is none), the registry's answer to
 * a reading is the proof. Not for: the other conditions of a vote (vote.ts).
 */
import { sparedUntil } from './grace.ts';
import type { NodeRecord } from './node.ts';
import { isSilent, watchedSince } from './own-beats.ts';
import { isAnswering, isConfirmedDead, type Peer } from './peer.ts';
import { probeOne, requestReading } from './rounds.ts';
import type { Settings } from './settings/settings.ts';
import type { StepContext } from './step-context.ts';

/** Whether there is proof from what was asked at that time or later. */
export function hasProofSince(context: StepContext, targetId: string, since: number): boolean {
  return firstProofSince(context, targetId, since) !== null;
}

/** When the oldest proof that is still known was asked for, at that time or later; null for none. */
export function firstProofSince(context: StepContext, targetId: string, since: number): number | null {
  let first: number | null = null;
  for (const { node, answers } of context.state.peers.values()) {
    // After a suspension no answer is known, whenever its probe was sent.
    if (node.id === targetId || answers === null || answers.cameAt === null) continue;
    if (answers.sentAt >= since) first = Math.min(first ?? answers.sentAt, answers.sentAt);
  }
  const { provenAt } = context.state.ring;
  if (first !== null || provenAt === null || provenAt < since) return first;
  return isLastOne(context, targetId) ? provenAt : null;
}

/**
 * Whether there is proof for a vote that is to be said again. A reading a round is proof enough where the registry is the only
 * one left: nothing reads more often for a vote that was said.
 */
export function hasLastingProof(context: StepContext, targetId: string): boolean {
  const { now, settings, state } = context;
  const { proofWindowMs, probeIntervalMs, jitter, registryTimeoutMs } = settings;
  if (hasProofSince(context, targetId, now - proofWindowMs)) return true;
  const { provenAt } = state.ring;
  const readingMs = Math.max(proofWindowMs, probeIntervalMs * (1 + jitter) + registryTimeoutMs);
  return provenAt !== null && provenAt >= now - readingMs && isLastOne(context, targetId);
}

/** Whether no node but the target is left that could answer. */
function isLastOne({ settings, state }: StepContext, targetId: string): boolean {
  const { peers, ring, own } = state;
  if (!ring.isWhole || ring.readAt === null) return false;
  const from = watchedSince(own.beats, ring.readAt, settings);
  const cannotAnswer = (node: NodeRecord): boolean =>
    node.id === targetId || node.lifecycle !== 'alive' || isSilent(node, from);
  return ring.successors.every(cannotAnswer) && [...peers.values()].every(({ node }) => cannotAnswer(node));
}

/** Whether the misses of the target still count: those of a time without proof do not. */
export function areMissesProven(context: StepContext, { node, misses }: Peer): boolean {
  return misses === null || hasProofSince(context, node.id, misses.lastAt - context.settings.proofWindowMs);
}

/**
 * While a target is missed: looks at one other target, unless one has answered since the first miss and lately. Where no
 * node is left that could answer, it has the registry read.
 */
export function seekProof(context: StepContext): void {
  const { state, now } = context;
  if (proofDueAt(context) > now) return;
  // The one whose answer is the oldest: what the others have proven is still known then.
  let chosen: Peer | null = null;
  let isOneAsked = false;
  for (const id of state.watching) {
    const peer = state.peers.get(id);
    if (peer === undefined || !isAnswering(peer)) continue;
    if (peer.probe.kind === 'in-flight') isOneAsked = true;
    else if (chosen === null || newestSentAt(peer) < newestSentAt(chosen)) chosen = peer;
  }
  if (chosen !== null) probeOne(context, chosen);
  // The end of a probe in flight is waited for.
  else if (isOneAsked) return;
  else if (state.watching.some((id) => isLastOne(context, id))) requestReading(context);
  state.timers = { ...state.timers, proofSoughtAt: now };
}

/** When the newest probe was sent that it answered; Infinity where it has answered none, and is asked last. */
const newestSentAt = ({ answers }: Peer): number => answers?.sentAt ?? Number.POSITIVE_INFINITY;

/**
 * When proof is to be sought next; Infinity while it would be of no use: no target is missed, the grace spares those that
 * are, or they are voted against and only the registry is left to ask. In the past while what is in flight may bring it.
 */
export function proofDueAt(context: StepContext): number {
  const { state, settings, now } = context;
  let newestFirstAt = Number.NEGATIVE_INFINITY;
  let newestProofAt = Number.NEGATIVE_INFINITY;
  let isOneAnswering = false;
  let isOneUnsaid = false;
  for (const id of state.watching) {
    const peer = state.peers.get(id);
    if (peer === undefined) continue;
    const { misses, answers } = peer;
    if (misses === null) {
      isOneAnswering = true;
      if (answers !== null) newestProofAt = Math.max(newestProofAt, answers.sentAt);
      if (isAskedFor(peer)) newestFirstAt = Math.max(newestFirstAt, peer.probe.startedAt);
    } else if (!isConfirmedDead(peer) && sparedUntil(context, peer) <= now) {
      newestFirstAt = Math.max(newestFirstAt, misses.firstAt);
      if (peer.statement.kind !== 'dead') isOneUnsaid = true;
    }
  }
  if (!isOneAnswering && !isOneUnsaid) return Number.POSITIVE_INFINITY;
  if (newestFirstAt === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (!isOneAnswering) newestProofAt = state.ring.provenAt ?? newestProofAt;
  const paceMs = proofPaceMs(settings);
  const soughtAt = state.timers.proofSoughtAt + paceMs;
  return newestProofAt < newestFirstAt ? soughtAt : Math.max(soughtAt, newestProofAt + paceMs);
}

/** Whether the look under way is one that another observer has asked for: its miss begins the silence where there is proof from then. */
function isAskedFor(peer: Peer): peer is Peer & { readonly probe: { readonly startedAt: number } } {
  return peer.probe.kind === 'in-flight' && peer.hints?.source === 'observer';
}

/** How often proof is sought at most, in milliseconds: so that there are some within the window, and no more often than a target is asked again. */
export function proofPaceMs({ proofWindowMs, retryIntervalRefusedMs }: Settings): number {
  return Math.max(proofWindowMs / 3, retryIntervalRefusedMs);
}
