/** Clusters in virtual time, of the original's nodes and of ours, with the original's numbers. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { type OriginalDeath, originalProgram } from '../../src/sim/original/original-program.ts';
import { RegistryTables } from '../../src/sim/original/shared-tables.ts';
import { nodeIdsOf, World, type WorldOptions } from '../../src/sim/world.ts';

export interface OriginalCluster {
  readonly world: World;
  readonly registry: MemoryRegistry;
  readonly tables: RegistryTables;
  /** Runs of the dead-node callback. */
  readonly acted: OriginalDeath[];
  /** Goes on writing the heartbeat of a node that is dead. */
  readonly keepRowFresh: (nodeId: string) => void;
}

/** A cluster of the original's nodes; its grace is over at once. */
export function originalCluster(
  nodeCount: number,
  seed: number,
  options: Partial<WorldOptions> = {},
): OriginalCluster {
  const acted: OriginalDeath[] = [];
  const registry = new MemoryRegistry({ now: () => world.registry.now() });
  const tables = new RegistryTables(registry, nodeIdsOf(nodeCount));
  const world: World = new World({
    seed,
    nodes: nodeCount,
    createRegistry: () => registry,
    startWithinMs: 10_000,
    ...options,
    program: originalProgram({
      tables,
      settings: { startupGracePeriodMs: 1 },
      onDead: (run) => void acted.push(run),
    }),
  });
  const keepRowFresh = (nodeId: string): void => {
    tables.beat(nodeId, world.node(nodeId).address);
    world.later(30_000, () => keepRowFresh(nodeId));
  };
  return { world, registry, tables, acted, keepRowFresh };
}

/** A cluster of ours with the original's numbers, and with refutation; grace is over at once. */
export function ringwatchCluster(
  nodeCount: number,
  seed: number,
  options: Partial<WorldOptions> = {},
): World {
  return new World({
    seed,
    nodes: nodeCount,
    startWithinMs: 10_000,
    rejoinAfterMs: null,
    preset: 'original',
    ...options,
    settings: { refutation: true, startupGracePeriodMs: 0, ...options.settings },
  });
}

/** `owner target` for every completed recovery. */
export function recoveries(world: World): string[] {
  return world.history
    .of('handlerEnded')
    .filter(({ outcome }) => outcome === 'completed')
    .map(({ nodeId, targetId }) => `${nodeId} ${targetId}`);
}

/** The nodes that a quorum has found dead, each once. */
export function confirmed(world: World): string[] {
  return [...new Set(world.history.of('verdict-read').map(({ event }) => event.verdict.nodeId))].sort();
}
