/** Follows the open recoveries, if this node has a handler, and asks for those whose time has come. */
import { type ClaimFacts, epochKey, nextTry, planClaims, planOwnDecision } from './claims.ts';
import { type OpenVerdict, openVerdictLimit } from './reading.ts';
import type { StepContext } from './step-context.ts';
import type { Verdict } from './verdict.ts';

/** Plans the recoveries that a reading shows. */
export function planOpenClaims(context: StepContext, openVerdicts: readonly OpenVerdict[]): void {
  const { state, settings } = context;
  if (!state.hasHandler || state.phase !== 'running') return;
  if (openVerdicts.length === 0 && state.claims.size === 0) return;
  // A claim on a former epoch of its own is refused, and closes it: no other node may be left to do that.
  const others = openVerdicts.filter(
    ({ verdict: { nodeId, epoch } }) => nodeId !== settings.nodeId || epoch < state.own.epoch,
  );
  const isWhole = openVerdicts.length < openVerdictLimit;
  state.claims = planClaims(state.claims, others, claimFacts(context), isWhole);
  dueClaims(context);
}

/** Plans the recovery of a verdict that this observer has asked for itself. */
export function planOwnVerdict(context: StepContext, verdict: Verdict): void {
  const { state } = context;
  if (!state.hasHandler) return;
  state.claims = planOwnDecision(state.claims, verdict, claimFacts(context));
  dueClaims(context);
}

/** Asks for every recovery whose time has come. */
export function dueClaims({ state, now, effects }: StepContext): void {
  if (state.claims.size === 0) return;
  const claims = new Map(state.claims);
  for (const [key, plan] of claims) {
    if (plan.state !== 'waiting' || plan.dueAt === null || plan.dueAt > now) continue;
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
  else claims.set(key, { ...plan, dueAt: nextTry(claimFacts(context)), state: 'waiting', isFollowed: true });
  state.claims = claims;
}

function claimFacts({ now, random, settings }: StepContext): ClaimFacts {
  return { now, random, settings, selfId: settings.nodeId };
}
