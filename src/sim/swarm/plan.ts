/**
 * A whole world drawn from one seed: its size, its settings, its weather, and a plan of faults of every kind. Each
 * world has a random choice of the kinds, so that rare ones are not drowned by common ones (swarm testing).
 */
import { type PresetName, resolveSettings, type Settings } from '../../core/config.ts';
import { compareIds } from '../../core/ring.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { evenly, latencies } from '../latency.ts';
import { registryHost } from '../network.ts';
import type { ClockFaults } from '../process.ts';
import { type SeededRandom, seededRandom } from '../random.ts';
import type { HandlerBehaviour } from '../ringwatch-program.ts';
import type { RegistryFaults } from '../virtual-registry.ts';
import { nodeIdsOf, type WorldOptions } from '../world.ts';
import type { HardshipFrame } from './frame.ts';
import { drawHardships, type Hardship } from './hardships.ts';
import { drawSurroundings, drawWorld, type Surroundings, type WorldDraws } from './surroundings.ts';
import { drawFlappingClock } from './window.ts';

export interface SwarmPlan {
  readonly seed: number;
  readonly options: WorldOptions;
  readonly settings: Settings;
  /** When the faults begin, and when they end. */
  readonly faultsBeginAt: number;
  readonly faultsEndAt: number;
  readonly faults: readonly PlannedFault[];
  /** The groups of faults that were drawn as one. */
  readonly hardships: readonly (Hardship | Surroundings)[];
  /** Whether all nodes that run are started anew when the faults end. */
  readonly endsWithRestart: boolean;
  /** Whether the registry's clock jumps past the membership window just before the last node dies. */
  readonly endsWithClockStep: boolean;
}

const faultKinds = [
  'crash',
  'pause',
  'cut',
  'link',
  'loss',
  'latency',
  'registry',
  'registry-clock',
  'wall-clock',
  'leave',
  'maintenance',
  'restart-all',
] as const satisfies readonly PlannedFault['kind'][];

type FaultKind = (typeof faultKinds)[number];

/** Draws the world of a seed. */
export function swarmPlan(seed: number): SwarmPlan {
  const plan = thirdSwarmPlan(seed);
  const random = seededRandom(seed, 'swarm').stream('fourth edition');
  if (!random.chance(0.15)) return plan;
  const { name, faults } = drawFlappingClock(random, frameOf(plan));
  return { ...plan, faults: inOrder([...plan.faults, ...faults]), hardships: [...plan.hardships, name] };
}

/** The world of a seed as the third edition drew it, without clocks that are wrong for less than a heartbeat. */
function thirdSwarmPlan(seed: number): SwarmPlan {
  const later = seededRandom(seed, 'swarm').stream('third edition');
  const plan = secondSwarmPlan(seed, drawWorld(later.stream('world')));
  const { names, faults, regions } = drawSurroundings(later.stream('surroundings'), frameOf(plan));
  return {
    ...plan,
    options: regions === null ? plan.options : { ...plan.options, regions },
    faults: inOrder([...plan.faults, ...faults]),
    hardships: [...plan.hardships, ...names],
    endsWithClockStep: later.stream('last step').chance(0.25),
  };
}

/** What a hardship is drawn in. */
function frameOf({
  options,
  settings,
  faultsBeginAt: beginAt,
  faultsEndAt: endAt,
}: SwarmPlan): Omit<HardshipFrame, 'laterIds'> {
  return { nodeIds: [...nodeIdsOf(options.nodes)].sort(compareIds), settings, beginAt, endAt };
}

function inOrder(faults: readonly PlannedFault[]): readonly PlannedFault[] {
  return faults.toSorted((a, b) => a.at - b.at);
}

/** The world of a seed as the second edition drew it, with hardships. */
function secondSwarmPlan(seed: number, draws: WorldDraws = { edits: {} }): SwarmPlan {
  const random = seededRandom(seed, 'swarm');
  const plan = firstSwarmPlan(seed, drawOddIds(random.stream('ids')), draws);
  const { options, settings, faultsBeginAt: beginAt, faultsEndAt: endAt } = plan;
  const duplicateRate = random.stream('duplicates').pick([0, 0, 0.02, 0.2]);
  const registry = { ...options.registry, duplicateRate };
  const endsWithRestart = random.stream('restart').chance(0.1);
  const hard = random.stream('hardships');
  if (hard.chance(0.25)) return { ...plan, options: { ...options, registry }, endsWithRestart };
  const nodeIds = [...nodeIdsOf(options.nodes)].sort(compareIds);
  const laterIds = hard.chance(0.3) ? hard.sample(nodeIds, hard.integer(1, nodeIds.length >> 1)) : [];
  const { names, faults } = drawHardships(hard, { nodeIds, laterIds, settings, beginAt, endAt });
  return {
    ...plan,
    options: { ...options, registry, laterNodes: laterIds },
    faults: [...plan.faults, ...faults].sort((a, b) => a.at - b.at),
    hardships: names,
    endsWithRestart,
  };
}

/** Ids that sort differently by code units than by bytes, for some worlds. */
function drawOddIds(random: SeededRandom): (nodeId: string) => string {
  if (!random.chance(0.2)) return (nodeId) => nodeId;
  return (nodeId) => `${random.pick(['', 'Z', 'é', '\uff21', '\ufffd', '\u{10000}', '\u{1f600}'])}${nodeId}`;
}

/**
 * The world of a seed as the first edition of the swarm drew it, without hardships. Seeds that once broke a promise
 * are kept as they were then.
 */
function firstSwarmPlan(
  seed: number,
  rename = (nodeId: string): string => nodeId,
  draws: WorldDraws = { edits: {} },
): SwarmPlan {
  const random = seededRandom(seed, 'swarm');
  const size = draws.nodeCount ?? random.stream('size').pick([2, 3, 3, 4, 5, 5, 6, 7, 9, 12, 16]);
  const nodeIds = nodeIdsOf(size).map(rename);
  const { preset, edits, settings } = drawSettings(random.stream('settings'), draws);
  const unitMs = settings.probeIntervalMs;
  const faultsBeginAt = settings.startupGracePeriodMs + 10 * unitMs;
  const faultsEndAt = faultsBeginAt + random.stream('length').integer(60, 300) * unitMs;
  const clockRandom = random.stream('clocks');
  return {
    seed,
    settings,
    faultsBeginAt,
    faultsEndAt,
    options: {
      seed,
      nodes: nodeIds,
      preset,
      settings: edits,
      handler: drawHandler(random.stream('handler'), settings),
      network: {
        latency: random
          .stream('latency')
          .pick([latencies.loopback, latencies.lan, latencies.lan, evenly(1, unitMs / 20)]),
        lossRate: random.stream('loss').pick([0, 0, 0, 0.01, 0.05]),
      },
      registry: drawRegistryFaults(random.stream('registry'), settings),
      clocks: clockRandom.chance(0.5) ? drawClocks(seed, nodeIds) : {},
      startWithinMs: 2 * unitMs,
      rejoinAfterMs: random.stream('rejoin').integer(1, 20) * unitMs,
    },
    faults: drawFaults(random.stream('faults'), nodeIds, settings, faultsBeginAt, faultsEndAt),
    hardships: [],
    endsWithRestart: false,
    endsWithClockStep: false,
  };
}

function drawSettings(random: SeededRandom, draws: WorldDraws) {
  const drawn: PresetName = random.pick(['local', 'local', 'local', 'lan', 'wan']);
  const preset = draws.preset ?? drawn;
  const hasBrakeOff = random.chance(0.3);
  const quorum = drawQuorum(random);
  const { watchListCap, ...others } = draws.edits;
  const edits = {
    brakeWindowMs: 20_000,
    ...quorum,
    ...(random.chance(0.2) ? { refutation: false } : {}),
    ...(random.chance(0.15) ? { unreachableIsDeadAfterMs: 30_000 } : {}),
    ...(random.chance(0.1) ? { jitter: 0 } : {}),
    ...(hasBrakeOff ? { maxDeadFraction: 1 } : {}),
    ...others,
    ...(watchListCap === undefined ? {} : { watchListCap: Math.max(watchListCap, quorum.neighbors) }),
  };
  return { preset, edits, settings: resolveSettings({ ...edits, nodeId: 'any' }, preset) };
}

function drawQuorum(random: SeededRandom): { minQuorum: number; neighbors: number } {
  const minQuorum = random.pick([1, 2, 2, 2, 2, 3]);
  const neighbors = random.pick([3, 3, 3, random.integer(minQuorum, 5)]);
  return { minQuorum, neighbors };
}

function drawHandler(random: SeededRandom, { leaseMs }: Settings): HandlerBehaviour | null {
  if (random.chance(0.15)) return null;
  return {
    takes: random.pick([latencies.none, evenly(0, leaseMs / 4), evenly(leaseMs / 2, 3 * leaseMs)]),
    failureRate: random.pick([0, 0, 0.3]),
  };
}

function drawRegistryFaults(random: SeededRandom, { registryTimeoutMs }: Settings): Partial<RegistryFaults> {
  const staleReadRate = random.pick([0, 0, 0.2, 0.8]);
  return {
    lostAnswerRate: random.pick([0, 0, 0.02, 0.2]),
    lateRate: random.pick([0, 0, 0.01, 0.05]),
    lateness: evenly(registryTimeoutMs, 6 * registryTimeoutMs),
    staleReadRate,
    followerLagMs: staleReadRate > 0 ? random.integer(10, 5_000) : 0,
  };
}

/** Every node's clock is drawn from that node's stream, whatever the others draw. */
function drawClocks(seed: number, nodeIds: readonly string[]): Record<string, ClockFaults> {
  const random = seededRandom(seed);
  return Object.fromEntries(
    nodeIds.map((nodeId) => [nodeId, drawClock(random.stream(`node ${nodeId}`).stream('clock'))]),
  );
}

function drawClock(random: SeededRandom): ClockFaults {
  return {
    skewMs: random.pick([0, 1_000, -60_000, 3_600_000, -18_000_000, 31_536_000_000]),
    driftPpm: random.pick([0, 50, -200, 10_000, -10_000]),
  };
}

function drawFaults(
  random: SeededRandom,
  nodeIds: readonly string[],
  settings: Settings,
  beginAt: number,
  endAt: number,
): PlannedFault[] {
  const kinds = random.sample(faultKinds, random.integer(1, 6));
  const count = random.integer(1, 14);
  const faults: PlannedFault[] = [];
  for (let index = 0; index < count; index++) {
    const at = Math.round(random.between(beginAt, endAt));
    const durationMs = Math.round(random.between(0, Math.min(endAt - at, 80 * settings.probeIntervalMs)));
    faults.push(drawFault(random, random.pick(kinds), { at, durationMs, nodeIds, settings }));
  }
  return faults.sort((a, b) => a.at - b.at);
}

interface FaultFrame {
  readonly at: number;
  readonly durationMs: number;
  readonly nodeIds: readonly string[];
  readonly settings: Settings;
}

function drawFault(random: SeededRandom, kind: FaultKind, frame: FaultFrame): PlannedFault {
  const { at, durationMs, nodeIds, settings } = frame;
  const unitMs = settings.probeIntervalMs;
  const nodeId = random.pick(nodeIds);
  const backAfterMs = random.chance(0.7) ? durationMs : null;
  switch (kind) {
    case 'crash':
      return {
        at,
        kind,
        nodeIds: drawVictims(random, nodeIds),
        how: random.pick(['process', 'machine']),
        backAfterMs,
      };
    case 'pause':
      return {
        at,
        kind,
        nodeId,
        durationMs: Math.min(durationMs, random.pick([2, 10, 40]) * unitMs),
        how: random.pick(['stalled', 'suspended']),
      };
    case 'cut':
      return { at, kind, durationMs, ...drawSides(random, nodeIds) };
    case 'link':
      return { at, kind, durationMs, fault: drawLink(random, nodeIds, unitMs) };
    case 'loss':
      return { at, kind, durationMs, lossRate: random.pick([0.05, 0.2, 0.5]) };
    case 'latency':
      return { at, kind, durationMs, latency: evenly(0, settings.probeTimeoutMs * random.pick([0.3, 1, 3])) };
    case 'registry':
      return { at, kind, durationMs, state: random.pick(['no-leader', 'silent']) };
    case 'registry-clock':
      return { at, kind, byMs: random.pick([-1, 1]) * random.pick([500, 5_000, 60_000, 600_000]) };
    case 'wall-clock':
      return { at, kind, nodeId, byMs: random.pick([-1, 1]) * random.pick([500, 60_000, 3_600_000]) };
    case 'leave':
      return { at, kind, nodeId, backAfterMs };
    case 'maintenance':
      return { at, kind, nodeId, durationMs };
    case 'restart-all':
      return { at, kind, downForMs: random.integer(1, 30) * unitMs };
  }
}

/** One node, some nodes, or ids in a row. */
function drawVictims(random: SeededRandom, nodeIds: readonly string[]): string[] {
  const count = random.pick([1, 1, 1, 2, 3, Math.ceil(nodeIds.length / 3)]);
  if (random.chance(0.5)) return random.sample(nodeIds, count);
  const first = random.integer(0, nodeIds.length - 1);
  return Array.from(
    { length: Math.min(count, nodeIds.length) },
    (_, step) => nodeIds[(first + step) % nodeIds.length] ?? '',
  );
}

function drawSides(
  random: SeededRandom,
  nodeIds: readonly string[],
): { some: readonly string[]; others: readonly string[] } {
  const some = random.sample(nodeIds, random.integer(1, Math.max(1, Math.floor(nodeIds.length / 2))));
  const others = nodeIds.filter((id) => !some.includes(id));
  const registrySide = random.pick(['some', 'others', 'none']);
  if (registrySide === 'some') return { some: [...some, registryHost], others };
  return { some, others: registrySide === 'others' ? [...others, registryHost] : others };
}

/** Who sends and who receives: one node, the registry, or all. */
function drawLink(random: SeededRandom, nodeIds: readonly string[], unitMs: number) {
  const someone = (): { hosts?: readonly string[] } =>
    random.pick([
      {},
      { hosts: [random.pick(nodeIds)] },
      { hosts: random.sample(nodeIds, 2) },
      { hosts: [registryHost] },
    ]);
  const from = someone().hosts;
  const to = from === undefined ? [random.pick(nodeIds)] : someone().hosts;
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    lossRate: random.pick([0.2, 0.8, 1, 1]),
    how: random.pick(['dropped', 'dropped', 'rejected'] as const),
    ...(random.chance(0.3)
      ? { flipFlop: { badMs: random.integer(1, 10) * unitMs, goodMs: random.integer(1, 10) * unitMs } }
      : {}),
  };
}
