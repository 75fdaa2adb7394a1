/**
 * What the third edition of the swarm draws besides: clusters big enough to see what grows with them, settings that
 * the first one left as they are, zones of racks, directions that are slow, nodes that come and go.
 * Every draw has a stream of its own, so that the worlds of a seed keep what they have in common with earlier editions.
 */
import { type PresetName, type Settings, timeToDeathMs } from '../../core/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { evenly, type Latency } from '../latency.ts';
import { type LinkFault, registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';

/** What is drawn before the world's first faults are: they depend on it. */
export interface WorldDraws {
  /** Absent: as the first edition draws it. */
  readonly nodeCount?: number;
  readonly preset?: PresetName;
  readonly edits: Partial<Omit<Settings, 'nodeId'>>;
}

/** A cluster of 30 to 60 for one world in forty; a small cap of the watch list for all of those, and for a third of the others. */
export function drawWorld(random: SeededRandom): WorldDraws {
  const isBig = random.stream('size').chance(0.025);
  const settings = random.stream('settings');
  const hasSmallCap = settings.chance(0.35) || isBig;
  return {
    ...(isBig ? { nodeCount: random.stream('big size').integer(30, 60) } : {}),
    ...(random.stream('preset').chance(0.05) ? { preset: 'default' } : {}),
    edits: {
      ...(hasSmallCap ? { watchListCap: settings.integer(4, 8) } : {}),
      ...(settings.chance(0.15) ? { strictQuorum: true } : {}),
    },
  };
}

/** The frame into which surroundings are drawn. */
export interface SurroundingsFrame {
  readonly nodeIds: readonly string[];
  readonly settings: Settings;
  readonly beginAt: number;
  readonly endAt: number;
}

interface Zone {
  readonly name: string;
  /** Its nodes, a list a rack. */
  readonly racks: readonly (readonly string[])[];
}

type DrawFaults = (random: SeededRandom, frame: SurroundingsFrame, zones: readonly Zone[]) => PlannedFault[];

/** Every kind of surroundings by name. */
const surroundings = {
  /** Messages between two zones take longer, as much in each direction as its own draw says. */
  'zones far apart': (random, frame, zones) => {
    const [here, there] = random.sample(zones, 2).map(nodesOf);
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
  },

  'zone lost': (random, frame, zones) => [drawLoss(random, frame, nodesOf(random.pick(zones)))],

  'rack of a zone lost': (random, frame, zones) => [
    drawLoss(random, frame, random.pick(random.pick(zones).racks)),
  ],

  'zone cut off': (random, frame, zones) => {
    const some = nodesOf(random.pick(zones));
    const others = frame.nodeIds.filter((id) => !some.includes(id));
    const side = random.pick(['some', 'others', 'none']);
    return [
      {
        ...drawSpan(random, frame),
        kind: 'cut',
        some: side === 'some' ? [...some, registryHost] : some,
        others: side === 'others' ? [...others, registryHost] : others,
      },
    ];
  },

  /** One direction each: of one node, of two, of the registry, or of all. */
  'slow directions': (random, frame) => {
    const hosts = (): readonly string[] | undefined =>
      random.pick([undefined, [random.pick(frame.nodeIds)], random.sample(frame.nodeIds, 2), [registryHost]]);
    return Array.from({ length: random.integer(1, 4) }, () => {
      const [from, to] = [hosts(), hosts()];
      return drawSlowLink(random, frame, { ...(from && { from }), ...(to && { to }) });
    });
  },

  /** A node dies, and some of all calls do not reach the registry when its observers are about to ask for the verdict. */
  'shaky registry at a verdict': (random, frame) => {
    const { settings, nodeIds } = frame;
    const { at } = drawSpan(random, frame);
    const askedAfterMs = timeToDeathMs(settings) + settings.answerWindowMs * random.between(-0.5, 0.7);
    const durationMs = random.integer(4, 20) * settings.probeIntervalMs;
    const fault = {
      to: [registryHost],
      lossRate: random.pick([0.3, 0.6]),
      how: random.pick(['dropped', 'rejected'] as const),
    };
    const how = random.pick(['process', 'machine'] as const);
    const victims = [random.pick(nodeIds)];
    return [
      { at, kind: 'crash', nodeIds: victims, how, backAfterMs: null },
      { at: Math.round(at + askedAfterMs), kind: 'link', fault, durationMs },
    ];
  },

  'nodes that come and go': (random, frame) => {
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
  },
} as const satisfies Record<string, DrawFaults>;

/** The name of a kind of surroundings. */
export type Surroundings = keyof typeof surroundings;

export interface DrawnSurroundings {
  readonly names: readonly Surroundings[];
  readonly faults: readonly PlannedFault[];
  /** The zone of every node, where the cluster has zones. */
  readonly regions: Readonly<Record<string, string>> | null;
}

const ofZones: readonly Surroundings[] = [
  'zones far apart',
  'zone lost',
  'rack of a zone lost',
  'zone cut off',
];
const ofNodes: readonly Surroundings[] = [
  'slow directions',
  'nodes that come and go',
  'shaky registry at a verdict',
];

/** One or two kinds of zones' where there are any; none, one or two of nodes'. */
export function drawSurroundings(random: SeededRandom, frame: SurroundingsFrame): DrawnSurroundings {
  const zones = random.chance(0.4) && frame.nodeIds.length >= 4 ? drawZones(random, frame.nodeIds) : [];
  const names = [
    ...random.sample(ofZones, zones.length > 0 ? random.integer(1, 2) : 0),
    ...random.sample(ofNodes, random.pick([0, 0, 1, 2])),
  ];
  const faults = names
    .flatMap((name) => surroundings[name](random.stream(name), frame, zones))
    .filter(({ at }) => at < frame.endAt);
  const regions = zones.flatMap((zone) => nodesOf(zone).map((id) => [id, zone.name] as const));
  return { names, faults, regions: zones.length > 0 ? Object.fromEntries(regions) : null };
}

/** Two or three zones of one to three racks; nodes are dealt out to all racks in turn, or in stretches of the ring. */
function drawZones(random: SeededRandom, nodeIds: readonly string[]): Zone[] {
  const rackCounts = Array.from({ length: random.integer(2, 3) }, () => random.integer(1, 3));
  const total = Math.min(
    rackCounts.reduce((sum, count) => sum + count, 0),
    nodeIds.length,
  );
  const isStriped = random.chance(0.5);
  const rackOf = (index: number): number =>
    isStriped ? index % total : Math.floor((index * total) / nodeIds.length);
  const racks = Array.from({ length: total }, (_, rack) =>
    nodeIds.filter((_id, index) => rackOf(index) === rack),
  );
  return rackCounts
    .map((count, zone) => {
      const first = rackCounts.slice(0, zone).reduce((sum, before) => sum + before, 0);
      return { name: `zone-${zone + 1}`, racks: racks.slice(first, first + count) };
    })
    .filter((zone) => zone.racks.length > 0);
}

function nodesOf({ racks }: Zone): string[] {
  return racks.flat();
}

function drawLoss(random: SeededRandom, frame: SurroundingsFrame, nodeIds: readonly string[]): PlannedFault {
  const { at, durationMs } = drawSpan(random, frame);
  const backAfterMs = random.chance(0.7) ? durationMs : null;
  return { at, kind: 'crash', nodeIds, how: random.pick(['machine', 'machine', 'process']), backAfterMs };
}

function drawSlowLink(
  random: SeededRandom,
  frame: SurroundingsFrame,
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
function drawExtraLatency(random: SeededRandom, { settings }: SurroundingsFrame): Latency {
  const timeoutMs = random.pick([
    settings.probeTimeoutMs,
    settings.probeTimeoutMs,
    settings.registryTimeoutMs,
  ]);
  return evenly(0, timeoutMs * random.pick([0.2, 0.6, 1.2, 2]));
}

/** Some rounds of the time in which there are faults. */
function drawSpan(random: SeededRandom, frame: SurroundingsFrame): { at: number; durationMs: number } {
  const { beginAt, endAt, settings } = frame;
  const at = Math.round(random.between(beginAt, endAt));
  return {
    at,
    durationMs: Math.round(random.between(0, Math.min(endAt - at, 80 * settings.probeIntervalMs))),
  };
}
