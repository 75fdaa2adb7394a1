/** Votes that the registry has, verdicts asked for and learnt of, the brake, and claims of recoveries. */
import { type ClaimFacts, lifeKey, nextTry, planClaims, planOwnDecision } from './claims.ts';
import type { Input } from './effects.ts';
import { fullWatch } from './own-beats.ts';
import { afterRemoval, decisionOf, type Peer } from './peer.ts';
import { type DecideResult, type OpenVerdict, openVerdictLimit, type RoundReading } from './reading.ts';
import { forgetPeer, putPeer, type Turn, votingFacts } from './state.ts';
import { recordAgain } from './transitions.ts';
import type { Verdict } from './verdict.ts';
import { needsAffirmation, questionAbout } from './vote.ts';

/** The registry has a statement: the vote counts from now on, and the accused has been told. */
export function concludeRecording(turn: Turn, input: Extract<Input, { kind: 'recorded' }>): void {
  const peer = turn.state.peers.get(input.targetId);
  if (peer === undefined) return;
  if (input.status === 'recovered') {
    const { takenBack } = peer;
    if (takenBack?.epoch !== input.targetEpoch) return;
    putPeer(turn, { ...peer, takenBack: { ...takenBack, readingCount: 0 } });
    return;
  }
  if (peer.epoch !== input.targetEpoch || peer.status === 'healthy') return;
  putPeer(turn, {
    ...peer,
    accusedAt: peer.accusedAt ?? turn.now,
    votedAt: input.status === 'dead' ? turn.now : peer.votedAt,
  });
  decideAndAffirm(turn);
}

/** The registry will never have a statement: it is said again at the next probe that bears it out, unless a later one was. */
export function concludeRefusal(turn: Turn, input: Extract<Input, { kind: 'not-recorded' }>): void {
  const peer = turn.state.peers.get(input.targetId);
  if (peer === undefined) return;
  if (input.status === 'recovered') {
    if (peer.takenBack?.epoch === input.targetEpoch) putPeer(turn, { ...peer, isUnheard: true });
  } else if (peer.status === input.status && peer.epoch === input.targetEpoch) {
    putPeer(turn, { ...peer, isUnheard: true, votedAt: null });
  }
}

/**
 * A vote counts by the registry's clock, which may step: one that is half a quorum window old by that, an own heartbeat
 * beside it, is said again at the next probe that bears it out, however young it is by this observer's clock.
 */
export function renewAged(turn: Turn, { ownBeat, statements }: RoundReading): void {
  const { now, settings, state } = turn;
  if (ownBeat === null) return;
  for (const { targetId, targetEpoch, status, observerEpoch, affirmedAt } of statements) {
    const peer = state.peers.get(targetId);
    const isVote = status === 'dead' && observerEpoch === state.epoch && peer?.status === 'dead';
    if (!isVote || peer.epoch !== targetEpoch || peer.votedAt === null || peer.isUnheard) continue;
    // A lagging follower shows an old one for a while after it was said again.
    if (now - peer.votedAt < settings.heartbeatWindowMs) continue;
    if (ownBeat.at - affirmedAt >= settings.quorumWindowMs / 2) putPeer(turn, { ...peer, isUnheard: true });
  }
}

/** For every vote of ours without a verdict: affirms it in time, and asks for the verdict when the accused has had its time. */
export function decideAndAffirm(turn: Turn): void {
  if (turn.state.phase !== 'running') return;
  for (const voted of turn.state.peers.values()) {
    if (voted.status !== 'dead') continue;
    const peer = needsAffirmation(votingFacts(turn), voted) ? affirm(turn, voted) : voted;
    const question = questionAbout(turn, peer);
    if (question === null) continue;
    putPeer(turn, { ...peer, isDeciding: true });
    turn.effects.push({
      kind: 'decide',
      targetId: peer.node.id,
      targetEpoch: peer.epoch,
      watch: fullWatch(turn.state.ownBeats, turn.state.lastReadAt, turn.settings),
      refutationCount: question.refutationCount,
    });
  }
}

function affirm(turn: Turn, voted: Peer): Peer {
  // `votedAt` moves at once so that the affirmation is written once; the acknowledgement moves it again.
  const peer = { ...voted, votedAt: turn.now, votedDecision: decisionOf(voted, voted.epoch) };
  putPeer(turn, peer);
  recordAgain(turn, peer, 'dead');
  return peer;
}

/** The registry's answer to a question of death. */
export function concludeDecision(turn: Turn, input: Extract<Input, { kind: 'decided' }>): void {
  const { targetId, targetEpoch, result } = input;
  const peer = turn.state.peers.get(targetId);
  if (peer !== undefined) putPeer(turn, { ...peer, isDeciding: false });
  if (result === null) return;
  applyBrake(turn, targetId, result);
  if (peer !== undefined && isGone(result) && peer.epoch === targetEpoch) {
    const gone = afterRemoval(peer);
    if (gone === null) forgetPeer(turn, targetId);
    else putPeer(turn, gone);
  }
  if (result.outcome !== 'dead') return;
  if (peer !== undefined && peer.epoch === targetEpoch && peer.node.epoch === targetEpoch) {
    const { lifecycle, decisionCount } = peer.node;
    // The verdict that stands is at least this one; the next reading tells whether it is a later one.
    const node = {
      ...peer.node,
      lifecycle: 'dead',
      decisionCount: lifecycle === 'dead' ? decisionCount : decisionCount + 1,
    } as const;
    putPeer(turn, { ...peer, isDeciding: false, node });
  }
  announceVerdicts(turn, [result.verdict]);
  if (!result.isNew || !turn.state.hasHandler) return;
  turn.state.claims = planOwnDecision(turn.state.claims, result.verdict, claimFacts(turn));
  dueClaims(turn);
}

/** Whether the registry's leader has no such node on the ring; a reading may not show that, since a row may be deleted. */
function isGone(result: DecideResult): boolean {
  return result.outcome === 'alive' && (result.reason === 'unknown' || result.reason === 'left');
}

function applyBrake(turn: Turn, targetId: string, result: DecideResult | null): void {
  const { state } = turn;
  const isBraked = result?.outcome === 'pending' && result.reason === 'brake';
  const wasOn = state.brakedIds.length > 0;
  const others = state.brakedIds.filter((id) => id !== targetId);
  state.brakedIds = isBraked ? [...others, targetId] : others;
  const isOn = state.brakedIds.length > 0;
  if (isOn === wasOn) return;
  // What lets it go is learnt without these numbers.
  const counts = isBraked ? { unresolvedCount: result.unresolvedCount, limit: result.limit } : null;
  const payload = { isOn, targetId, ...(counts ?? { unresolvedCount: null, limit: null }) };
  turn.effects.push(
    {
      kind: 'note',
      note: isOn ? 'brake-on' : 'brake-off',
      targetId,
      targetEpoch: null,
      detail: counts ?? {},
    },
    { kind: 'announce', name: 'brake', payload },
  );
}

/** Lets the brake go for targets that this observer no longer holds dead. */
export function releaseBrake(turn: Turn): void {
  for (const id of turn.state.brakedIds) {
    if (turn.state.peers.get(id)?.status !== 'dead') applyBrake(turn, id, null);
  }
}

/** How many verdicts are remembered as announced. */
const announcedLimit = 256;

/** Announces each verdict once, however often it is read. */
export function announceVerdicts(turn: Turn, verdicts: readonly Verdict[]): void {
  const { state } = turn;
  for (const verdict of verdicts) {
    const key = lifeKey(verdict.nodeId, verdict.epoch);
    if (state.announcedVerdicts.includes(key)) continue;
    state.announcedVerdicts = [...state.announcedVerdicts, key].slice(-announcedLimit);
    turn.effects.push({ kind: 'announce', name: 'verdict', payload: { verdict } });
  }
}

/** Follows the open recoveries, if this node has a handler. */
export function planOpenClaims(turn: Turn, openVerdicts: readonly OpenVerdict[]): void {
  const { state } = turn;
  if (!state.hasHandler || state.phase !== 'running') return;
  if (openVerdicts.length === 0 && state.claims.size === 0) return;
  // A claim on a former life of its own is refused, and closes it: else nobody might, where all others are gone.
  const others = openVerdicts.filter(
    ({ verdict: { nodeId, epoch } }) => nodeId !== turn.settings.nodeId || epoch < state.epoch,
  );
  const isWhole = openVerdicts.length < openVerdictLimit;
  state.claims = planClaims(state.claims, others, claimFacts(turn), isWhole);
  dueClaims(turn);
}

function claimFacts({ now, random, settings }: Turn): ClaimFacts {
  return { now, random, settings, selfId: settings.nodeId };
}

/** Asks for every recovery whose time has come. */
export function dueClaims(turn: Turn): void {
  if (turn.state.claims.size === 0) return;
  const claims = new Map(turn.state.claims);
  for (const [key, plan] of claims) {
    if (plan.state !== 'waiting' || plan.dueAt === null || plan.dueAt > turn.now) continue;
    claims.set(key, { ...plan, state: 'claiming' });
    turn.effects.push({ kind: 'claim', nodeId: plan.nodeId, epoch: plan.epoch });
  }
  turn.state.claims = claims;
}

/** The answer to a claim, or the end of a recovery of ours: `false` puts it back to be followed from readings. */
export function concludeClaim(turn: Turn, nodeId: string, epoch: number, isMine: boolean): void {
  const key = lifeKey(nodeId, epoch);
  const plan = turn.state.claims.get(key);
  if (plan === undefined) return;
  const claims = new Map(turn.state.claims);
  if (isMine) claims.set(key, { ...plan, dueAt: null, state: 'mine' });
  else claims.set(key, { ...plan, dueAt: nextTry(claimFacts(turn)), state: 'waiting', isFollowed: true });
  turn.state.claims = claims;
}
