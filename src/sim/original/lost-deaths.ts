/**
 * How often the original's recovery callback runs for a death: never, once, more than once. The same question was
 * put to the real program (docs/evaluation.md), so that the simulator can be compared with it.
 */
import { MemoryRegistry } from '../../adapters/memory/registry.ts';
import { seededRandom } from '../random.ts';
import { nodeIdsOf, World } from '../world.ts';
import { originalProgram } from './original-program.ts';
import { RegistryTables } from './shared-tables.ts';

export interface LostDeathsOptions {
  readonly nodeCount: number;
  readonly deathCount: number;
  /** Whether another program keeps the dead node's row fresh. */
  readonly isRowKeptFresh: boolean;
  /** Whether every node has a metadata reader that knows when the others were last seen. */
  readonly hasMetadataReader?: boolean;
  readonly neighbors?: number;
  readonly seed: number;
}

/** Deaths by the number of callback runs. */
export interface LostDeaths {
  readonly deathCount: number;
  readonly never: number;
  readonly once: number;
  readonly moreThanOnce: number;
  /** From the death to the first run, where there was one; the least and the most. */
  readonly firstRunMs: readonly [number, number] | null;
}

/** Runs every death in a world of its own. */
export async function countLostDeaths(options: LostDeathsOptions): Promise<LostDeaths> {
  const counts = { never: 0, once: 0, moreThanOnce: 0 };
  const firstRuns: number[] = [];
  for (let death = 0; death < options.deathCount; death++) {
    const runsMs = await oneDeath(options, death);
    const [first] = runsMs;
    if (first !== undefined) firstRuns.push(first);
    counts[runsMs.length === 0 ? 'never' : runsMs.length === 1 ? 'once' : 'moreThanOnce']++;
  }
  const firstRunMs =
    firstRuns.length === 0 ? null : ([Math.min(...firstRuns), Math.max(...firstRuns)] as const);
  return { deathCount: options.deathCount, ...counts, firstRunMs };
}

const heartbeatMs = 30_000;
const nodeStartsWithinMs = 30_000;
const watchedForMs = 300_000;

/** When the callback ran, in milliseconds after the death. */
async function oneDeath(options: LostDeathsOptions, death: number): Promise<number[]> {
  const { nodeCount, isRowKeptFresh, hasMetadataReader = false, neighbors = 3, seed } = options;
  const random = seededRandom(seed, `death ${death}`);
  const runs: { readonly targetId: string; readonly at: number }[] = [];
  const registry = new MemoryRegistry({ now: () => world.registry.now() });
  const tables = new RegistryTables(registry, nodeIdsOf(nodeCount));
  const metadataReader = {
    getPeerLifecycleState: (id: string) => {
      const seconds = tables.lastSeenSeconds(id);
      if (seconds === null) return { found: false };
      return { found: true, state: 'active', lastSeen: seconds * 1_000 };
    },
  };
  const world: World = new World({
    seed: random.integer(0, 2 ** 31),
    nodes: nodeCount,
    createRegistry: () => registry,
    startWithinMs: nodeStartsWithinMs,
    program: originalProgram({
      tables,
      settings: { startupGracePeriodMs: 1, neighbors, ...(hasMetadataReader ? { metadataReader } : {}) },
      heartbeatIntervalMs: heartbeatMs,
      onDead: (run) => runs.push(run),
    }),
  });
  await world.runFor(nodeStartsWithinMs + random.between(0, 60_000));
  const victim = random.pick([...world.nodes.values()]);
  const diedAt = world.now;
  world.crash(victim.id);
  const keepFresh = (): void => {
    tables.beat(victim.id, victim.address);
    world.later(heartbeatMs, keepFresh);
  };
  if (isRowKeptFresh) keepFresh();
  await world.runFor(watchedForMs);
  return runs.filter(({ targetId }) => targetId === victim.id).map(({ at }) => at - diedAt);
}
