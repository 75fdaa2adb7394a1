/**
 * Faults that belong together, as they come in real clusters: a rack that goes dark, a registry whose next leader has
 * another clock, whatever goes wrong while a death is being handled. Not for: single faults (plan.ts).
 */
import { timeToDeathMs } from '../../core/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';
import type { DrawHardship, HardshipFrame } from './frame.ts';
import { drawLongHardship, type LongHardship } from './window.ts';

/** Every hardship by name. */
const hardships = {
  churn: (random, frame) =>
    Array.from({ length: random.integer(4, 16) }, () => {
      const at = drawAt(random, frame);
      const nodeId = random.pick(frame.nodeIds);
      const backAfterMs = random.integer(1, 8) * frame.settings.probeIntervalMs;
      if (random.chance(0.3)) return { at, kind: 'leave', nodeId, backAfterMs };
      return { at, kind: 'crash', nodeIds: [nodeId], how: 'process', backAfterMs };
    }),

  'rack lost': (random, frame) => {
    const nodeIds = drawRack(random, frame.nodeIds);
    const backAfterMs = random.chance(0.7) ? random.integer(1, 60) * frame.settings.probeIntervalMs : null;
    return [{ at: drawAt(random, frame), kind: 'crash', nodeIds, how: 'machine', backAfterMs }];
  },

  'rack cut off': (random, frame) => {
    const some = drawRack(random, frame.nodeIds);
    const others = frame.nodeIds.filter((id) => !some.includes(id));
    const durationMs = random.integer(4, 80) * frame.settings.probeIntervalMs;
    const sides = random.pick([
      { some: [...some, registryHost], others },
      { some, others: [...others, registryHost] },
      { some, others },
    ]);
    return [{ at: drawAt(random, frame), kind: 'cut', durationMs, ...sides }];
  },

  /** Neighbours on the ring die one after the other. */
  'deaths in a row': (random, frame) => {
    const { nodeIds, settings } = frame;
    const firstAt = drawAt(random, frame);
    const first = random.integer(0, nodeIds.length - 1);
    const count = random.integer(2, Math.max(2, Math.ceil(nodeIds.length / 2)));
    const pauseMs = random.between(0, 2 * timeToDeathMs(settings));
    const backAfterMs = random.chance(0.5) ? random.integer(10, 80) * settings.probeIntervalMs : null;
    return Array.from({ length: count }, (_, step) => ({
      at: Math.round(firstAt + step * pauseMs),
      kind: 'crash',
      nodeIds: [nodeIds[(first + step) % nodeIds.length] ?? ''],
      how: 'process',
      backAfterMs,
    }));
  },

  /** The registry has no leader for a while; the next one has another clock. */
  'leader change': (random, frame) =>
    Array.from({ length: random.integer(1, 3) }, (): PlannedFault[] => {
      const at = drawAt(random, frame);
      const durationMs = random.integer(1, 20) * frame.settings.probeIntervalMs;
      const byMs = random.pick([-1, 1]) * random.pick([20, 300, 2_000, 15_000, 120_000]);
      return [
        { at, kind: 'registry', state: 'no-leader', durationMs },
        { at: at + durationMs, kind: 'registry-clock', byMs },
      ];
    }).flat(),

  /** A death, and something else just when it is found out or recovered. */
  aftermath: (random, frame) => {
    const { nodeIds, settings } = frame;
    const diedAt = drawAt(random, frame);
    const [victim = '', ...others] = random.sample(nodeIds, nodeIds.length);
    const foundAfterMs = timeToDeathMs(settings) + settings.answerWindowMs;
    const at = Math.round(
      diedAt + foundAfterMs * random.between(0.5, 1.5) + settings.leaseMs * random.next(),
    );
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
  },

  /** A node is in maintenance while it is down or cut off. */
  'death in maintenance': (random, frame) => {
    const { nodeIds, settings } = frame;
    const at = drawAt(random, frame);
    const nodeId = random.pick(nodeIds);
    const durationMs = Math.round(timeToDeathMs(settings) * random.between(0.5, 6));
    const downAt = Math.round(at + durationMs * random.between(-0.3, 0.6));
    return [
      { at, kind: 'maintenance', nodeId, durationMs },
      {
        at: Math.max(frame.beginAt, downAt),
        kind: 'crash',
        nodeIds: [nodeId],
        how: 'process',
        backAfterMs: durationMs,
      },
    ];
  },

  /** One node stops and goes on, again and again, for about as long as patience lasts. */
  stutter: (random, frame) => {
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
  },
} as const satisfies Record<string, DrawHardship>;

/** The name of a hardship. */
export type Hardship = keyof typeof hardships | LongHardship | 'joins' | 'slow nodes';

/** What was drawn. */
export interface DrawnHardships {
  readonly names: readonly Hardship[];
  readonly faults: readonly PlannedFault[];
}

/** One to three hardships; nodes that come later join at random instants. Nothing lies outside the frame's time. */
export function drawHardships(random: SeededRandom, frame: HardshipFrame): DrawnHardships {
  const kinds = random.sample(Object.keys(hardships) as (keyof typeof hardships)[], random.integer(1, 3));
  const names: Hardship[] = [...kinds];
  const faults = kinds.flatMap((name) => hardships[name](random.stream(name), frame));
  if (frame.laterIds.length > 0) {
    const joins = random.stream('joins');
    const areTogether = joins.chance(0.3);
    const at = drawAt(joins, frame);
    names.push('joins');
    for (const nodeId of frame.laterIds)
      faults.push({ at: areTogether ? at : drawAt(joins, frame), kind: 'join', nodeIds: [nodeId] });
  }
  const slow = random.stream('slow nodes');
  if (slow.chance(0.2)) {
    names.push('slow nodes');
    faults.push(drawSlowNodes(slow, frame));
  }
  const long = random.stream('past the window');
  if (long.chance(0.4)) {
    const drawn = drawLongHardship(long, frame);
    names.push(drawn.name);
    faults.push(...drawn.faults);
  }
  return { names, faults: faults.filter(({ at }) => at < frame.endAt) };
}

/** Some nodes stall again and again, with their timers, or while only their messages wait. */
function drawSlowNodes(random: SeededRandom, frame: HardshipFrame): PlannedFault {
  const { nodeIds, settings, endAt } = frame;
  const at = drawAt(random, frame);
  const unitMs = settings.probeTimeoutMs;
  return {
    at,
    kind: 'slow',
    nodeIds: random.sample(nodeIds, random.integer(1, Math.ceil(nodeIds.length / 2))),
    durationMs: Math.round(random.between(0, endAt - at)),
    stallMs: Math.round(unitMs * random.pick([0.3, 1, 4, 20])),
    freeMs: Math.round(unitMs * random.pick([0.1, 1, 10])),
    timers: random.pick(['stop', 'go-on']),
  };
}

function drawAt(random: SeededRandom, { beginAt, endAt }: HardshipFrame): number {
  return Math.round(random.between(beginAt, endAt));
}

/** All nodes of one of two to four racks: neighbours on the ring, or every so many of them. */
function drawRack(random: SeededRandom, nodeIds: readonly string[]): string[] {
  const rackCount = Math.min(random.integer(2, 4), nodeIds.length);
  const rack = random.integer(0, rackCount - 1);
  const isInterleaved = random.chance(0.5);
  const rackOf = (index: number): number =>
    isInterleaved ? index % rackCount : Math.floor((index * rackCount) / nodeIds.length);
  return nodeIds.filter((_, index) => rackOf(index) === rack);
}
