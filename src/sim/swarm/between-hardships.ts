/**
 * Hardships of what is between nodes and their observers, while the nodes' processes live and reach the registry: sidecars
 * that restart, ports that are closed, proxies that drop connections. Not for: cuts of whole places (place-hardships.ts).
 */
import { timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import type { SeededRandom } from '../random.ts';
import { type DrawHardship, drawAt, type HardshipFrame } from './frame.ts';

/** Sidecars restart one after the other, as when they are given a new version; each is down for a moment or for long. */
export const drawSidecarRestarts: DrawHardship = (random, frame) => {
  const firstAt = drawAt(random, frame);
  const pauseMs = random.between(0, 4) * frame.settings.probeIntervalMs;
  const forMs = drawLength(random, frame);
  return drawSome(random, frame).map((id, step) => ({
    at: Math.round(firstAt + step * pauseMs),
    kind: 'sidecar',
    nodeIds: [id],
    durationMs: Math.round(forMs * random.between(0.5, 1.5)),
  }));
};

/** The ports of some nodes are rejected, for all observers or for some. */
export const drawPortsRejected: DrawHardship = (random, frame) => {
  const at = drawAt(random, frame);
  const to = drawSome(random, frame);
  const others = frame.nodeIds.filter((id) => !to.includes(id));
  const from = random.chance(0.6) ? others : random.sample(others, random.integer(1, others.length));
  if (from.length === 0) return [];
  const fault = { from, to, how: 'refused' } as const;
  return [{ at, kind: 'link', fault, durationMs: Math.round(drawLength(random, frame)) }];
};

/** A node stands still, and its sidecar refuses for it meanwhile. */
export const drawPausedBehindSidecar: DrawHardship = (random, frame) => {
  const at = drawAt(random, frame);
  const durationMs = Math.round(drawLength(random, frame));
  const earlierMs = Math.round(durationMs * random.between(-0.3, 0.3));
  return drawSome(random, frame).flatMap((nodeId): PlannedFault[] => [
    { at, kind: 'pause', nodeId, durationMs, how: random.pick(['stalled', 'suspended']) },
    { at: Math.max(0, at - earlierMs), kind: 'sidecar', nodeIds: [nodeId], durationMs },
  ]);
};

/** Connections are half open: what is between has forgotten them, or hosts vanish with nothing sent, and are back or not. */
export const drawHalfOpen: DrawHardship = (random, frame) => {
  const at = drawAt(random, frame);
  const nodeIds = drawSome(random, frame);
  const vanished = random.sample(nodeIds, 1);
  const backAfterMs = random.pick([null, Math.round(drawLength(random, frame))]);
  return [
    { at, kind: 'proxy-restart', nodeIds, how: 'half-open' },
    ...(random.chance(0.5)
      ? [{ at: at + 1, kind: 'crash', nodeIds: vanished, how: 'machine', backAfterMs } as const]
      : []),
  ];
};

/** A proxy closes idle connections now and then, so that hints are in vain. One that is none of them may come at the end. */
export const drawIdleCloses: DrawHardship = (random, frame) => {
  const nodeIds = drawSome(random, frame);
  const everyMs = random.between(0.3, 8) * frame.settings.probeIntervalMs;
  const firstAt = drawAt(random, frame);
  const count = random.integer(2, 12);
  const closes = Array.from({ length: count }, (_, step): PlannedFault => {
    const at = Math.round(firstAt + everyMs * (step + random.between(0, 0.5)));
    return { at, kind: 'proxy-restart', nodeIds, how: 'closed' };
  });
  const diesAt = Math.round(firstAt + everyMs * count);
  const victim = random.sample(nodeIds, 1);
  const death: PlannedFault = {
    at: diesAt,
    kind: 'crash',
    nodeIds: victim,
    how: 'process',
    backAfterMs: null,
  };
  return random.chance(0.5) ? [...closes, death] : closes;
};

/** One node, some, or all. */
function drawSome(random: SeededRandom, { nodeIds }: HardshipFrame): string[] {
  return random.sample(nodeIds, random.pick([1, 1, random.integer(1, nodeIds.length), nodeIds.length]));
}

/** From a moment to longer than a verdict takes. */
function drawLength(random: SeededRandom, { settings }: HardshipFrame): number {
  const deathMs = timeToDeathMs(settings) + settings.answerWindowMs;
  return random.pick([settings.probeIntervalMs, deathMs, deathMs]) * random.between(0.05, 2);
}
