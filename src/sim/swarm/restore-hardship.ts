/** A hardship of the registry: a backup is restored, and all that came after it is forgotten while nodes run. */
import { timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { drawAccusations } from './accusations.ts';
import { type DrawHardship, drawAt } from './frame.ts';

/** The registry goes back by some rounds or to its beginning, perhaps after an outage, or about the death of a node. */
export const drawRestore: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const at = drawAt(random, frame);
  const deathMs = timeToDeathMs(settings) + settings.answerWindowMs;
  const agoMs = Math.round(random.pick([deathMs, 3 * deathMs, at]) * random.between(0.1, 1));
  const outageMs = random.integer(1, 20) * settings.probeIntervalMs;
  const isDown = random.chance(0.5);
  const diesAt = Math.max(frame.beginAt, Math.round(at + deathMs * random.between(-3, 0.5)));
  const victims = random.sample(nodeIds, random.pick([0, 1, 1, 2]));
  return [
    ...(isDown
      ? [{ at: Math.max(0, at - outageMs), kind: 'registry', state: 'silent', durationMs: outageMs } as const]
      : []),
    { at, kind: 'restore', agoMs },
    ...victims.map(
      (id): PlannedFault => ({ at: diesAt, kind: 'crash', nodeIds: [id], how: 'process', backAfterMs: null }),
    ),
    ...(random.chance(0.4) ? drawAccusations(random, frame, at, at + 2 * deathMs, 2) : []),
  ];
};

/**
 * Backups of any age, some more than once in a world: younger than a round, which no reading may show, or from before most of
 * what has happened. Nodes restart about then, and come back without what they knew.
 */
export const drawBackups: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  return Array.from({ length: random.pick([1, 1, 2]) }, (): PlannedFault[] => {
    const at = drawAt(random, frame);
    const roundMs = settings.probeIntervalMs;
    const agoMs = Math.round(random.pick([roundMs, 3 * roundMs, 0.9 * at, at]) * random.between(0.05, 1));
    const restarted = random.sample(nodeIds, random.pick([0, 1, 2]));
    const diesAt = Math.max(frame.beginAt, Math.round(at - agoMs * random.between(0, 1)));
    const crash = { kind: 'crash', how: 'process' } as const;
    return [
      ...restarted.map(
        (id): PlannedFault => ({
          ...{ ...crash, at: diesAt, nodeIds: [id] },
          backAfterMs: Math.round(roundMs * random.between(0.1, 10)),
        }),
      ),
      { ...crash, at: diesAt, nodeIds: [random.pick(nodeIds)], backAfterMs: null },
      { at, kind: 'restore', agoMs },
    ];
  }).flat();
};
