/**
 * C2: registry rows read per node and round do not grow with N: they are bounded by K, the watch list's cap and deaths.
 *
 * Checked as: a node reads by `readRound` alone, and not more often in a round than the walk may double its
 * look-ahead. With C the larger one of the cap and K, a reading asks for and gets at most
 * - C + 1 successors (one spare row) and 3 further nodes that beat, each on the ring;
 * - 2 C rows of held targets, and 2 C statements of its own: what this epoch holds and what an earlier one had said. One
 *   more of each for every node that is confirmed dead, since it may come back. One more for a node that was dead, until
 *   the reader asks for it no more: it takes back what it had said, or the registry went back to before the death;
 * - 32 accusers: a node that no observer reaches has ever more of them while others come and go;
 * - 32 open verdicts, and no other ones.
 * A node that has a reason to suspect that it is accused reads 20 times more, and then three times in an answer window, until
 * the last reason is a window and the observers' misses ago. A node that stood still hears of a reason when it goes on, and goes on with one.
 * An observer that misses a target may read once in each pace of proof, and one that accuses a node once in 500 ms.
 */
import { proofPaceMs } from '../../core/network-proof.ts';
import type { RoundReading } from '../../core/reading.ts';
import { fullAnswerWindowMs } from '../../core/settings/setting-rules.ts';
import type { RoundRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';
import { OwnSuspicions } from './own-suspicions.ts';
import { doublingsTo, ownSuspicionMs } from './time-bounds.ts';

/** Clocks may drift by 1 %, and a pair of them by twice that. */
export const toleratedPart = 0.97;

/** The limits of a reading, as the promise has them; the registry's own are not asked. */
const openVerdictLimit = 32;
const accuserLimit = 32;
const beatingLimit = 3;

/** While the accused may answer, its observer must not miss that. */
const decisionPaceMs = 500;

/** For how long a reading is remembered: its message may have been held up for a while. */
const keptRounds = 20;

/** Calls that read whole tables: for people, not for rounds. */
const wholeTables: readonly string[] = ['readCluster', 'readEvents'];

export const rowsReadAreBounded: CreateChecker = ({ world, ledger, settings, report }) => {
  const cap = Math.max(settings.watchListCap, settings.neighbors);
  const roundMs = settings.probeIntervalMs * (1 - settings.jitter) * toleratedPart;
  const suspicions = new OwnSuspicions();
  const suspicionMs = ownSuspicionMs(settings);
  // The pause grows from 100 ms to a third of the window in these many steps at most.
  const windowMs = fullAnswerWindowMs(settings);
  const suspectReadings = 20 + doublingsTo(windowMs / 3 / 100) + Math.ceil((3 * roundMs) / windowMs);
  const proofReadings = 1 + Math.ceil(roundMs / proofPaceMs(settings));
  const decisionReadings = 1 + Math.ceil(roundMs / decisionPaceMs);
  /** By observer: when it last missed a probe, and when it was last seen to accuse a node. */
  const missedAt = new Map<string, number>();
  const accusingAt = new Map<string, number>();
  const isWithin = (times: ReadonlyMap<string, number>, id: string, at: number, ms: number): boolean =>
    at - (times.get(id) ?? Number.NEGATIVE_INFINITY) < ms;
  const accuses = (id: string): boolean =>
    [...ledger.statements].some(([targetId, said]) => said.has(id) && !ledger.isDead(targetId));
  const readings = new Map<string, number[]>();
  /** When each node stood still, oldest first. */
  const pauses = new Map<string, readonly { readonly from: number; readonly until: number }[]>();
  const heardAt = (id: string, at: number): number => {
    let reasonAt = suspicions.lastReasonAt(id, at);
    for (const { from, until } of pauses.get(id) ?? []) {
      if (reasonAt >= from) reasonAt = Math.max(reasonAt, until);
      // What ran as it stood still goes on for as long.
      else if (reasonAt + suspicionMs > from) reasonAt += until - from;
    }
    return reasonAt;
  };
  /** The nodes that each reader asks for since they were dead. */
  const heldDead = new Map<string, ReadonlySet<string>>();
  const wasDead = (id: string): boolean => ledger.verdicts.some(({ nodeId }) => nodeId === id);
  const isOver = (id: string, readerId: string): boolean =>
    ledger.isDead(id) ||
    (wasDead(id) && ledger.statements.get(id)?.has(readerId) === true) ||
    heldDead.get(readerId)?.has(id) === true;

  return {
    onProbeBegan: (probe) => suspicions.probeBegan(probe),
    onProbeEnded: (probe, outcome) => {
      // Another epoch's answer, an impostor's for instance, did not come from the node.
      const isOfEpoch =
        outcome.kind === 'answer' && outcome.epoch === ledger.nodes.get(probe.targetId)?.epoch;
      suspicions.probeEnded(probe, isOfEpoch, world.now);
      if (outcome.kind !== 'answer') missedAt.set(probe.observerId, world.now);
    },
    onObserverClosed: (targetId) => suspicions.noteReason(targetId, world.now),
    onAskedToLook: (receiverId, targetId) => {
      if (receiverId === targetId) suspicions.noteReason(targetId, world.now);
    },
    onHistory: (entry) => {
      if (entry.kind === 'paused') {
        const durationMs = Number(/ (\d+) ms$/.exec(entry.detail)?.[1] ?? 0);
        const before = pauses.get(entry.nodeId) ?? [];
        pauses.set(entry.nodeId, [...before, { from: entry.at, until: entry.at + durationMs }]);
      }
      // A lagging follower, whose answers no tap hears, may have shown the accusers.
      if (entry.kind === 'refuted') suspicions.noteReason(entry.nodeId, world.now);
      // A new epoch reads the ring anew.
      if (entry.kind !== 'started' && entry.kind !== 'joined') return;
      readings.delete(entry.nodeId);
      heldDead.delete(entry.nodeId);
    },
    onCall: ({ method, request, nodeId, sentAt }, result) => {
      if (wholeTables.includes(method)) report(`${nodeId} reads whole tables with ${method}`);
      if (method !== 'readRound') return;
      const { lookAhead, beatingSince, watched } = request as RoundRequest;
      const {
        successors,
        beating,
        watched: rows,
        statements,
        accuserIds,
        openVerdicts,
      } = result as RoundReading;
      const atMost = (count: number, limit: number, what: string): void => {
        if (count > limit) report(`${nodeId} ${what}: ${count} in a reading, at most ${limit}`);
      };
      const lookAheadLimit = cap + 1;
      atMost(lookAhead, lookAheadLimit, 'asks for successors');
      atMost(successors.length, lookAhead, 'was given successors');
      const dead = new Set(watched.filter((id) => isOver(id, nodeId)));
      heldDead.set(nodeId, dead);
      atMost(watched.length - dead.size, 2 * cap, 'asks for held targets');
      atMost(beating.length, beatingSince === null ? 0 : beatingLimit, 'was given nodes that beat');
      for (const { id } of [...successors, ...beating])
        if (!ledger.isOnRing(id)) report(`${nodeId} was given the successor ${id}, which is not on the ring`);
      atMost(rows.length, watched.length, 'was given held targets');
      atMost(
        statements.filter(({ targetId }) => !isOver(targetId, nodeId)).length,
        2 * cap,
        'was given statements of its own',
      );
      atMost(accuserIds.length, accuserLimit, 'was given accusers');
      const openCount = ledger.verdicts.filter(({ resolution }) => resolution === null).length;
      atMost(openVerdicts.length, Math.min(openVerdictLimit, openCount), 'was given open verdicts');

      // Messages that were held up may arrive together, and in another order.
      const known = (readings.get(nodeId) ?? []).filter((askedAt) => askedAt > sentAt - keptRounds * roundMs);
      readings.set(nodeId, [...known, sentAt]);
      const before = known.filter((askedAt) => askedAt > sentAt - roundMs && askedAt <= sentAt);
      // The round's own, one for what has been adopted, one for answers that name newer epochs, and one for each doubling
      // from the first look-ahead on.
      const hasReason = sentAt - heardAt(nodeId, sentAt) < suspicionMs;
      if (accuserIds.length > 0) suspicions.noteReason(nodeId, world.now);
      if (accuses(nodeId)) accusingAt.set(nodeId, sentAt);
      const missMs = roundMs + settings.proofWindowMs + settings.registryTimeoutMs;
      const readingLimit =
        3 +
        doublingsTo(lookAheadLimit) +
        (hasReason ? suspectReadings : 0) +
        (isWithin(missedAt, nodeId, sentAt, missMs) ? proofReadings : 0) +
        (isWithin(accusingAt, nodeId, sentAt, roundMs) ? decisionReadings : 0);
      if (before.length >= readingLimit)
        report(`${nodeId} has read ${before.length + 1} times in a round, at most ${readingLimit}`);
    },
  };
};
