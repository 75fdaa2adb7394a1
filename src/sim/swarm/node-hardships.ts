/** Hardships of nodes: they come and go, die in a row or in maintenance, stop and go on, stall. */
import { timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import { type DrawHardship, drawAt, drawRun, drawSpan } from './frame.ts';

/** Many returns, each drawn by itself. */
export const drawChurn: DrawHardship = (random, frame) =>
  Array.from({ length: random.integer(4, 16) }, (): PlannedFault => {
    const at = drawAt(random, frame);
    const nodeId = random.pick(frame.nodeIds);
    const backAfterMs = random.integer(1, 8) * frame.settings.probeIntervalMs;
    if (random.chance(0.3)) return { at, kind: 'leave', nodeId, backAfterMs };
    return { at, kind: 'crash', nodeIds: [nodeId], how: 'process', backAfterMs };
  });

/** One running node after another goes and comes back, for a time. */
export const drawComingAndGoing: DrawHardship = (random, frame) => {
  const unitMs = frame.settings.probeIntervalMs;
  return [
    {
      ...drawSpan(random, frame),
      kind: 'churn',
      nodeIds: random.sample(frame.nodeIds, random.integer(1, frame.nodeIds.length)),
      everyMs: random.integer(4, 30) * unitMs,
      downForMs: random.integer(1, 20) * unitMs,
      how: random.pick(['process', 'process', 'machine', 'leave']),
    },
  ];
};

/** Some nodes are not there before they join, each at an instant of its own or all at once. */
export const drawJoins: DrawHardship = (random, frame) => {
  const { nodeIds } = frame;
  const areTogether = random.chance(0.3);
  const at = drawAt(random, frame);
  return random
    .sample(nodeIds, random.integer(1, nodeIds.length >> 1))
    .map((id) => ({ at: areTogether ? at : drawAt(random, frame), kind: 'join', nodeIds: [id] }));
};

/** Neighbours on the ring die one after the other. */
export const drawDeathsInARow: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const firstAt = drawAt(random, frame);
  const count = random.integer(2, Math.max(2, Math.ceil(nodeIds.length / 2)));
  const pauseMs = random.between(0, 2 * timeToDeathMs(settings));
  const backAfterMs = random.chance(0.5) ? random.integer(10, 80) * settings.probeIntervalMs : null;
  return drawRun(random, nodeIds, count).map((id, step) => ({
    at: Math.round(firstAt + step * pauseMs),
    kind: 'crash',
    nodeIds: [id],
    how: 'process',
    backAfterMs,
  }));
};

/** A node dies, and something else happens just when that is found out or recovered. */
export const drawAftermath: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const diedAt = drawAt(random, frame);
  const [victim = '', ...others] = random.sample(nodeIds, nodeIds.length);
  const foundAfterMs = timeToDeathMs(settings) + settings.answerWindowMs;
  const at = Math.round(diedAt + foundAfterMs * random.between(0.5, 1.5) + settings.leaseMs * random.next());
  const durationMs = Math.round(settings.leaseMs * random.between(0.2, 3));
  const half = others.slice(0, Math.ceil(others.length / 2));
  const pauses = half.map(
    (nodeId): PlannedFault => ({ at, kind: 'pause', nodeId, durationMs, how: 'stalled' }),
  );
  const second = random.pick<readonly PlannedFault[]>([
    [{ at, kind: 'crash', nodeIds: others.slice(0, 1), how: 'process', backAfterMs: durationMs }],
    [{ at, kind: 'registry', state: random.pick(['no-leader', 'silent']), durationMs }],
    [{ at, kind: 'cut', some: half, others: [registryHost], durationMs }],
    [{ at, kind: 'link', fault: { from: [registryHost], to: half }, durationMs }],
    pauses,
  ]);
  const backAfterMs = random.chance(0.5) ? Math.round(foundAfterMs * random.between(0.5, 3)) : null;
  return [{ at: diedAt, kind: 'crash', nodeIds: [victim], how: 'process', backAfterMs }, ...second];
};

/** A node is in maintenance while it is down. */
export const drawDeathInMaintenance: DrawHardship = (random, frame) => {
  const at = drawAt(random, frame);
  const nodeId = random.pick(frame.nodeIds);
  const durationMs = Math.round(timeToDeathMs(frame.settings) * random.between(0.5, 6));
  const downAt = Math.max(frame.beginAt, Math.round(at + durationMs * random.between(-0.3, 0.6)));
  return [
    { at, kind: 'maintenance', nodeId, durationMs },
    { at: downAt, kind: 'crash', nodeIds: [nodeId], how: 'process', backAfterMs: durationMs },
  ];
};

/** Nodes die early in a maintenance that is longer than the membership window. */
export const drawLongMaintenance: DrawHardship = (random, frame) => {
  const { membershipWindowMs } = frame.settings;
  const durationMs = Math.round(membershipWindowMs * random.between(1.2, 1.6));
  // It ends when the faults have ended, so that a verdict is owed.
  const at = Math.max(frame.beginAt, Math.round(frame.endAt - durationMs * random.between(0.3, 1)));
  const diesAt = Math.round(at + membershipWindowMs * random.between(0, 0.15));
  const nodeIds = random.sample(frame.nodeIds, random.integer(1, Math.ceil(frame.nodeIds.length / 3)));
  const how = random.pick(['process', 'machine'] as const);
  return [
    ...nodeIds.map((nodeId): PlannedFault => ({ at, kind: 'maintenance', nodeId, durationMs })),
    { at: diesAt, kind: 'crash', nodeIds, how, backAfterMs: null },
  ];
};

/** One node stops and goes on, again and again, for about as long as patience lasts. */
export const drawStutter: DrawHardship = (random, frame) => {
  const nodeId = random.pick(frame.nodeIds);
  const how = random.pick(['stalled', 'stalled', 'suspended'] as const);
  const firstAt = drawAt(random, frame);
  const forMs = timeToDeathMs(frame.settings) * random.pick([0.1, 0.5, 1.2]);
  return Array.from({ length: random.integer(3, 12) }, (_, step) => ({
    at: Math.round(firstAt + step * forMs * 2.2),
    kind: 'pause',
    nodeId,
    durationMs: Math.round(forMs * random.between(0.5, 1.5)),
    how,
  }));
};

/** Some nodes stall again and again, with their timers, or while only their messages wait. */
export const drawSlowNodes: DrawHardship = (random, frame) => {
  const { nodeIds, settings, endAt } = frame;
  const at = drawAt(random, frame);
  const unitMs = settings.probeTimeoutMs;
  return [
    {
      at,
      kind: 'slow',
      nodeIds: random.sample(nodeIds, random.integer(1, Math.ceil(nodeIds.length / 2))),
      durationMs: Math.round(random.between(0, endAt - at)),
      stallMs: Math.round(unitMs * random.pick([0.3, 1, 4, 20])),
      freeMs: Math.round(unitMs * random.pick([0.1, 1, 10])),
      timers: random.pick(['stop', 'go-on']),
    },
  ];
};
