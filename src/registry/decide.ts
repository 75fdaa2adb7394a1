/** Whether a node is dead: counts the valid votes, and makes the verdict when they are a quorum. One rule. */
import { quorumSize, type Verdict, type Vote } from '../core/verdict.ts';
import type { BrakeFacts, DecideRequest, DecideResult } from '../ports/registry.ts';
import type { NodeRow, VerdictRow } from '../ports/rows.ts';
import { type Guard, Plus, Taken, type Write } from '../ports/store.ts';
import { openDeaths, weigh } from './brake.ts';
import { clusterRow } from './cluster-row.ts';
import { appendEvent } from './events.ts';
import { nextDeath } from './flapping.ts';
import { asKnown, progressQueries } from './generation.ts';
import { actingLifecycles, isInMaintenance, nodeById, unchanged, updateNode } from './node-row.ts';
import { mirrorLeave } from './original/mirror.ts';
import { noLineAfter } from './original/shared-rows.ts';
import { type EndOfLeases, endLeases, leasesOf } from './owner-over.ts';
import { takeRelease } from './release.ts';
import { answer, answerForNow, ask, atMost, change, count, type Rule, type Step, select } from './rule.ts';
import { accusationsOf } from './statements.ts';
import { isStillInEpoch, sawProcessGo, validVotes } from './valid-votes.ts';
import { neverClaimed, updateVerdict, verdictOf, verdictOfEpoch } from './verdict-row.ts';

/**
 * Possible voters: nodes whose vote would count and that are not silent. While it beats, one in maintenance is among them,
 * and one that is off the ring by another program's status. Without those, one blind observer of three could find a
 * healthy node dead.
 */
const ableToVote = [
  ['lifecycle', 'in'],
  ['beatOrder', '>='],
] as const;
/** Nodes of the original are not silent while they are on the ring: their heartbeats are as rare as they like. */
const originals = [
  ['lifecycle', '='],
  ['instanceId', 'null'],
] as const;
const voters = select('nodes', ableToVote, { isLimited: true });
const originalVoters = select('nodes', originals, { isLimited: true });
const voterCountBut = count('nodes', [...ableToVote, ['nodeId', 'not-in']], true);
const originalCountBut = count('nodes', [...originals, ['nodeId', 'not-in']], true);

/** What a decision has to know of the border to the original. */
export interface Border {
  /** Lines of its log that are lines of ours. */
  readonly upTo: number;
  /** Whether all of its rows were imported, and not those alone that the target needs. */
  readonly isWhole: boolean;
}

/**
 * Answers a question of death; null when rows of the original could change the answer that were not imported yet. The
 * votes are counted first, since most questions end there.
 */
export function decide(request: DecideRequest, border: Border, now: number): Rule<DecideResult | null> {
  const { targetId, targetEpoch, observerId, observerEpoch, minQuorum, newestBeat } = request;
  const known = { ...request.known, newestBeat };
  const asker = { nodeId: observerId, epoch: observerEpoch };
  const since = request.watchedSince ?? 0;
  // The target and the voters among them leave enough to tell whether the quorum is the full one.
  const limit = 2 * minQuorum + 1;
  return ask(
    [
      nodeById(targetId),
      accusationsOf([targetId]),
      verdictOfEpoch(targetId, targetEpoch),
      voters(actingLifecycles, since, limit),
      originalVoters('alive', limit),
      ...progressQueries(asker, known),
    ],
    ([[target], accusations, [verdict], ours, theirs, ...progress]) => {
      // In a restored registry votes stand again that were taken back, and orders and counts are lower than they were.
      const isAsKnown = asKnown(asker, known, progress);
      if (isAsKnown === null) return answerForNow<DecideResult>({ outcome: 'pending', reason: 'went-back' });
      if (target === undefined) return answer<DecideResult>({ outcome: 'alive', reason: 'unknown' });
      const early = withoutVotes(request, target, verdict, now);
      if (early !== null) return early;
      const said = target.obituary;
      if (said !== null && target.lifecycle === 'alive')
        return decideObituary(request, { target, verdict, reason: said, guards: isAsKnown }, now);
      const valid = validVotes(accusations, target, { since, now, windowMs: request.quorumWindowMs });
      // A vote that is not early enough makes its observer a possible voter all the same.
      const votes = request.isEarly === true ? valid.filter(sawProcessGo) : valid;
      const voted = new Set(votes.map(({ observerId: id }) => id));
      const counted = new Set([targetId, ...valid.map(({ observerId: id }) => id)]);
      const idleOf = (rows: readonly NodeRow[]): string[] =>
        rows.map(({ nodeId }) => nodeId).filter((id) => !counted.has(id));
      const [yetToVote, originalsYetToVote] = [idleOf(ours), idleOf(theirs)];
      const quorum = quorumSize({
        minQuorum,
        isStrict: request.isQuorumStrict,
        voterCount: valid.length + new Set([...yetToVote, ...originalsYetToVote]).size,
      });
      const pending = withoutQuorum(request, target, votes.length, quorum);
      if (pending !== null) return answerForNow<DecideResult>(pending);
      if (quorum < minQuorum && !border.isWhole) return answerForNow(null);
      const guards: Guard[] = [
        unchanged([targetId, target]),
        ...accusations.filter((vote) => voted.has(vote.observerId)).map(isStillInEpoch),
        noLineAfter(targetId, border.upTo),
        ...isAsKnown,
      ];
      if (quorum < minQuorum) {
        guards.push(
          atMost(voterCountBut(actingLifecycles, since, [...counted], limit), yetToVote.length),
          atMost(originalCountBut('alive', [...counted], limit), originalsYetToVote.length),
        );
      }
      return underTheBrake(request, votes, now, (brakeGuards, leases) => {
        const made = { votes, quorum, guards: [...guards, ...brakeGuards], leases, now };
        return makeVerdict(request, target, verdict, made);
      });
    },
  );
}

/** What a node's own agent has said of its epoch, with what was read of the node. */
interface Said {
  readonly target: NodeRow;
  readonly verdict: VerdictRow | undefined;
  readonly reason: string;
  /** That the registry is as the asker knows it. */
  readonly guards: readonly Guard[];
  /** What is written besides, whether or not the brake has room. */
  readonly writes?: readonly Write[];
  /** What is written after that where it has none, of so many members, and what must still be so then. */
  readonly held?: (memberCount: number) => {
    readonly writes: readonly Write[];
    readonly guards: readonly Guard[];
  };
}

/** A death by the word of the node's own agent needs no votes: only the brake holds it. */
export function decideObituary(
  request: Question,
  { target, verdict, reason, guards: asKnownGuards, writes = [], held }: Said,
  now: number,
): Rule<DecideResult> {
  const { targetId } = request;
  const isSame = [unchanged([targetId, target]), ...asKnownGuards];
  return underTheBrake(
    request,
    [],
    now,
    (brakeGuards, leases) => {
      const guards = [...isSame, ...brakeGuards];
      const decision = { votes: [], quorum: 0, reason, guards, leases, now };
      const made = makeVerdict(request, target, verdict, decision);
      // As a leave: observers that run the original must not vote on it.
      const gone = [updateNode(targetId, { status: 'inactive' }), ...mirrorLeave(targetId)];
      return { ...made, writes: [...writes, ...made.writes, ...gone] };
    },
    (answered, memberCount) => {
      if (writes.length === 0) return null;
      const more = held?.(memberCount);
      const guards = [...isSame, ...(more?.guards ?? [])];
      return change<DecideResult>(answered, [...writes, ...(more?.writes ?? [])], guards);
    },
  );
}

/** What a verdict depends on of the question that leads to it. */
export type Question = Pick<
  DecideRequest,
  'targetId' | 'targetEpoch' | 'observerId' | 'watchedSince' | keyof BrakeFacts
>;

/** Makes the verdict unless too many deaths weigh and no operator has released the brake. */
function underTheBrake(
  request: Question,
  /** Those that the verdict is made of; none where the node's own agent has said so. */
  votes: readonly Vote[],
  now: number,
  make: (guards: readonly Guard[], leases: EndOfLeases) => Step<DecideResult>,
  /** What is written where the brake has no room; null for nothing. */
  hold: (held: DecideResult, memberCount: number) => Step<DecideResult> | null = () => null,
): Rule<DecideResult> {
  const { targetId, targetEpoch, maxDeadFraction, marks } = request;
  const facts = { targetId, since: request.watchedSince ?? 0, marks, now };
  return ask([leasesOf(targetId), ...openDeaths(facts)], ([owned, ...counts]) => {
    const leases = endLeases(targetId, owned, votes.every(sawProcessGo), now);
    const { unresolvedCount, memberCount, limit, guards } = weigh(counts, facts, maxDeadFraction);
    if (unresolvedCount < limit) return make(guards, leases);
    const held: DecideResult = { outcome: 'pending', reason: 'brake', unresolvedCount, limit };
    // What holds the brake may be this very verdict, made since the votes were counted.
    return ask(
      [nodeById(targetId), verdictOfEpoch(targetId, targetEpoch), clusterRow(1)],
      ([[target], [verdict], [cluster]]) => {
        const settled = target === undefined ? null : withoutVotes(request, target, verdict, now);
        if (settled !== null) return settled;
        const release = takeRelease(cluster, now);
        if (release === null) return hold(held, memberCount) ?? answerForNow(held);
        const step = make(release.guards, leases);
        return { ...step, writes: [...step.writes, ...release.writes] };
      },
    );
  });
}

/** What is clear before any vote is counted. */
export function withoutVotes(
  { targetEpoch }: Pick<DecideRequest, 'targetEpoch'>,
  target: NodeRow,
  verdict: VerdictRow | undefined,
  now: number,
): Step<DecideResult> | null {
  const { epoch, lifecycle } = target;
  if (epoch !== targetEpoch)
    return answer({ outcome: 'alive', reason: epoch > targetEpoch ? 'newer-epoch' : 'unknown' });
  if (lifecycle === 'left') return answer({ outcome: 'alive', reason: 'left' });
  if (lifecycle === 'dead' && verdict !== undefined)
    return answerForNow({ outcome: 'dead', verdict: verdictOf(verdict), isNew: false });
  return isInMaintenance(target, now) ? answerForNow({ outcome: 'alive', reason: 'maintenance' }) : null;
}

function withoutQuorum(
  { refutationCount }: DecideRequest,
  target: NodeRow,
  voteCount: number,
  quorum: number,
): DecideResult | null {
  if (voteCount < quorum) return { outcome: 'pending', reason: 'votes', voteCount, quorum };
  const hasRefuted = refutationCount !== null && refutationCount !== target.refutationCount;
  return hasRefuted ? { outcome: 'pending', reason: 'refuted' } : null;
}

interface Decision {
  readonly votes: readonly Vote[];
  readonly quorum: number;
  /** What the node's own agent gave as the reason. Default: null, the votes are. */
  readonly reason?: string;
  readonly guards: readonly Guard[];
  /** How the recoveries end that the dead node owns. */
  readonly leases: EndOfLeases;
  readonly now: number;
}

function makeVerdict(
  request: Question,
  target: NodeRow,
  before: VerdictRow | undefined,
  { votes, quorum, reason, guards: still, leases, now }: Decision,
): Step<DecideResult> {
  const { targetId, targetEpoch, observerId } = request;
  const decisionCount = target.decisionCount + 1;
  const { deathCount, pauseMs } = nextDeath(target, request);
  const made = {
    decidedAt: now,
    decisionCount,
    quorum,
    votes,
    resolution: null,
    resolvedAt: 0,
    hasReturned: false,
    reason: reason ?? null,
    isGivenUp: false,
    heldUntil: pauseMs > 0 ? now + pauseMs : 0,
    heldSince: now,
  };
  const guards = [...still, ...leases.guards];
  const row: VerdictRow = { ...neverClaimed, nodeId: targetId, epoch: targetEpoch, ...made };
  const write: Write =
    before === undefined ? { kind: 'put', table: 'verdicts', row: { ...row } } : updateVerdict(row, made);
  const about = { at: now, observerId, targetId, targetEpoch };
  const voterIds = votes.map((vote) => vote.observerId);
  const detail = { quorum, voterIds, ...(reason === undefined ? {} : { reason }) };
  const verdict: Verdict = verdictOf(before === undefined ? row : { ...before, ...made });
  return change<DecideResult>(
    { outcome: 'dead', verdict, isNew: true },
    [
      write,
      updateNode(targetId, {
        lifecycle: 'dead',
        decisionCount,
        deathOrder: new Taken('beat'),
        flapCount: deathCount,
        ...(before?.resolution === null && !before.isGivenUp ? {} : { openRecoveries: new Plus(1) }),
      }),
      appendEvent({ ...about, kind: 'verdict', detail }),
      ...leases.writes,
      ...(pauseMs > 0 ? [appendEvent({ ...about, kind: 'flapping', detail: { deathCount, pauseMs } })] : []),
    ],
    // A row that could not be read is not overwritten.
    before === undefined ? [...guards, atMost(verdictCount(targetId, targetEpoch), 0)] : guards,
  );
}

const verdictCount = count('verdicts', [
  ['nodeId', '='],
  ['epoch', '='],
]);
