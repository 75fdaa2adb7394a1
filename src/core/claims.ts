/**
 * When an observer tries to own an open recovery: the voter with the lowest id at once, each further voter a pause
 * later, everybody else after them. The registry decides who gets it (one conditional write); this only keeps
 * them from all asking at the same moment.
 */
import type { Settings } from './config.ts';
import type { OpenVerdict } from './reading.ts';
import { compareIds } from './ring.ts';
import type { Verdict } from './verdict.ts';

/** One open verdict as this observer follows it. */
export interface ClaimPlan {
  readonly nodeId: string;
  readonly epoch: number;
  /** When this observer will ask for it; null while somebody holds it or a backoff runs. */
  readonly dueAt: number | null;
  readonly state: 'waiting' | 'claiming' | 'mine';
}

/** The key of a life in a map. Ids have no control characters, so two lives never share one. */
export function lifeKey(nodeId: string, epoch: number): string {
  return `${nodeId}\n${epoch}`;
}

/** Who comes before us: 0 for the lowest voter; for a node without a vote, all voters and one more. */
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
): Map<string, ClaimPlan> {
  const open = new Set(openVerdicts.map(({ verdict }) => lifeKey(verdict.nodeId, verdict.epoch)));
  // What we hold or have asked for is settled by the answer to that, not by a reading that may be stale.
  let next = new Map([...plans].filter(([key, plan]) => open.has(key) || plan.state !== 'waiting'));
  for (const openVerdict of openVerdicts) next = planClaim(next, openVerdict, facts);
  return next;
}

/** The plans with one more open verdict among them. */
export function planClaim(
  plans: ReadonlyMap<string, ClaimPlan>,
  { verdict, isClaimable }: OpenVerdict,
  facts: ClaimFacts,
): Map<string, ClaimPlan> {
  const next = new Map(plans);
  const key = lifeKey(verdict.nodeId, verdict.epoch);
  const known = plans.get(key);
  if (known !== undefined && known.state !== 'waiting') return next;
  const dueAt = isClaimable ? (known?.dueAt ?? firstTry(verdict, facts)) : null;
  next.set(key, { nodeId: verdict.nodeId, epoch: verdict.epoch, dueAt, state: 'waiting' });
  return next;
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
