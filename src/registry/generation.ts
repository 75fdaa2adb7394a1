/**
 * A registry that went back: a backup was restored, and what came after it is gone. How a caller's own knowledge shows
 * that, and how the generation is raised then. Not for: when a node suspects it (core/went-back.ts).
 */
import { beginOf, generationOf } from '../core/fence.ts';
import type { EpochRef, KnownProgress, RaiseRequest, RaiseResult } from '../ports/registry.ts';
import type { ClusterRow } from '../ports/rows.ts';
import type { Guard } from '../ports/store.ts';
import { clusterRow } from './cluster-row.ts';
import { appendEvent } from './events.ts';
import { answerForNow, ask, atLeast, atMost, change, count, type Rule, select } from './rule.ts';

const eventsAfter = select('events', [['id', '>']], { orderBy: [['id', 'desc']], isLimited: true });

/** The log's newest line. */
export const newestEvent = eventsAfter(0, 1);

const fenceBetween = count('cluster', [
  ['id', '='],
  ['fence', '>='],
  ['fence', '<'],
]);
const eventsFrom = count('events', [['id', '>=']], true);
const ownBeats = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['beatOrder', '>='],
]);
const ownBeatsBefore = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['beatOrder', '<'],
]);
const ownEpochsBefore = count('nodes', [
  ['nodeId', '='],
  ['epoch', '<'],
]);

/** What shows whether the registry has all that this caller knows of. */
export function progressQueries({ nodeId, epoch }: EpochRef, known: Partial<KnownProgress>) {
  const { newestEvent: newest = 0, newestBeat = 0 } = known;
  return [clusterRow(1), eventsFrom(newest, 1), ownBeats(nodeId, epoch, newestBeat)] as const;
}

/**
 * The guards that the registry is as the caller knows it: of the same generation, and with all that the caller has read or
 * was answered. Null where it is not so now: then nothing is decided by what the caller knows.
 */
export function asKnown(
  self: EpochRef,
  known: Partial<KnownProgress>,
  [[cluster], eventCount, beatCount]: readonly [readonly ClusterRow[], number, number],
): readonly Guard[] | null {
  const { fence, newestEvent: newest = 0, newestBeat } = known;
  const [, events, beats] = progressQueries(self, known);
  const guards: Guard[] = [];
  if (fence !== undefined) {
    const fenceNow = cluster?.fence ?? 0;
    if (fenceNow < fence || generationOf(fenceNow) !== generationOf(fence)) return null;
    guards.push(atLeast(fenceBetween(1, fence, beginOf(generationOf(fence) + 1)), 1));
  }
  if (newest > 0) {
    if (eventCount === 0) return null;
    guards.push(atLeast(events, 1));
  }
  if (newestBeat !== undefined) {
    if (beatCount === 0) return null;
    guards.push(atLeast(beats, 1));
  }
  return guards;
}

/**
 * Raises the generation where the committed state lacks what the caller knows of, and the floor of epochs with it. What
 * observers of ours had said is void then: they say again what they hold true.
 */
export function raise(request: RaiseRequest, now: number): Rule<RaiseResult> {
  const { nodeId, epoch, known, epochFloor } = request;
  const floorOf = (cluster: ClusterRow | undefined) => Math.max(epochFloor, cluster?.epochFloor ?? 0);
  return ask(
    [
      clusterRow(1),
      newestEvent,
      ownBeatsBefore(nodeId, epoch, known?.newestBeat ?? 0),
      ownEpochsBefore(nodeId, epoch),
    ],
    ([[cluster], [newest], beatCount, epochCount]) => {
      const fence = cluster?.fence ?? 0;
      const { fence: knownFence, newestEvent: newestKnown, newestBeat } = known ?? nothing;
      const generation = Math.max(generationOf(fence), generationOf(knownFence));
      // Above what is known: another node has raised it since, or did this very call, whose answer was lost.
      const isRaised = known !== null && generationOf(fence) > generationOf(knownFence);
      const evidence: readonly (readonly [string, boolean, Guard])[] = [
        ['an operator says so', known === null, atLeast(fenceBetween(1, fence, fence + 1), 1)],
        ['fence', fence < knownFence, atLeast(fenceBetween(1, 0, knownFence), 1)],
        ['log', (newest?.id ?? 0) < newestKnown, atMost(eventsFrom(newestKnown, 1), 0)],
        ['epoch', epochCount > 0, atLeast(ownEpochsBefore(nodeId, epoch), 1)],
        ['heartbeat', beatCount > 0, atLeast(ownBeatsBefore(nodeId, epoch, newestBeat), 1)],
      ];
      const found = isRaised ? undefined : evidence.find(([, isShown]) => isShown);
      const floor = { table: 'cluster', key: [1], kind: 'update' } as const;
      if (found === undefined) {
        if (request.liftsFloor !== true || epochFloor <= (cluster?.epochFloor ?? 0))
          return answerForNow<RaiseResult>('current');
        const isStillLower = atLeast(epochFloorBelow(1, epochFloor), 1);
        return change<RaiseResult>('current', [{ ...floor, changes: { epochFloor } }], [isStillLower]);
      }
      const [shownBy, , guard] = found;
      const next = generation + 1;
      return change<RaiseResult>(
        'raised',
        [
          { ...floor, changes: { fence: beginOf(next), epochFloor: floorOf(cluster) } },
          { kind: 'delete', query: ourVotes(0) },
          appendEvent({
            kind: 'registry-went-back',
            at: now,
            observerId: nodeId,
            targetId: null,
            targetEpoch: null,
            detail: { generation: next, shownBy },
          }),
        ],
        [
          guard,
          atLeast(fenceBetween(1, 0, beginOf(next)), 1),
          atMost(epochFloorAbove(1, floorOf(cluster)), 0),
        ],
      );
    },
  );
}

const nothing: KnownProgress = { fence: 0, newestEvent: 0, newestBeat: 0 };

const epochFloorBelow = count('cluster', [
  ['id', '='],
  ['epochFloor', '<'],
]);
const epochFloorAbove = count('cluster', [
  ['id', '='],
  ['epochFloor', '>'],
]);

/** Nodes of the original have no epoch: what they said is imported, and they say it once. */
const ourVotes = select('votes', [['observerEpoch', '>']]);
