/** Hardships of what observers tell each other: lost, late, doubled, or forged. The detector is as correct without any of it. */
import type { PlannedFault } from '../fault-plan.ts';
import { evenly, latencies } from '../latency.ts';
import { type DrawHardship, drawAt, drawSpan } from './frame.ts';

/** All messages are lost, or a part of them, for the whole time or for a while. */
export const drawMessagesLost: DrawHardship = (random, frame) => {
  const span = random.chance(0.5) ? { at: 0, durationMs: Math.ceil(frame.endAt) } : drawSpan(random, frame);
  return [
    { ...span, kind: 'messages', how: 'lost', rate: random.pick([1, 1, 0.5]), lateness: latencies.none },
  ];
};

/** Messages come when what they are about is long over, or come once more then. */
export const drawMessagesLate: DrawHardship = (random, frame) => {
  const mostMs = random.pick([0.1, 2, 20]) * frame.settings.probeIntervalMs;
  const lateness = evenly(0, mostMs);
  const how = random.pick(['late', 'doubled'] as const);
  return [{ ...drawSpan(random, frame), kind: 'messages', how, rate: random.pick([0.3, 1]), lateness }];
};

/** A stranger floods some nodes with forged requests. While it does so, one of them may die. */
export const drawForger: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const at = drawAt(random, frame);
  const flooded = random.sample(nodeIds, random.pick([1, 2, nodeIds.length]));
  const durationMs = Math.round(random.between(1, 12) * settings.probeIntervalMs);
  const perSecond = random.pick([5, 100, 2_000]);
  const flood: PlannedFault = { at, kind: 'forger', nodeIds: flooded, perSecond, durationMs };
  if (random.chance(0.5)) return [flood];
  const diesAt = Math.round(at + durationMs * random.next());
  return [
    flood,
    { at: diesAt, kind: 'crash', nodeIds: random.sample(flooded, 1), how: 'process', backAfterMs: null },
  ];
};
