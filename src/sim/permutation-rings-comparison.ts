/**
 * What many deaths at once come to, measured for one way of choosing which nodes to watch. How many are confirmed in
 * the time of a single death, when the last one is, and what the cluster sends and reads meanwhile.
 * Not for: single crashes and other faults over hours (experiment/).
 */

import type { DecideResult, RoundReading } from '../core/reading.ts';
import type { PresetName, Settings } from '../core/settings/config.ts';
import { resolveSettings } from '../core/settings/config.ts';
import type { DecideRequest } from '../ports/registry.ts';
import { registryHost } from './network.ts';
import { permutationRingRegistry, type RingsOptions } from './permutation-rings-registry.ts';
import type { SeededRandom } from './random.ts';
import type { TappedCall } from './virtual-registry.ts';
import { nodeIdsOf, World } from './world.ts';

/** Which nodes fall away at one instant. */
export interface FailurePattern {
  /** `consecutive`: neighbours by id. `random`: any. `striped`: ids at even distances. */
  readonly which: 'consecutive' | 'random' | 'striped';
  readonly count: number;
  /** `crashed`: their machines are gone. `cut-off`: they live, and see one another alone. */
  readonly how: 'crashed' | 'cut-off';
}

export interface MassFailureOptions {
  readonly seed: number;
  readonly nodeCount: number;
  readonly pattern: FailurePattern;
  /** Null for Ringwatch's own watch list. */
  readonly rings: RingsOptions | null;
  readonly preset: PresetName;
  readonly settings: Partial<Omit<Settings, 'nodeId'>>;
  /** The part of all messages that is lost once the cluster has settled, before and after the failure. Default 0. */
  readonly lossRate?: number;
  /** For how long after the failure probes, rows and suspicions are counted. */
  readonly windowMs: number;
  /** When to stop waiting for the last verdict. */
  readonly limitMs: number;
}

/** Times in milliseconds after the failure. */
export interface MassFailureResult {
  /** When each of the fallen was confirmed dead, in order; those that were not by `limitMs` are left out. */
  readonly verdictsMs: readonly number[];
  readonly fallenCount: number;
  /** Probes that the nodes that stayed sent within the window, beyond the `neighbors` of each of their rounds in the steady state. */
  readonly extraProbeCount: number;
  /** Rows of other nodes that one reading gave, on average: in the steady state, and within the window. */
  readonly rowsBefore: number;
  readonly rowsDuring: number;
  /** The most targets that one observer had within the window. */
  readonly longestWatchList: number;
  /** Suspicions, within the window, of nodes that stayed, by nodes that stayed. */
  readonly falseSuspicionCount: number;
  /** Verdicts on nodes that stayed. */
  readonly falseVerdictCount: number;
}

/** Rounds of the steady state whose rows are counted before the failure. */
const steadyRounds = 2;

/** Runs one failure of many nodes at once. */
export async function measureMassFailure(options: MassFailureOptions): Promise<MassFailureResult> {
  const counted = new Counts();
  const { world, settings } = createWorld(options, counted);
  await world.runFor(settlingTimeMs(settings));
  world.network.setOptions({ lossRate: options.lossRate ?? 0 });
  const fallen = new Set(choose(options.pattern, [...world.nodes.keys()], world.random('the fallen')));
  // Of the nodes that will stay alone, so that before and after are the same nodes.
  counted.begin(fallen);
  await world.runFor(steadyRounds * settings.probeIntervalMs);
  const before = counted.begin(fallen);
  const failedAt = world.now;
  fail(world, options.pattern, fallen);
  await world.runFor(options.windowMs);
  const during = counted.begin(fallen);
  await world.runUntil(() => counted.verdictAt.size >= fallen.size, options.limitMs - options.windowMs);
  const roundCount = options.windowMs / settings.probeIntervalMs;
  const steadyProbeCount = settings.neighbors * roundCount * (options.nodeCount - fallen.size);
  const isDuring = ({ at, nodeId }: { readonly at: number; readonly nodeId: string }): boolean =>
    at >= failedAt && at <= failedAt + options.windowMs && !fallen.has(nodeId);
  const watchLists = world.history.of('watching').filter(isDuring);
  const suspicions = world.history.of('suspect').filter(isDuring);
  return {
    verdictsMs: [...counted.verdictAt.values()].map((at) => at - failedAt),
    fallenCount: fallen.size,
    extraProbeCount: during.probeCount - steadyProbeCount,
    rowsBefore: before.rowCount / before.readingCount,
    rowsDuring: during.rowCount / during.readingCount,
    longestWatchList: watchLists.reduce((most, { event }) => Math.max(most, event.targetIds.length), 0),
    falseSuspicionCount: suspicions.filter(({ event }) => !fallen.has(event.targetId)).length,
    falseVerdictCount: counted.falseVerdictCount,
  };
}

/** How long single deaths take to be confirmed, one after the other in the same cluster, in milliseconds. */
export async function measureSingleDeaths(
  options: Omit<MassFailureOptions, 'pattern' | 'windowMs' | 'limitMs'>,
  deathCount: number,
): Promise<number[]> {
  const counted = new Counts();
  const { world, settings } = createWorld(options, counted);
  await world.runFor(settlingTimeMs(settings));
  const ids = [...world.nodes.keys()];
  const stride = Math.floor(ids.length / deathCount);
  const victims = ids.filter((_, index) => index % stride === 0).slice(0, deathCount);
  const random = world.random('the moments');
  const times: number[] = [];
  for (const id of victims) {
    await world.runFor(random.between(0, settings.probeIntervalMs));
    counted.begin(new Set([id]));
    const diedAt = world.now;
    world.crash(id, 'machine');
    await world.runUntil(() => counted.verdictAt.has(id), settings.membershipWindowMs);
    times.push((counted.verdictAt.get(id) ?? Number.POSITIVE_INFINITY) - diedAt);
  }
  return times;
}

/** What passed since the last `begin`. */
class Counts {
  readonly verdictAt = new Map<string, number>();
  falseVerdictCount = 0;
  #fallen: ReadonlySet<string> = new Set();
  #probeCount = 0;
  #readingCount = 0;
  #rowCount = 0;

  /** Gives what was counted so far and begins anew; only what the others than `fallen` do is counted. */
  begin(fallen: ReadonlySet<string>) {
    const past = { probeCount: this.#probeCount, readingCount: this.#readingCount, rowCount: this.#rowCount };
    this.#fallen = fallen;
    this.#probeCount = 0;
    this.#readingCount = 0;
    this.#rowCount = 0;
    return past;
  }

  sawProbe(observerId: string): void {
    if (!this.#fallen.has(observerId)) this.#probeCount++;
  }

  sawCall({ at, nodeId, method, request }: TappedCall, result: unknown): void {
    if (method === 'readRound' && !this.#fallen.has(nodeId)) {
      const { successors, watched } = result as RoundReading;
      this.#readingCount++;
      this.#rowCount += successors.length + watched.length;
    }
    if (method !== 'decide') return;
    const decided = result as DecideResult;
    if (decided.outcome !== 'dead' || !decided.isNew) return;
    const { targetId } = request as DecideRequest;
    if (this.#fallen.has(targetId)) this.verdictAt.set(targetId, at);
    else this.falseVerdictCount++;
  }
}

function createWorld(
  options: Omit<MassFailureOptions, 'pattern' | 'windowMs' | 'limitMs'>,
  counted: Counts,
): { readonly world: World; readonly settings: Settings } {
  const { seed, nodeCount, rings, preset } = options;
  const settings = resolveSettings({ ...options.settings, nodeId: 'any' }, preset);
  const world = new World({
    seed,
    nodes: nodeIdsOf(nodeCount),
    preset,
    settings: options.settings,
    probeTaps: [{ began: ({ observerId }) => counted.sawProbe(observerId) }],
    registryTaps: [(call, result) => counted.sawCall(call, result)],
    rejoinAfterMs: null,
    ...(rings === null ? {} : { createRegistry: permutationRingRegistry(rings) }),
  });
  return { world, settings };
}

/** Until every node has joined and knows all others, and the startup grace has passed. */
function settlingTimeMs({ startupGracePeriodMs, probeIntervalMs, heartbeatIntervalMs }: Settings): number {
  return startupGracePeriodMs + 4 * probeIntervalMs + heartbeatIntervalMs;
}

function choose({ which, count }: FailurePattern, ids: readonly string[], random: SeededRandom): string[] {
  const start = random.integer(0, ids.length - 1);
  const stride = which === 'striped' ? Math.floor(ids.length / count) : 1;
  if (which === 'random') return random.sample(ids, count);
  return Array.from({ length: count }, (_, index) => ids[(start + index * stride) % ids.length] ?? '');
}

function fail(world: World, { how }: FailurePattern, fallen: ReadonlySet<string>): void {
  if (how === 'crashed') {
    for (const id of fallen) world.crash(id, 'machine');
    return;
  }
  const others = [...world.nodes.keys()].filter((id) => !fallen.has(id));
  world.cut([...fallen], [...others, registryHost]);
}
