/**
 * A world of the swarm without its faults: how many nodes, and their ids, settings and clocks. Also the network's weather,
 * the registry's, and what the handlers do. Not for: what goes wrong at some instant (single-faults.ts, hardships.ts).
 */
import { type PresetName, resolveSettings, type Settings } from '../../core/settings/config.ts';
import { evenly, latencies } from '../latency.ts';
import type { ClockFaults } from '../process.ts';
import type { SeededRandom } from '../random.ts';
import type { HandlerBehaviour } from '../ringwatch-program.ts';
import type { RegistryFaults } from '../virtual-registry.ts';
import { nodeIdsOf, type WorldOptions } from '../world.ts';

/** What a world is before anything happens to it. */
export interface DrawnWorld {
  readonly options: WorldOptions & { readonly nodes: readonly string[] };
  readonly settings: Settings;
}

/** Draws it. One cluster in forty has 30 to 60 nodes, and then always a small cap of the watch list. */
export function drawWorld(seed: number, random: SeededRandom): DrawnWorld {
  const isBig = random.stream('size').chance(0.025);
  const nodes = drawNodeIds(random, isBig);
  const { preset, edits, settings } = drawSettings(random.stream('settings'), isBig);
  const unitMs = settings.probeIntervalMs;
  const clocks = random.stream('clocks');
  return {
    settings,
    options: {
      seed,
      nodes,
      preset,
      settings: edits,
      handler: drawHandler(random.stream('handler'), settings),
      network: {
        latency: random
          .stream('latency')
          .pick([latencies.loopback, latencies.lan, latencies.lan, evenly(1, unitMs / 20)]),
        lossRate: random.stream('loss').pick([0, 0, 0, 0.01, 0.05]),
      },
      registry: drawRegistry(random.stream('registry'), settings),
      clocks: clocks.chance(0.5) ? byNode(nodes, (id) => drawClock(clocks.stream(id))) : {},
      ...drawRegions(random.stream('regions'), nodes),
      startWithinMs: 2 * unitMs,
      rejoinAfterMs: random.stream('rejoin').integer(1, 20) * unitMs,
    },
  };
}

/** In some worlds with ids that sort differently by code units than by bytes. */
function drawNodeIds(random: SeededRandom, isBig: boolean): readonly string[] {
  const sizes = random.stream('sizes');
  const plain = nodeIdsOf(isBig ? sizes.integer(30, 60) : sizes.pick([2, 3, 3, 4, 5, 5, 6, 7, 9, 12, 16]));
  const odd = random.stream('ids');
  if (!odd.chance(0.2)) return plain;
  return plain.map((id) => `${odd.pick(['', 'Z', 'é', '\uff21', '\ufffd', '\u{10000}', '\u{1f600}'])}${id}`);
}

function drawSettings(random: SeededRandom, isBig: boolean) {
  const usual = random.pick<PresetName>(['local', 'local', 'local', 'lan', 'wan']);
  const preset: PresetName = random.chance(0.05) ? 'default' : usual;
  const minQuorum = random.pick([1, 2, 2, 2, 2, 3]);
  const neighbors = random.pick([3, 3, 3, random.integer(minQuorum, 5)]);
  const common = {
    brakeWindowMs: 20_000,
    ...drawBrake(random.stream('brake')),
    minQuorum,
    neighbors,
    ...(random.chance(0.2) ? { refutation: false } : {}),
    ...(random.chance(0.15) ? { unreachableIsDeadAfterMs: 30_000 } : {}),
    ...(random.chance(0.1) ? { jitter: 0 } : {}),
    ...(random.chance(0.3) ? { maxDeadFraction: 1 } : {}),
    ...(random.chance(0.35) || isBig ? { watchListCap: Math.max(random.integer(4, 8), neighbors) } : {}),
    ...(random.chance(0.15) ? { strictQuorum: true } : {}),
  };
  const base = resolveSettings({ ...common, nodeId: 'any' }, preset);
  const edits = { ...common, ...drawSilences(random.stream('silences'), base) };
  return { preset, edits, settings: resolveSettings({ ...edits, nodeId: 'any' }, preset) };
}

/** What tells the three silences apart, hints, and the grace of those that have not answered. */
function drawSilences(random: SeededRandom, base: Settings): Partial<Settings> {
  const { retryIntervalMs, probeTimeoutMs, startupGracePeriodMs } = base;
  const whole = (least: number, most: number): number => Math.ceil(random.between(least, most));
  const minSilenceMs = random.chance(0.5) ? whole(0, 8 * base.probeIntervalMs) : base.minSilenceMs;
  const shorterMs = (): number => random.pick([0, whole(0, minSilenceMs), minSilenceMs]);
  // A cluster of short rounds has seen all of its nodes soon.
  const graceMs = Math.min(startupGracePeriodMs, random.pick([2, 10]) * base.probeIntervalMs);
  const loneGraceMs = random.pick([0, whole(0, 4) * graceMs, 20_000]);
  return {
    startupGracePeriodMs: graceMs,
    hints: random.chance(0.85),
    graceSparesAll: random.chance(0.15),
    loneGraceMs,
    minSilenceMs,
    minSilenceRefusedMs: shorterMs(),
    minSilenceNoConnectionMs: shorterMs(),
    retryIntervalRefusedMs: Math.max(
      1,
      random.pick([whole(0.1 * retryIntervalMs, retryIntervalMs), retryIntervalMs]),
    ),
    probeTimeoutFloorMs: random.pick([whole(0.15 * probeTimeoutMs, probeTimeoutMs), probeTimeoutMs]),
  };
}

function drawBrake(random: SeededRandom): Partial<Settings> {
  return {
    brakeReturnMs: random.pick([1_000, 5_000, 15_000]),
    flapWindowMs: random.pick([0, 20_000, 60_000]),
    ...(random.chance(0.3) ? { maxAttempts: random.integer(2, 4) } : {}),
  };
}

function drawHandler(random: SeededRandom, { leaseMs }: Settings): HandlerBehaviour | null {
  if (random.chance(0.15)) return null;
  return {
    takes: random.pick([latencies.none, evenly(0, leaseMs / 4), evenly(leaseMs / 2, 3 * leaseMs)]),
    failureRate: random.pick([0, 0, 0.3]),
  };
}

function drawRegistry(random: SeededRandom, { registryTimeoutMs }: Settings): Partial<RegistryFaults> {
  const staleReadRate = random.pick([0, 0, 0.2, 0.8]);
  return {
    lostAnswerRate: random.pick([0, 0, 0.02, 0.2]),
    lateRate: random.pick([0, 0, 0.01, 0.05]),
    lateness: evenly(registryTimeoutMs, 6 * registryTimeoutMs),
    duplicateRate: random.pick([0, 0, 0.02, 0.2]),
    staleReadRate,
    followerLagMs: staleReadRate > 0 ? random.integer(10, 5_000) : 0,
  };
}

function drawClock(random: SeededRandom): ClockFaults {
  return {
    skewMs: random.pick([0, 1_000, -60_000, 3_600_000, -18_000_000, 31_536_000_000]),
    driftPpm: random.pick([0, 50, -200, 10_000, -10_000]),
  };
}

function drawRegions(random: SeededRandom, nodes: readonly string[]): Pick<WorldOptions, 'regions'> {
  if (!random.chance(0.3)) return {};
  const names = ['zone-1', 'zone-2', 'zone-3'].slice(0, random.integer(2, 3));
  return { regions: byNode(nodes, () => random.pick(names)) };
}

function byNode<Value>(nodes: readonly string[], draw: (id: string) => Value): Record<string, Value> {
  return Object.fromEntries(nodes.map((id) => [id, draw(id)]));
}
