/** A cluster in virtual time whose nodes change from the original to ours and back, one after the other. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { latencies } from '../../src/sim/latency.ts';
import { type OriginalDeath, originalProgram } from '../../src/sim/original/original-program.ts';
import { RegistryTables } from '../../src/sim/original/shared-tables.ts';
import { ringwatchProgram } from '../../src/sim/ringwatch-program.ts';
import { nodeIdsOf, World } from '../../src/sim/world.ts';

/** What a node runs, and whether that has a handler: the original's callback, or our recovery. */
export interface Kind {
  readonly runs: 'original' | 'ours';
  readonly hasHandler: boolean;
}

export class MixedCluster {
  readonly world: World;
  readonly ids: readonly string[];
  /** Runs of the original's dead-node callback. */
  readonly acted: OriginalDeath[] = [];
  readonly #registry: MemoryRegistry;
  readonly #tables: RegistryTables;
  readonly #kinds = new Map<string, Kind>();

  /** All nodes begin as that kind; the grace of both is over at once. */
  constructor(nodeCount: number, seed: number, kind: Kind) {
    this.ids = nodeIdsOf(nodeCount);
    for (const id of this.ids) this.#kinds.set(id, kind);
    this.#registry = new MemoryRegistry({ now: () => this.world.registry.now() });
    this.#tables = new RegistryTables(this.#registry, this.ids);
    this.world = new World({
      seed,
      nodes: nodeCount,
      createRegistry: () => this.#registry,
      startWithinMs: 10_000,
      rejoinAfterMs: null,
      program: (parts) => this.#programOf(this.#kinds.get(parts.nodeId) ?? kind)(parts),
    });
  }

  /** Ends what those nodes run in order, and starts that kind there, half a minute apart. */
  async change(ids: readonly string[], kind: Kind): Promise<void> {
    for (const id of ids) {
      const node = this.world.node(id);
      this.#kinds.set(id, kind);
      if (node.status === 'off') continue;
      this.world.leave(id);
      await this.world.runUntil(() => node.status === 'left', 60_000);
      node.start();
      await this.world.runFor(30_000);
    }
  }

  /** Ends a node for good. With a fresh row the original does not lose the death just before its twelfth miss. */
  crash(nodeId: string, isRowKeptFresh = false): void {
    this.world.crash(nodeId);
    if (isRowKeptFresh) this.#keepFresh(nodeId);
  }

  /** Our recoveries that were completed: the nodes recovered. */
  get recovered(): string[] {
    return this.world.history
      .of('handlerEnded')
      .filter(({ outcome }) => outcome === 'completed')
      .map(({ targetId }) => targetId);
  }

  /** The nodes that ours have found dead, each once. */
  get found(): string[] {
    return [
      ...new Set(this.world.history.of('verdict-read').map(({ event }) => event.verdict.nodeId)),
    ].sort();
  }

  #keepFresh(nodeId: string): void {
    this.#tables.beat(nodeId, this.world.node(nodeId).address);
    this.world.later(30_000, () => this.#keepFresh(nodeId));
  }

  #programOf({ runs, hasHandler }: Kind) {
    if (runs === 'ours')
      return ringwatchProgram({
        preset: 'default',
        settings: { startupGracePeriodMs: 0, membershipWindowMs: 86_400_000 },
        handler: hasHandler ? { takes: latencies.second, failureRate: 0 } : null,
      });
    return originalProgram({
      tables: this.#tables,
      settings: { startupGracePeriodMs: 1 },
      onDead: hasHandler ? (run) => void this.acted.push(run) : null,
    });
  }
}
