/** Hardships of places: racks that go dark or are cut off, and directions of the network that are slow. */
import type { PlannedFault } from '../fault-plan.ts';
import { evenly, type Latency } from '../latency.ts';
import { type LinkFault, registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';
import { type DrawHardship, drawAt, drawSpan, type HardshipFrame } from './frame.ts';

/** All machines of a rack go dark in one instant. */
export const drawRackLost: DrawHardship = (random, frame) => {
  const [nodeIds = []] = drawRacks(random, frame.nodeIds);
  const backAfterMs = random.chance(0.7) ? random.integer(1, 60) * frame.settings.probeIntervalMs : null;
  const how = random.pick(['machine', 'machine', 'process'] as const);
  return [{ at: drawAt(random, frame), kind: 'crash', nodeIds, how, backAfterMs }];
};

/** A rack does not reach the others; the registry is on either side, or on none. */
export const drawRackCutOff: DrawHardship = (random, frame) => {
  const [some = []] = drawRacks(random, frame.nodeIds);
  const others = frame.nodeIds.filter((id) => !some.includes(id));
  const durationMs = random.integer(4, 80) * frame.settings.probeIntervalMs;
  const sides = random.pick([
    { some: [...some, registryHost], others },
    { some, others: [...others, registryHost] },
    { some, others },
  ]);
  return [{ at: drawAt(random, frame), kind: 'cut', durationMs, ...sides }];
};

/** Messages between two racks take longer, as much in each direction as its own draw says. */
export const drawRacksFarApart: DrawHardship = (random, frame) => {
  const [here, there] = drawRacks(random, frame.nodeIds);
  if (here === undefined || there === undefined) return [];
  const directions = [
    { from: here, to: there },
    { from: there, to: here },
    { from: here, to: [registryHost] },
    { from: [registryHost], to: here },
  ];
  return random
    .sample(directions, random.integer(1, directions.length))
    .map((direction) => drawSlowLink(random, frame, direction));
};

/** One direction each: of one node, of two, of the registry, or of all. */
export const drawSlowDirections: DrawHardship = (random, frame) => {
  const hosts = (): readonly string[] | undefined =>
    random.pick([undefined, [random.pick(frame.nodeIds)], random.sample(frame.nodeIds, 2), [registryHost]]);
  return Array.from({ length: random.integer(1, 4) }, () => {
    const [from, to] = [hosts(), hosts()];
    return drawSlowLink(random, frame, { ...(from && { from }), ...(to && { to }) });
  });
};

/** Two of two to nine racks: neighbours on the ring, or every so many of them. */
function drawRacks(random: SeededRandom, nodeIds: readonly string[]): string[][] {
  const rackCount = Math.min(random.pick([2, 2, 3, 4, random.integer(5, 9)]), nodeIds.length);
  const isInterleaved = random.chance(0.5);
  const rackOf = (index: number): number =>
    isInterleaved ? index % rackCount : Math.floor((index * rackCount) / nodeIds.length);
  const racks = Array.from({ length: rackCount }, (_, rack) => rack);
  return random.sample(racks, 2).map((rack) => nodeIds.filter((_, index) => rackOf(index) === rack));
}

function drawSlowLink(
  random: SeededRandom,
  frame: HardshipFrame,
  direction: Pick<LinkFault, 'from' | 'to'>,
): PlannedFault {
  const unitMs = frame.settings.probeIntervalMs;
  const isInTurns = random.chance(0.3);
  const flipFlop = { badMs: random.integer(1, 10) * unitMs, goodMs: random.integer(1, 10) * unitMs };
  return {
    ...drawSpan(random, frame),
    kind: 'link',
    fault: {
      ...direction,
      extraLatency: drawExtraLatency(random, frame),
      ...(isInTurns ? { flipFlop } : {}),
    },
  };
}

/** From hardly any to more than a probe, or a registry call, may take. */
function drawExtraLatency(random: SeededRandom, { settings }: HardshipFrame): Latency {
  const { probeTimeoutMs, registryTimeoutMs } = settings;
  const timeoutMs = random.pick([probeTimeoutMs, probeTimeoutMs, registryTimeoutMs]);
  return evenly(0, timeoutMs * random.pick([0.2, 0.6, 1.2, 2]));
}
