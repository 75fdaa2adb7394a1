/**
 * When an observer tries to own an open recovery. The one whose question made the verdict does so at once. Others that
 * read of it ask after each other: the voter with the lowest id, each further voter a pause later, then all other nodes. Of
 * an obituary, which has no voters, the nearest node on the ring is the first. The registry decides which one gets it, by
 * one conditional write; this only keeps them from all asking at the same moment.
 */
import { type OpenVerdict, openVerdictLimit } from './reading.ts';
import { compareIds } from './ring.ts';
import type { Settings } from './settings/settings.ts';
import type { ClaimPlan, RingView } from './state.ts';
import type { StepContext } from './step-context.ts';
import type { Verdict } from './verdict.ts';

/** The key of an epoch of a node in a map. Ids have no control characters, so two epochs never share one. */
function epochKey(nodeId: string, epoch: number): string {
  return `${nodeId}\n${epoch}`;
}

/** How many come before us: 0 for the lowest voter; for a node without a vote, all voters and one more. */
export function claimRank(verdict: Verdict, selfId: string): number {
  const voters = claimingVoters(verdict);
  const place = voters.indexOf(selfId);
  return place === -1 ? voters.length + 1 : place;
}

/** The voters in id order, but for those that run the original, which claim nothing: to wait for them would be in vain. */
function claimingVoters({ votes }: Verdict): string[] {
  return votes
    .filter(({ observerEpoch }) => observerEpoch > 0)
    .map(({ observerId }) => observerId)
    .sort(compareIds);
}

/** What the plans below depend on. */
export type ClaimFacts = Pick<StepContext, 'now' | 'random' | 'settings'> & {
  readonly state: { readonly ring: Pick<RingView, 'successors'> };
};

/** Plans the recoveries that a reading shows. */
export function planOpenClaims(context: StepContext, openVerdicts: readonly OpenVerdict[]): void {
  const { state, settings } = context;
  if (!state.hasHandler || state.phase !== 'running' || context.now < state.memory.claimsFrom) return;
  if (openVerdicts.length === 0 && state.claims.size === 0) return;
  // A claim on a former epoch of its own is refused, and closes it: no other node may be left to do that.
  const others = openVerdicts.filter(
    ({ verdict: { nodeId, epoch } }) => nodeId !== settings.nodeId || epoch < state.own.epoch,
  );
  const isWhole = openVerdicts.length < openVerdictLimit;
  state.claims = planClaims(state.claims, others, context, isWhole);
  dueClaims(context);
}

/** Plans the recovery of a verdict that this observer has asked for itself. */
export function planOwnVerdict(context: StepContext, verdict: Verdict): void {
  const { state } = context;
  if (!state.hasHandler || context.now < state.memory.claimsFrom) return;
  state.claims = planOwnDecision(state.claims, verdict, context);
  dueClaims(context);
}

/** How many recoveries one node asks for or runs at a time: the others are left to nodes that have room. */
const claimLimit = 4;

/** Whether this node has room for one more recovery. */
export function hasRoomToClaim(claims: ReadonlyMap<string, ClaimPlan>): boolean {
  let count = 0;
  for (const { state } of claims.values()) if (state !== 'waiting') count++;
  return count < claimLimit;
}

/** Whether this node would run a recovery that another one holds. */
export function isWaitingForOwner(claims: ReadonlyMap<string, ClaimPlan>): boolean {
  return [...claims.values()].some(({ state, dueAt }) => state === 'waiting' && dueAt === null);
}

/** Asks for every recovery whose time has come, for as many as this node has room for. */
export function dueClaims({ state, now, effects }: StepContext): void {
  if (state.claims.size === 0) return;
  const claims = new Map(state.claims);
  for (const [key, plan] of claims) {
    if (plan.state !== 'waiting' || plan.dueAt === null || plan.dueAt > now) continue;
    if (!hasRoomToClaim(claims)) break;
    claims.set(key, { ...plan, state: 'claiming' });
    effects.push({ kind: 'claim', nodeId: plan.nodeId, epoch: plan.epoch });
  }
  state.claims = claims;
}

/** The answer to a claim, or the end of a recovery of ours: `false` puts it back to be followed from readings. */
export function concludeClaim(context: StepContext, nodeId: string, epoch: number, isMine: boolean): void {
  const { state } = context;
  const key = epochKey(nodeId, epoch);
  const plan = state.claims.get(key);
  if (plan === undefined) return;
  const claims = new Map(state.claims);
  if (isMine) claims.set(key, { ...plan, dueAt: null, state: 'mine' });
  else claims.set(key, { ...plan, dueAt: nextTry(context), state: 'waiting', isFollowed: true });
  state.claims = claims;
  // There may be room now for one that has waited for it.
  dueClaims(context);
}

/** The plans after a reading: verdicts that are no longer open are forgotten, new ones are planned. */
export function planClaims(
  plans: ReadonlyMap<string, ClaimPlan>,
  openVerdicts: readonly OpenVerdict[],
  facts: ClaimFacts,
  /** Whether these are all that are open. */
  isWhole: boolean,
): Map<string, ClaimPlan> {
  const open = new Set(openVerdicts.map(({ verdict }) => epochKey(verdict.nodeId, verdict.epoch)));
  // A reading may be stale: what we hold or have asked for is settled by the answer to that alone. A reading may also be
  // full: then our own decision may be missing from it, and stays.
  const isKept = ({ state, isFollowed }: ClaimPlan): boolean =>
    state !== 'waiting' || !(isFollowed || isWhole);
  const next = new Map([...plans].filter(([key, plan]) => open.has(key) || isKept(plan)));
  for (const openVerdict of openVerdicts)
    putClaim(next, openVerdict, firstTry(openVerdict.verdict, facts), true);
  return next;
}

/** The plans with the verdict of this observer's own decision among them. */
export function planOwnDecision(
  plans: ReadonlyMap<string, ClaimPlan>,
  verdict: Verdict,
  facts: ClaimFacts,
): Map<string, ClaimPlan> {
  const next = new Map(plans);
  const dueAt = verdict.reason === null ? facts.now : firstTry(verdict, facts);
  putClaim(next, { verdict, isClaimable: true }, dueAt, false);
  return next;
}

function putClaim(
  plans: Map<string, ClaimPlan>,
  { verdict, isClaimable }: OpenVerdict,
  /** When it is asked for the first time. */
  firstAt: number,
  isFollowed: boolean,
): void {
  const { nodeId, epoch } = verdict;
  const key = epochKey(nodeId, epoch);
  const known = plans.get(key);
  if (known !== undefined && known.state !== 'waiting') return;
  const dueAt = isClaimable ? (known?.dueAt ?? firstAt) : null;
  plans.set(key, { nodeId, epoch, dueAt, state: 'waiting', isFollowed });
}

function firstTry(verdict: Verdict, facts: ClaimFacts): number {
  const { now, random, settings } = facts;
  if (verdict.reason !== null) return firstTryOfObituary(verdict, facts);
  const rank = claimRank(verdict, settings.nodeId);
  const spread = rank > claimingVoters(verdict).length ? random : 0;
  return now + (rank + spread) * settings.claimPauseMs;
}

/**
 * An obituary has no voters. A node that restarts at once costs no failover: it has a grace, from when this observer has read
 * of the verdict. Then the nearest node before it on the ring asks, the others as many pauses later as they are further
 * away. Those that are too far to tell come last.
 */
function firstTryOfObituary(
  { nodeId: deadId }: Verdict,
  { now, random, settings, state }: ClaimFacts,
): number {
  const { nodeId: selfId, restartGraceMs, claimPauseMs } = settings;
  const { successors } = state.ring;
  const nearer = successors.filter(({ id }) => comesBefore(id, deadId, selfId)).length;
  const isFar = successors.length > 0 && nearer === successors.length;
  return now + restartGraceMs + (nearer + (isFar ? random : 0)) * claimPauseMs;
}

/** Whether the first one comes before the second one, clockwise from a place on the ring. */
function comesBefore(oneId: string, otherId: string, fromId: string): boolean {
  const isWrapped = (id: string): boolean => compareIds(id, fromId) <= 0;
  if (isWrapped(oneId) !== isWrapped(otherId)) return isWrapped(otherId);
  return compareIds(oneId, otherId) < 0;
}

/** When to ask again after a refusal: a reading comes before, and shows whether it may be claimed. */
export function nextTry({ now, random, settings }: ClaimFacts): number {
  return now + (1 + random) * 2 * settings.probeIntervalMs;
}

/** How long to wait after a failed attempt, or one whose owner died: doubles with each, up to 64 times the base. */
export function retryDelayMs({ retryBackoffMs }: Pick<Settings, 'retryBackoffMs'>, attempt: number): number {
  return retryBackoffMs * 2 ** Math.min(6, Math.max(0, attempt - 1));
}
