/** Hardships that a brake is for: deaths that come in numbers, that follow from each other, or from one node again and again. */
import { timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { type DrawHardship, drawAt, drawSpan } from './frame.ts';

/** A node dies, and for a while the handler of each death ends the node that runs it, or the next one. */
export const drawCascade: DrawHardship = (random, frame) => {
  const { at, durationMs } = drawSpan(random, frame);
  const unitMs = frame.settings.probeIntervalMs;
  const backAfterMs = random.pick([null, Math.round(random.between(0, 60) * unitMs)]);
  return [
    { at, kind: 'cascade', victim: random.pick(['owner', 'next']), durationMs, backAfterMs },
    { at, kind: 'crash', nodeIds: [random.pick(frame.nodeIds)], how: 'process', backAfterMs },
  ];
};

/** One node dies again and again, each time as soon as its death may have been found and it is back. */
export const drawFlappingNode: DrawHardship = (random, frame) => {
  const deathMs = timeToDeathMs(frame.settings) + frame.settings.answerWindowMs;
  const everyMs = Math.round(deathMs * random.between(1.5, 4));
  const downForMs = Math.round(deathMs * random.between(0.8, 1.5));
  const durationMs = everyMs * random.integer(2, 8);
  const nodeIds = [random.pick(frame.nodeIds)];
  const at = drawAt(random, frame);
  // A churn that goes on past the frame would leave no quiet end in which L2 can be judged.
  const endsIn = Math.max(0, frame.endAt - at);
  return [
    {
      at,
      kind: 'churn',
      nodeIds,
      durationMs: Math.min(durationMs, endsIn),
      everyMs,
      downForMs,
      how: 'process',
    },
  ];
};

/** More than half of the nodes die at once; a supervisor starts them again at once, later, or not at all. */
export const drawManyAtOnce: DrawHardship = (random, frame) => {
  const { nodeIds, settings } = frame;
  const deathMs = timeToDeathMs(settings) + settings.answerWindowMs;
  const count = random.integer(Math.ceil(nodeIds.length / 2), Math.max(1, nodeIds.length - 1));
  const backAfterMs = random.pick([0, Math.round(deathMs * random.between(0.5, 3)), null]);
  const at = drawAt(random, frame);
  return random
    .sample(nodeIds, count)
    .map((id): PlannedFault => ({ at, kind: 'crash', nodeIds: [id], how: 'process', backAfterMs }));
};
