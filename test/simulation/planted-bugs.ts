/** How a bug is planted into a world of the swarm, and how the checkers are asked to find it. */
import { expect, it } from 'vitest';
import type { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import type { MemoryStore } from '../../src/adapters/memory/store.ts';
import { type Settings, timeToDeathMs } from '../../src/core/settings/config.ts';
import type { Prober } from '../../src/ports/prober.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { StoreRegistry } from '../../src/registry/registry.ts';
import type { PromiseName } from '../../src/sim/checkers/checker.ts';
import type { PlannedFault } from '../../src/sim/fault-plan.ts';
import type { ProgramParts } from '../../src/sim/program.ts';
import { type RingwatchOptions, ringwatchProgram } from '../../src/sim/ringwatch-program.ts';
import type { RuleOff } from '../../src/sim/rules-off.ts';
import { type SwarmPlan, swarmPlan } from '../../src/sim/swarm/plan.ts';
import { runPlan, runTwins } from '../../src/sim/swarm/run.ts';
import type { CreateRegistry, RegistryMethod } from '../../src/sim/virtual-registry.ts';
import { nodeIdsOf } from '../../src/sim/world.ts';

export type Requests = { readonly [Method in RegistryMethod]: Parameters<Registry[Method]>[0] };
export type Rewire = NonNullable<RingwatchOptions['rewire']>;

export interface PlantedBug {
  readonly bug: string;
  /** The promise that it breaks. */
  readonly promise: PromiseName;
  /** It is caught by one of the seeds from 1 to this one. */
  readonly within: number;
  /** The first seed that a test tries, to save minutes: none before it shows the bug. With `PLANTED=1` all are tried. Default 1. */
  readonly from?: number;
  readonly registry?: new (options: { readonly now: () => number }) => MemoryRegistry;
  readonly store?: new (now: () => number) => MemoryStore;
  readonly createRegistry?: CreateRegistry;
  /** Faults that its worlds have besides, for a bug that few worlds would show. */
  readonly faults?: (plan: SwarmPlan) => readonly PlannedFault[];
  /** Whether it can show in that world; others are passed over. Default: in all. */
  readonly isFor?: (plan: SwarmPlan) => boolean;
  readonly rewire?: Rewire;
  /** Rules that its nodes go without. */
  readonly without?: readonly RuleOff[];
  /** The same for a bug that depends on the settings. */
  readonly rewireFor?: (settings: Settings) => Rewire;
  /** What the monitors take for their settings. */
  readonly settings?: (settings: Settings) => Partial<Settings>;
  /** Whether it shows only beside the world's twin. */
  readonly needsTwin?: boolean;
}

/** One node after another stands still for about as long as a verdict takes, so that some are heard again just then. */
export const standingStill: NonNullable<PlantedBug['faults']> = ({ options, settings, faultsBeginAt }) => {
  const verdictMs = timeToDeathMs(settings) + settings.answerWindowMs;
  return nodeIdsOf(options.nodes).map((nodeId, index) => ({
    at: faultsBeginAt + 3 * index * verdictMs,
    kind: 'pause',
    nodeId,
    durationMs: Math.round(verdictMs * (0.8 + 0.05 * (index % 12))),
    how: 'suspended',
  }));
};

/** Puts calls of its own between the monitor and its registry. */
export function rewireRegistry(edit: (link: Registry, parts: ProgramParts) => Partial<Registry>): Rewire {
  return (wires, parts) => {
    const edits = edit(wires.registry, parts);
    const registry = new Proxy(wires.registry, {
      get: (link, name: keyof Registry) => edits[name] ?? link[name]?.bind(link),
    });
    return { ...wires, registry };
  };
}

type Probe = Prober['probe'];

/** Puts a probe of its own in the place of the node's. */
export function rewireProber(edit: (probe: Probe) => Probe): Rewire {
  return (wires) => {
    const { prober } = wires.ports;
    const probe = edit(prober.probe.bind(prober));
    const onClosed = prober.onClosed?.bind(prober);
    const planted = { probe, close: () => prober.close(), ...(onClosed === undefined ? {} : { onClosed }) };
    return { ...wires, ports: { ...wires.ports, prober: planted } };
  };
}

function plant(plan: SwarmPlan, bug: PlantedBug): SwarmPlan {
  const { settings, rewireFor, without = [] } = bug;
  const rewire = bug.rewire ?? rewireFor?.(plan.settings);
  const { preset = 'default', settings: edits = {}, handler = null } = plan.options;
  const program = ringwatchProgram({
    preset,
    settings: { ...edits, ...settings?.(plan.settings) },
    handler,
    without,
    ...(rewire === undefined ? {} : { rewire }),
  });
  const createRegistry = plantedRegistry(bug);
  return {
    ...plan,
    faults: [...plan.faults, ...(bug.faults?.(plan) ?? [])],
    options: { ...plan.options, program, ...(createRegistry ? { createRegistry } : {}) },
  };
}

function plantedRegistry({
  registry: Planted,
  store: PlantedStore,
  createRegistry,
}: PlantedBug): CreateRegistry | undefined {
  if (Planted !== undefined) return (now) => new Planted({ now });
  if (PlantedStore !== undefined)
    return (now) => new StoreRegistry(new PlantedStore(now), { random: () => 0.5 });
  return createRegistry;
}

/** A test for each bug. `PLANTED=1` prints by which seed it was caught. */
export function itCatches(bugs: readonly PlantedBug[]): void {
  it.each(bugs)('within $within seeds, by $promise, that $bug', { timeout: 240_000 }, async (bug) => {
    const { seed, seen } = await hunt(bug);
    if (process.env['PLANTED'] === '1')
      process.stdout.write(`| ${bug.bug} | ${bug.promise} | ${seed} | ${seen} |\n`);
    expect(seed, `only these were reported: ${seen}`).not.toBeNull();
  });
}

/** Runs seeds until the bug is caught; by which one it was, and what else was reported on the way. */
async function hunt(bug: PlantedBug) {
  const seen = new Set<PromiseName>();
  const run = bug.needsTwin === true ? runTwins : runPlan;
  const first = process.env['PLANTED'] === '1' ? 1 : (bug.from ?? 1);
  for (let seed = first; seed <= bug.within; seed++) {
    const plan = swarmPlan(seed);
    if (bug.isFor?.(plan) === false) continue;
    const { broken } = await run(plant(plan, bug));
    for (const { promise } of broken) seen.add(promise);
    if (seen.has(bug.promise)) return { seed, seen: [...seen] };
  }
  return { seed: null, seen: [...seen] };
}

/** What the checkers report of the bug in the worlds of these seeds. */
export async function reportsOf(bug: PlantedBug, seeds: readonly number[]) {
  const reports: string[] = [];
  for (const seed of seeds) {
    const { broken } = await runPlan(plant(swarmPlan(seed), bug));
    for (const { promise, message } of broken) reports.push(`seed ${seed}, ${promise}: ${message}`);
  }
  return reports;
}
