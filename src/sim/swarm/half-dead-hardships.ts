/** Hardships of nodes that are half dead: heartbeats stop while probes are answered, or the other way round, or only the application dies. */
import { timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';
import { drawAccusations } from './accusations.ts';
import { type DrawHardship, drawAt, type HardshipFrame } from './frame.ts';

/** Heartbeats of some nodes stop, or their registry is out of reach. Then others die, or are wrongly accused. */
export const drawHeartbeatsStop: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const { at, durationMs } = drawHalfDeath(random, frame);
  const half = drawSome(random, nodeIds);
  const others = nodeIds.filter((id) => !half.includes(id));
  const stop = random.pick<PlannedFault>([
    { at, kind: 'hang', nodeIds: half, part: 'heartbeat', durationMs },
    { at, kind: 'hang', nodeIds: half, part: 'heartbeat', durationMs },
    { at, kind: 'cut', some: half, others: [registryHost], durationMs },
    { at, kind: 'link', fault: { from: half, to: [registryHost] }, durationMs },
  ]);
  const silentAt = at + Math.round(settings.heartbeatWindowMs * random.between(0.3, 1.3));
  const victims = random.chance(0.5) ? [random.pick(others.length > 0 ? others : nodeIds)] : [];
  return [
    stop,
    ...victims.map(
      (id): PlannedFault => ({
        at: silentAt,
        kind: 'crash',
        nodeIds: [id],
        how: 'process',
        backAfterMs: null,
      }),
    ),
    ...(random.chance(0.5) ? drawAccusations(random, frame, silentAt, at + durationMs, 2) : []),
  ];
};

/** Some nodes answer no probe while their heartbeats go on, or something else answers for them. */
export const drawProbesUnanswered: DrawHardship = (random, frame) => {
  const { at, durationMs } = drawHalfDeath(random, frame);
  const half = drawSome(random, frame.nodeIds);
  const others = frame.nodeIds.filter((id) => !half.includes(id));
  const how = random.pick(['dropped', 'rejected'] as const);
  return [
    random.pick<PlannedFault>([
      { at, kind: 'hang', nodeIds: half, part: 'ping-answer', durationMs },
      { at, kind: 'impostor', nodeIds: half, durationMs },
      { at, kind: 'link', fault: { from: others, to: half, how }, durationMs },
    ]),
  ];
};

/**
 * Applications die and their agents live: one, some, or all at once as with a bad check. They are well again within the
 * grace, or much later. Something else may happen to one of them meanwhile.
 */
export const drawApplicationsDie: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const at = drawAt(random, frame);
  const dead = random.pick([drawSome(random, nodeIds), drawSome(random, nodeIds), nodeIds]);
  const isQuick = random.chance(0.4);
  const durationMs = Math.round(
    isQuick
      ? settings.restartGraceMs * random.between(0.1, 3)
      : drawHalfDeath(random, frame).durationMs * random.between(0.2, 2),
  );
  const nodeId = random.pick(dead);
  const laterAt = Math.round(at + durationMs * random.between(-0.2, 1));
  const meanwhile = random.pick<readonly PlannedFault[]>([
    [],
    [],
    [{ at: laterAt, kind: 'crash', nodeIds: [nodeId], how: 'process', backAfterMs: durationMs }],
    [{ at: laterAt, kind: 'maintenance', nodeId, durationMs }],
    [{ at: laterAt, kind: 'leave', nodeId, backAfterMs: durationMs }],
    [{ at: laterAt, kind: 'pause', nodeId, durationMs, how: 'stalled' }],
    [{ at: laterAt, kind: 'cut', some: [nodeId], others: [registryHost], durationMs }],
    [{ at: laterAt, kind: 'registry', state: 'silent', durationMs: Math.min(durationMs, settings.leaseMs) }],
  ]);
  return [
    { at, kind: 'hang', nodeIds: dead, part: 'application', durationMs },
    ...meanwhile.filter((fault) => fault.at >= frame.beginAt),
  ];
};

/** From shorter than what proves silence, or a death, to longer than the faults last. */
function drawHalfDeath(random: SeededRandom, frame: HardshipFrame): { at: number; durationMs: number } {
  const { heartbeatWindowMs, answerWindowMs, membershipWindowMs } = frame.settings;
  const deathMs = timeToDeathMs(frame.settings) + answerWindowMs;
  const unitMs = random.pick([heartbeatWindowMs, heartbeatWindowMs, deathMs, membershipWindowMs]);
  return { at: drawAt(random, frame), durationMs: Math.round(unitMs * random.between(0.5, 3)) };
}

/** One node, some, or all but one. */
function drawSome(random: SeededRandom, nodeIds: readonly string[]): string[] {
  const most = nodeIds.length - 1;
  return random.sample(nodeIds, random.pick([1, 1, random.integer(1, most), most]));
}
