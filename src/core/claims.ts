/**
 * When an observer tries to own an open recovery: the voter with the lowest id at once, each further voter a pause
 * later, all other nodes after them. The registry decides which one gets it (one conditional write); this only keeps
 * them from all asking at the same moment.
 */
import type { OpenVerdict } from './reading.ts';
import { compareIds } from './ring.ts';
import type { Settings } from './settings.ts';
import type { Verdict } from './verdict.ts';

/** One open verdict as this observer follows it. */
export interface ClaimPlan {
  readonly nodeId: string;
  readonly epoch: number;
  /** When this observer will ask for it; null while another node holds it or a backoff runs. */
  readonly dueAt: number | null;
  readonly state: 'waiting' | 'claiming' | 'mine';
  /** False while only this observer's own decision has told of it: a full reading that leaves it out says nothing then. */
  readonly isFollowed: boolean;
}

/** The key of an epoch of a node in a map. Ids have no control characters, so two epochs never share one. */
export function epochKey(nodeId: string, epoch: number): string {
  return `${nodeId}\n${epoch}`;
}

/** How many come before us: 0 for the lowest voter; for a node without a vote, all voters and one more. */
export function claimRank(verdict: Verdict, selfId: string): number {
  const voters = verdict.votes.map(({ observerId }) => observerId).sort(compareIds);
  const place = voters.indexOf(selfId);
  return place === -1 ? voters.length + 1 : place;
}

export interface ClaimFacts {
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: number;
  readonly settings: Settings;
  readonly selfId: string;
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
  // What we hold or have asked for is settled by the answer to that, not by a reading that may be stale; and what we
  // have decided ourselves not by one that had no room for it.
  const isKept = ({ state, isFollowed }: ClaimPlan): boolean =>
    state !== 'waiting' || !(isFollowed || isWhole);
  const next = new Map([...plans].filter(([key, plan]) => open.has(key) || isKept(plan)));
  for (const openVerdict of openVerdicts) putClaim(next, openVerdict, facts, true);
  return next;
}

/** The plans with the verdict of this observer's own decision among them. */
export function planOwnDecision(
  plans: ReadonlyMap<string, ClaimPlan>,
  verdict: Verdict,
  facts: ClaimFacts,
): Map<string, ClaimPlan> {
  const next = new Map(plans);
  putClaim(next, { verdict, isClaimable: true }, facts, false);
  return next;
}

function putClaim(
  plans: Map<string, ClaimPlan>,
  { verdict, isClaimable }: OpenVerdict,
  facts: ClaimFacts,
  isFollowed: boolean,
): void {
  const { nodeId, epoch } = verdict;
  const key = epochKey(nodeId, epoch);
  const known = plans.get(key);
  if (known !== undefined && known.state !== 'waiting') return;
  const dueAt = isClaimable ? (known?.dueAt ?? firstTry(verdict, facts)) : null;
  plans.set(key, { nodeId, epoch, dueAt, state: 'waiting', isFollowed });
}

function firstTry(verdict: Verdict, { now, random, settings, selfId }: ClaimFacts): number {
  const rank = claimRank(verdict, selfId);
  const spread = rank > verdict.votes.length ? random : 0;
  return now + (rank + spread) * settings.claimPauseMs;
}

/** When to ask again after a refusal. */
export function nextTry({ now, random, settings }: ClaimFacts): number {
  return now + (1 + random) * settings.claimPauseMs;
}

/** How long to wait after a failed attempt: doubles with each, up to 64 times the base. */
export function retryDelayMs(settings: Settings, attempt: number): number {
  return settings.retryBackoffMs * 2 ** Math.min(6, Math.max(0, attempt - 1));
}
