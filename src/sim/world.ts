/**
 * A whole cluster in virtual time: real monitors, a network, a registry and clocks, all of it replayed by a seed.
 * Not for: deciding what is right or wrong in what happens (checkers/), or choosing faults by chance (swarm/).
 */
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import type { PresetName, Settings } from '../core/settings/config.ts';
import { drawForgedLook } from './forged-looks.ts';
import { History } from './history.ts';
import { type Latency, latencies } from './latency.ts';
import { type Heal, type LinkFault, Network, type NetworkOptions, registryHost } from './network.ts';
import { type CrashKind, VirtualNode } from './node.ts';
import type { ClockFaults, PauseKind } from './process.ts';
import type { CreateProgram, HangingPart } from './program.ts';
import { type SeededRandom, seededRandom } from './random.ts';
import { type HandlerBehaviour, ringwatchProgram } from './ringwatch-program.ts';
import { type Drain, ringwatchTurns, Scheduler } from './scheduler.ts';
import type { ProbeTap } from './virtual-prober.ts';
import {
  type CreateRegistry,
  type RegistryFaults,
  type RegistryTap,
  VirtualRegistry,
} from './virtual-registry.ts';

/** All that a world is made from. The same options give the same history. */
export interface WorldOptions {
  readonly seed: number;
  /** How many nodes (`node-01` and on), or their ids. */
  readonly nodes: number | readonly string[];
  /** How to wait for what follows from an event; see scheduler.ts. Default: its own way. */
  readonly drain?: Drain;
  /** Settings of every monitor: edits of the preset. Default: the preset `default` as it is. */
  readonly preset?: PresetName;
  readonly settings?: Partial<Omit<Settings, 'nodeId'>>;
  /** Every message's delay and loss. Default: a local network without loss. */
  readonly network?: Partial<NetworkOptions>;
  /** Default: a sound registry that commits within a few milliseconds. */
  readonly registry?: Partial<RegistryFaults>;
  /** What is wrong with nodes' clocks, by node id. Default: nothing. */
  readonly clocks?: Readonly<Record<string, ClockFaults>>;
  /** What the recovery handlers do; null for a cluster without any. Default: they take a second and succeed. */
  readonly handler?: HandlerBehaviour | null;
  /** Nodes start at random instants within this time. Default 1,000. */
  readonly startWithinMs?: number;
  /** Nodes of `nodes` that are not there yet: they start when a fault or a caller starts them. Default: none. */
  readonly laterNodes?: readonly string[];
  /** Where nodes are, by node id: the region that they join with. Default: none. */
  readonly regions?: Readonly<Record<string, string>>;
  /** How long after it was called dead a node comes back as a new epoch; null for never. Default 5,000. */
  readonly rejoinAfterMs?: number | null;
  /** What the nodes run instead of Ringwatch. */
  readonly program?: CreateProgram;
  /** The shared registry. Default: one in memory. */
  readonly createRegistry?: CreateRegistry;
  readonly probeTaps?: readonly ProbeTap[];
  readonly registryTaps?: readonly RegistryTap[];
}

const commitOfThreeNodes: Latency = { leastMs: 1, medianMs: 4, p90Ms: 10, p99Ms: 18, mostMs: 60 };

/** A cluster in virtual time: nodes, their network, their registry and what happens to them. One seed, one history. */
export class World {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly registry: VirtualRegistry;
  readonly history = new History();
  readonly nodes: ReadonlyMap<string, VirtualNode>;
  readonly #random: SeededRandom;
  readonly #haveHandlers: boolean;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.#random = seededRandom(options.seed);
    this.#haveHandlers = options.handler !== null;
    const isOwn = options.program === undefined && options.createRegistry === undefined;
    this.scheduler = new Scheduler(options.drain, isOwn ? ringwatchTurns : undefined);
    this.network = new Network(this.scheduler, this.#random.stream('network'), {
      latency: latencies.lan,
      lossRate: 0,
      ...options.network,
    });
    this.registry = new VirtualRegistry(
      this.scheduler,
      this.#random.stream('registry'),
      options.createRegistry ?? ((now) => new MemoryRegistry({ now })),
      {
        commit: commitOfThreeNodes,
        lostAnswerRate: 0,
        lateRate: 0,
        lateness: latencies.none,
        duplicateRate: 0,
        staleReadRate: 0,
        followerLagMs: 0,
        ...options.registry,
      },
      options.registryTaps ?? [],
    );
    this.nodes = this.#createNodes(options);
    this.#startWithin(options.startWithinMs ?? 1_000, options.laterNodes ?? []);
  }

  /** Milliseconds since the world's start. */
  get now(): number {
    return this.scheduler.now;
  }

  /** The node of that id. Throws when there is none. */
  node(nodeId: string): VirtualNode {
    const node = this.nodes.get(nodeId);
    if (node === undefined) throw new RangeError(`expected the id of a node of this world, got ${nodeId}`);
    return node;
  }

  /** Ends a node's process (the default), or its whole machine. */
  crash(nodeId: string, kind: CrashKind = 'process'): void {
    this.node(nodeId).crash(kind);
  }

  /** Begins the next life of a node that has crashed or left; ends the present one first. */
  restart(nodeId: string): void {
    this.node(nodeId).crash('process');
    this.node(nodeId).start();
  }

  /** Lets a node leave. */
  leave(nodeId: string): void {
    this.node(nodeId).leave();
  }

  /** Stops a node for a while; `suspended` stops its monotonic clock too. */
  pause(nodeId: string, durationMs: number, kind: PauseKind = 'stalled'): void {
    this.node(nodeId).pause(durationMs, kind);
  }

  /** Puts a node into maintenance for that long, as an operator does. */
  setMaintenance(nodeId: string, durationMs: number): void {
    const request = { nodeId, durationMs };
    const call = { nodeId: 'operator', method: 'setMaintenance', request, sentAt: this.now } as const;
    void this.registry.apply(call, true, (registry) => registry.setMaintenance(request));
  }

  /** Another program deletes the node's row of `dns_nodes`; nothing in a world whose registry is no `MemoryRegistry`. */
  deleteRow(nodeId: string): void {
    this.registry.writeBeside((registry) => {
      if (registry instanceof MemoryRegistry) registry.removeSharedNode(nodeId);
    });
  }

  /** Begins a node's next life on another machine, at another address; ends the present one first. */
  move(nodeId: string): void {
    this.node(nodeId).move();
  }

  /** A part of a node's program hangs while the rest goes on; the function that comes back ends it. */
  hang(nodeId: string, part: HangingPart): Heal {
    return this.node(nodeId).hang(part);
  }

  /** Writes the row of a node that joined so long ago, and left at once or was never heard of again. It does not run. */
  putGone(nodeId: string, how: 'left' | 'died', agoMs: number): void {
    const { address } = this.node(nodeId);
    const where = { address, internalAddress: null, port: null, region: null };
    const who = {
      isNamed: true,
      hasHandler: this.#haveHandlers,
      instanceId: `long gone ${nodeId}`,
      afterEpoch: 0,
    };
    const join = { nodeId, ...where, ...who };
    const sent = { nodeId, sentAt: this.now - agoMs };
    const call = { ...sent, method: 'join', request: join } as const;
    void this.registry.apply(call, true, (registry) => registry.join(join), agoMs);
    if (how === 'died') return;
    const leave = { nodeId, epoch: 1 };
    const bye = { ...sent, method: 'leave', request: leave } as const;
    void this.registry.apply(bye, true, (registry) => registry.leave(leave), agoMs);
  }

  /** What is between a node and its observers is down: connections end, and new ones are refused. The node lives. */
  stopSidecar(nodeId: string): Heal {
    const others = [...this.nodes.keys()].filter((id) => id !== nodeId);
    this.node(nodeId).spoilConnections('closed');
    return this.fault({ from: others, to: [nodeId], how: 'refused' });
  }

  /** A stranger floods a node with forged requests to look; the function that comes back ends it. */
  forgeLooks(nodeId: string, perSecond: number): Heal {
    const known = [...this.nodes.values()];
    const receiver = this.node(nodeId);
    const draw = (random: SeededRandom): string => drawForgedLook(random, receiver, known);
    return receiver.floodWith({ perSecond, draw });
  }

  /** Spoils messages, one way; the function that comes back ends it. */
  fault(fault: LinkFault): Heal {
    return this.network.fault(fault);
  }

  /** Cuts two groups off from one another, both ways. Name `registryHost` in one of them to take the registry with it. */
  cut(some: readonly string[], others: readonly string[]): Heal {
    const heals = [this.fault({ from: some, to: others }), this.fault({ from: others, to: some })];
    return () => {
      for (const heal of heals) heal();
    };
  }

  /** Cuts a node off from everything, the registry included. */
  isolate(nodeId: string): Heal {
    const others = [...this.nodes.keys()].filter((id) => id !== nodeId);
    return this.cut([nodeId], [...others, registryHost]);
  }

  /** Ends every fault of the network and of the registry, and what hangs. Which nodes run stays as it is. */
  heal(): void {
    for (const node of this.nodes.values()) node.heal();
    this.network.heal();
    this.registry.heal();
  }

  /** Lets that much time pass. */
  runFor(durationMs: number): Promise<void> {
    return this.scheduler.runTo(this.now + durationMs);
  }

  /** Lets time pass until the claim holds, at most `limitMs`; says whether it came to hold. */
  async runUntil(claim: () => boolean, limitMs: number): Promise<boolean> {
    if (claim()) return true;
    await this.scheduler.runWhile(this.now + limitMs, () => !claim());
    return claim();
  }

  /** Does something at a later instant. */
  later(delayMs: number, act: () => void): void {
    this.scheduler.after(delayMs, act);
  }

  /** A stream of chance that belongs to the caller. */
  random(name: string): SeededRandom {
    return this.#random.stream(`caller ${name}`);
  }

  #createNodes(options: WorldOptions): ReadonlyMap<string, VirtualNode> {
    const program =
      options.program ??
      ringwatchProgram({
        preset: options.preset ?? 'default',
        settings: options.settings ?? {},
        handler:
          options.handler === undefined ? { takes: latencies.second, failureRate: 0 } : options.handler,
      });
    const nodes = new Map<string, VirtualNode>();
    for (const [index, id] of nodeIdsOf(options.nodes).entries()) {
      const random = this.#random.stream(`node ${id}`);
      nodes.set(
        id,
        new VirtualNode({
          scheduler: this.scheduler,
          network: this.network,
          registry: this.registry,
          random,
          history: this.history,
          host: this.network.addHost(id, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
          clockFaults: options.clocks?.[id] ?? {},
          createProgram: program,
          probeTaps: options.probeTaps ?? [],
          region: options.regions?.[id] ?? null,
          rejoinAfterMs: options.rejoinAfterMs === undefined ? 5_000 : options.rejoinAfterMs,
        }),
      );
    }
    return nodes;
  }

  #startWithin(durationMs: number, laterNodes: readonly string[]): void {
    const random = this.#random.stream('starts');
    for (const node of this.nodes.values()) {
      if (laterNodes.includes(node.id)) continue;
      this.scheduler.after(random.between(0, durationMs), () => node.start());
    }
  }
}

/** The ids of a world of that many nodes; numbers are padded so that id order is number order. */
export function nodeIdsOf(nodes: number | readonly string[]): readonly string[] {
  if (typeof nodes !== 'number') return nodes;
  const width = Math.max(2, String(nodes).length);
  return Array.from({ length: nodes }, (_, index) => `node-${String(index + 1).padStart(width, '0')}`);
}
