/** How a bug is planted into a world of the swarm, and how the checkers are asked to find it. */
import type { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import type { Settings } from '../../src/core/config.ts';
import type { Registry } from '../../src/ports/registry.ts';
import type { PromiseName } from '../../src/sim/checkers/checker.ts';
import type { ProgramParts } from '../../src/sim/program.ts';
import { type RingwatchOptions, ringwatchProgram } from '../../src/sim/ringwatch-program.ts';
import { runPlan, runTwins } from '../../src/sim/swarm.ts';
import { type SwarmPlan, swarmPlan } from '../../src/sim/swarm-plan.ts';

/** Seeds after which every bug has been caught, from 1 on. */
export const seedLimit = 120;

export type Requests = { readonly [Method in keyof MemoryRegistry]: Parameters<MemoryRegistry[Method]>[0] };
export type Rewire = NonNullable<RingwatchOptions['rewire']>;

export interface PlantedBug {
  readonly bug: string;
  /** The first of these that is reported catches it. */
  readonly promises: readonly PromiseName[];
  readonly registry?: new (options: { readonly now: () => number }) => MemoryRegistry;
  readonly rewire?: Rewire;
  /** What the monitors take for their settings. */
  readonly settings?: (settings: Settings) => Partial<Settings>;
  /** Whether it shows only beside the world's twin. */
  readonly needsTwin?: boolean;
}

/** Puts calls of its own between the monitor and its registry. */
export function rewireRegistry(edit: (link: Registry, parts: ProgramParts) => Partial<Registry>): Rewire {
  return (wires, parts) => {
    const edits = edit(wires.registry, parts);
    const registry = new Proxy(wires.registry, {
      get: (link, name: keyof Registry) => edits[name] ?? link[name].bind(link),
    });
    return { ...wires, registry };
  };
}

function plant(plan: SwarmPlan, { registry: Planted, rewire, settings }: PlantedBug): SwarmPlan {
  const { preset = 'default', settings: edits = {}, handler = null } = plan.options;
  const program = ringwatchProgram({
    preset,
    settings: { ...edits, ...settings?.(plan.settings) },
    handler,
    ...(rewire === undefined ? {} : { rewire }),
  });
  const createRegistry = Planted && ((now: () => number) => new Planted({ now }));
  return { ...plan, options: { ...plan.options, program, ...(createRegistry ? { createRegistry } : {}) } };
}

/** Runs seeds until the bug is caught; how many that took, and what else was reported on the way. */
export async function hunt(bug: PlantedBug) {
  const seen = new Set<PromiseName>();
  const run = bug.needsTwin === true ? runTwins : runPlan;
  for (let seed = 1; seed <= seedLimit; seed++) {
    const { broken } = await run(plant(swarmPlan(seed), bug));
    for (const { promise } of broken) seen.add(promise);
    if (bug.promises.some((promise) => seen.has(promise))) return { seed, seen: [...seen] };
  }
  return { seed: null, seen: [...seen] };
}
