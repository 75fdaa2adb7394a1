/**
 * Hardships of nodes that are gone: a cluster that starts cold, rows of the long dead, and ids that are used again. Also
 * runs of dead nodes at the edge of what an observer looks at.
 */
import { type Settings, timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import type { SeededRandom } from '../random.ts';
import { type DrawHardship, drawAt, drawRun } from './frame.ts';

const hourMs = 3_600_000;

/** All machines are off for long; then most nodes start again, one by one. Some never do. */
export const drawColdStart: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const at = drawAt(random, frame);
  const offMs = random.pick([1.1 * settings.membershipWindowMs, hourMs]);
  const withinMs = random.pick([10, 60, 200]) * settings.probeIntervalMs;
  const lost = random.chance(0.8) ? random.sample(nodeIds, random.integer(1, nodeIds.length >> 1)) : [];
  return nodeIds.map((id) => ({
    at,
    kind: 'crash',
    nodeIds: [id],
    how: 'machine',
    backAfterMs: lost.includes(id) ? null : Math.round(offMs + random.between(0, withinMs)),
  }));
};

/** Rows of nodes that died or left long ago, all after one node on the ring or here and there. Some join again. */
export const drawLongGone: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const count = drawEdge(random, settings);
  const base = random.chance(0.6) ? [random.pick(nodeIds)] : nodeIds;
  const goneIds = Array.from({ length: count }, (_, index) => `${random.pick(base)}.${index + 1}`);
  const left = goneIds.filter(() => random.chance(0.4));
  const died = goneIds.filter((id) => !left.includes(id));
  const agoMs = random.pick([1.1 * settings.membershipWindowMs, hourMs, 30 * 24 * hourMs]);
  const back = random.chance(0.3) ? random.sample(goneIds, random.integer(1, 2)) : [];
  return [
    ...(left.length === 0 ? [] : [{ at: 0, kind: 'gone', nodeIds: left, how: 'left', agoMs } as const]),
    ...(died.length === 0 ? [] : [{ at: 0, kind: 'gone', nodeIds: died, how: 'died', agoMs } as const]),
    ...back.map((id): PlannedFault => ({ at: drawAt(random, frame), kind: 'join', nodeIds: [id] })),
  ];
};

/** A run of neighbours dies at once, or within moments, that is just as long as what observers look at, or by one off. */
export const drawDeadAtTheEdge: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const at = drawAt(random, frame);
  const count = Math.max(1, Math.min(drawEdge(random, settings), nodeIds.length - random.integer(1, 2)));
  const how = random.pick(['process', 'machine'] as const);
  const backAfterMs = random.chance(0.3) ? random.integer(1, 80) * settings.probeIntervalMs : null;
  const run = drawRun(random, nodeIds, count);
  if (random.chance(0.5)) return [{ at, kind: 'crash', nodeIds: run, how, backAfterMs }];
  return run.map((id) => ({
    at: at + random.integer(0, 3 * settings.probeIntervalMs),
    kind: 'crash',
    nodeIds: [id],
    how,
    backAfterMs,
  }));
};

/** A node of the id of one that died or left joins, perhaps elsewhere, while that death is decided or recovered. */
export const drawSameId: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const foundAfterMs = timeToDeathMs(settings) + settings.answerWindowMs;
  const nodeId = random.pick(nodeIds);
  const faults: PlannedFault[] = [];
  let at = drawAt(random, frame);
  for (let left = random.integer(1, 3); left > 0; left--) {
    const isRecovered = random.chance(0.5);
    const afterMs = Math.round(
      foundAfterMs * random.between(isRecovered ? 1 : 0.4, 1.3) +
        (isRecovered ? settings.leaseMs * random.between(0, 1.5) : 0),
    );
    const isElsewhere = random.chance(0.6);
    const backAfterMs = isElsewhere ? null : afterMs;
    const how = random.pick(['process', 'machine', 'leave'] as const);
    faults.push(
      how === 'leave'
        ? { at, kind: 'leave', nodeId, backAfterMs }
        : { at, kind: 'crash', nodeIds: [nodeId], how, backAfterMs },
    );
    if (isElsewhere) faults.push({ at: at + afterMs, kind: 'move', nodeIds: [nodeId] });
    at += afterMs + Math.round(foundAfterMs * random.between(0, 1.5));
  }
  return faults;
};

/** A number of nodes about which something changes: K, the first look-ahead, twice that, the watch list's cap. */
function drawEdge(random: SeededRandom, { neighbors, watchListCap }: Settings): number {
  const edge = random.pick([neighbors, neighbors + 1, 2 * (neighbors + 1), watchListCap, watchListCap]);
  // A cap of many nodes is beyond the clusters here.
  return Math.min(edge, 20) + random.integer(-1, 1);
}
