/**
 * Real deaths, one after another, in a ring of real agents: each is followed by a restart of the node, and each must
 * have exactly one completed recovery, with fences that grow. What else goes wrong meanwhile is a nemesis.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegistry } from '../../src/library/open-registry.ts';
import type { EventPage, Registry, RegistryEvent } from '../../src/ports/registry.ts';
import { type CuttingProxy, startCuttingProxy } from '../harness/cutting-proxy.ts';
import { type Callee, startCallee } from './callee.ts';
import { type JudgedOrders, judgeOrders } from './orders.ts';
import { AgentRing } from './ring.ts';
import { type Servers, startServers } from './servers.ts';

export type Nemesis =
  | 'none'
  /** The leader of the rqlite cluster, or the PostgreSQL server, is killed every few seconds and started again. */
  | 'leader-killed'
  /** The owner of a recovery is killed in the middle of it. */
  | 'owner-killed'
  /** The owner of a recovery is stopped past its lease, and continued when another node has done the work. */
  | 'owner-stopped'
  /** The answers to claims are lost on the way. */
  | 'claim-answer-lost';

export interface DeathsOptions {
  readonly size: number;
  readonly registry: 'sqlite' | 'rqlite' | 'postgres';
  readonly deathCount: number;
  readonly nemesis: Nemesis;
}

export interface DeathsResult {
  /** Lives that a verdict was made on. */
  readonly verdictCount: number;
  /** Lives that this test ended for good, by how many completed recoveries they had. */
  readonly completions: Readonly<Record<number, number>>;
  /** The same of lives that were only stopped for a while: none when the node came back before a node claimed. */
  readonly completionsOfStopped: Readonly<Record<number, number>>;
  readonly claimCount: number;
  /** Whether each claim had a larger fence than the one before. */
  readonly doFencesGrow: boolean;
  /** What the callee got, held against the leases that the registry gave. */
  readonly orders: JudgedOrders;
  /** Servers of the registry that were killed. */
  readonly killedLeaderCount: number;
  /** Answers that the proxies lost. */
  readonly lostAnswerCount: number;
}

export async function runDeaths(options: DeathsOptions): Promise<DeathsResult> {
  const stage = await Stage.open(options);
  try {
    await stage.ring.startAll();
    await stage.settle();
    stage.unleash();
    for (let death = 0; death < options.deathCount; death++) await stage.kill(death);
    return await stage.result();
  } finally {
    await stage.close();
  }
}

class Stage {
  readonly ring: AgentRing;
  readonly #options: DeathsOptions;
  readonly #folder: string;
  readonly #servers: Servers;
  readonly #proxies: readonly CuttingProxy[];
  readonly #callee: Callee;
  readonly #registry: Registry;
  /** Nodes that are down by this test's own hand now. */
  readonly #ended = new Set<string>();
  /** Lives that this test has ended for good, as `node@epoch`. */
  readonly #killed = new Set<string>();
  /** Owners that the nemesis has killed or stopped, to be brought back. */
  readonly #struck = new Set<string>();
  #isOver = false;
  #killedLeaderCount = 0;
  /** What goes on beside the deaths; it has failed when any of it has. */
  #unrest: Promise<unknown> = Promise.resolve();

  private constructor(parts: {
    options: DeathsOptions;
    folder: string;
    servers: Servers;
    proxies: readonly CuttingProxy[];
    callee: Callee;
    registry: Registry;
    url: string;
  }) {
    this.#options = parts.options;
    this.#folder = parts.folder;
    this.#servers = parts.servers;
    this.#proxies = parts.proxies;
    this.#callee = parts.callee;
    this.#registry = parts.registry;
    this.ring = new AgentRing({
      size: parts.options.size,
      registryOf: () => parts.url,
      onDead: (nodeId) => parts.callee.commandFor(nodeId),
    });
  }

  static async open(options: DeathsOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'ringwatch-deaths-'));
    const servers = await startServers(options.registry, folder);
    const cut = options.nemesis === 'claim-answer-lost' ? servers.addresses : [];
    const proxies = await Promise.all(cut.map(startCuttingProxy));
    const url = proxies.reduce(
      (so, { address }, index) => so.replace(servers.addresses[index] ?? '', address),
      servers.url,
    );
    const registry = await openRegistry(servers.url);
    await registry.migrate();
    const callee = await startCallee(250);
    return new Stage({ options, folder, servers, proxies, callee, registry, url });
  }

  /** Begins what goes wrong besides the deaths. */
  unleash(): void {
    const { nemesis } = this.#options;
    if (nemesis === 'leader-killed') this.#inBackground(this.#killLeaders());
    if (nemesis === 'claim-answer-lost') {
      let seenCount = 0;
      // Every second claim's answer is lost, so that repetitions get through.
      for (const proxy of this.#proxies) {
        proxy.cutAnswers((request) => request.includes('claimed:') && seenCount++ % 2 === 0);
      }
    }
    this.#callee.onBegin = async ({ node, owner, pid }) => {
      const isFirst = !this.#struck.has(owner) && this.ring.isRunning(owner) && this.#struck.size === 0;
      if (!isFirst || !this.#ended.has(node)) return;
      if (nemesis === 'owner-killed') {
        this.#struck.add(owner);
        this.#killed.add(`${owner}@${await this.#epochOf(owner)}`);
        // As its host would end: a command that outlives its agent may give its last order before the next owner's first one.
        process.kill(pid, 'SIGKILL');
        await this.ring.kill(owner);
      } else if (nemesis === 'owner-stopped') {
        this.#struck.add(owner);
        await this.ring.freeze(owner, this.#registry);
        process.kill(pid, 'SIGSTOP');
        this.#inBackground(this.#continueLater(owner, node, pid));
      }
    };
  }

  /** Ends the life of one node, waits until its recovery is complete, and begins its next one. */
  async kill(turn: number): Promise<void> {
    const { nodeIds } = this.ring;
    const nodeId = nodeIds[(turn * 7) % nodeIds.length] ?? '';
    const before = await this.#epochOf(nodeId);
    this.#ended.add(nodeId);
    this.#killed.add(`${nodeId}@${before}`);
    await this.ring.kill(nodeId);
    await this.#untilRecovered(nodeId, before);
    const isOwnerKilled = this.#options.nemesis === 'owner-killed';
    // In a ring of three one death weighs at a time: the owner's is held until this node is back.
    if (isOwnerKilled) await this.ring.start(nodeId);
    for (const struck of [...this.#struck]) await this.#bringBack(struck);
    this.#ended.delete(nodeId);
    if (!isOwnerKilled) await this.ring.start(nodeId);
    await this.settle();
  }

  /** Waits until every node is on the ring, and is said to be nothing else. */
  async settle(): Promise<void> {
    await this.ring.until(async () => {
      const { nodes, statements, verdicts } = await this.#ask((registry) => registry.readCluster({}));
      const areAllUp =
        nodes.length === this.ring.nodeIds.length && nodes.every(({ lifecycle }) => lifecycle === 'alive');
      return areAllUp && statements.length === 0 && verdicts.every(({ resolution }) => resolution !== null);
    }, 'every node is healthy');
  }

  async result(): Promise<DeathsResult> {
    this.#isOver = true;
    await this.#unrest;
    const events = await this.#allEvents();
    const lives = new Map<string, number>();
    for (const { kind, targetId, targetEpoch, detail } of events) {
      const life = `${targetId}@${targetEpoch}`;
      if (kind === 'verdict') lives.set(life, lives.get(life) ?? 0);
      if (kind === 'recovery-ended' && detail['outcome'] === 'completed')
        lives.set(life, (lives.get(life) ?? 0) + 1);
    }
    const completions: Record<number, number> = {};
    const completionsOfStopped: Record<number, number> = {};
    for (const life of this.#killed) if (!lives.has(life)) lives.set(life, 0);
    for (const [life, count] of lives) {
      const kind = this.#killed.has(life) ? completions : completionsOfStopped;
      kind[count] = (kind[count] ?? 0) + 1;
    }
    const fences = events.flatMap(({ kind, detail }) =>
      kind === 'recovery-started' ? [Number(detail['fence'])] : [],
    );
    return {
      verdictCount: lives.size,
      completions,
      completionsOfStopped,
      claimCount: fences.length,
      doFencesGrow: fences.every((fence, index) => index === 0 || fence > (fences[index - 1] ?? 0)),
      orders: judgeOrders(this.#callee.orders, events),
      killedLeaderCount: this.#killedLeaderCount,
      lostAnswerCount: this.#proxies.reduce((sum, { cutCount }) => sum + cutCount, 0),
    };
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.ring.dispose();
    await this.#unrest.catch(() => {});
    await this.#callee.close();
    await this.#registry.close();
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.#servers.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #untilRecovered(nodeId: string, epoch: number): Promise<void> {
    await this.ring.until(async () => {
      const { verdicts } = await this.#ask((registry) => registry.readCluster({}));
      const verdict = verdicts.find((each) => each.nodeId === nodeId && each.epoch === epoch);
      return verdict?.resolution === 'completed';
    }, `the recovery of ${nodeId}@${epoch} is complete`);
  }

  /** An owner that the nemesis has struck: a killed one is recovered like any node, then both kinds live on. */
  async #bringBack(nodeId: string): Promise<void> {
    if (this.#options.nemesis === 'owner-killed') {
      await this.#untilRecovered(nodeId, await this.#epochOf(nodeId));
      await this.ring.start(nodeId);
    } else {
      await this.ring.until(() => !this.#struck.has(nodeId), `${nodeId} is continued`);
    }
    this.#struck.delete(nodeId);
  }

  async #continueLater(owner: string, node: string, pid: number): Promise<void> {
    const known = this.#callee.orders.length;
    const isTakenOver = (): boolean =>
      this.#callee.orders
        .slice(known)
        .some((order) => order.node === node && order.step === 'end' && order.owner !== owner);
    const isLateOrderHere = (): boolean =>
      this.#callee.orders.slice(known).some((order) => order.pid === pid && order.step === 'end');
    try {
      await this.ring.until(isTakenOver, `another node has recovered ${node}`);
      // The late write comes first; an agent that was continued before would have ended its command.
      process.kill(pid, 'SIGCONT');
      await this.ring.until(isLateOrderHere, `the late order of ${owner} has come`);
    } finally {
      this.ring.signal(owner, 'SIGCONT');
      this.#struck.delete(owner);
    }
  }

  #inBackground(work: Promise<void>): void {
    this.#unrest = Promise.all([this.#unrest, work]);
    this.#unrest.catch(() => {});
  }

  async #killLeaders(): Promise<void> {
    while (!this.#isOver) {
      const restart = await this.#servers.killLeader();
      this.#killedLeaderCount++;
      await pause(1_500);
      await restart();
      await pause(2_500);
    }
  }

  async #epochOf(nodeId: string): Promise<number> {
    return (await this.#ask((registry) => registry.readNode(nodeId)))?.epoch ?? 0;
  }

  async #allEvents(): Promise<RegistryEvent[]> {
    const events: RegistryEvent[] = [];
    for (let after: string | null = null; ; ) {
      const from: string | null = after;
      const page: EventPage = await this.#ask((registry) =>
        registry.readEvents({ after: from, limit: 10_000 }),
      );
      events.push(...page.events);
      if (page.events.length === 0) return events;
      after = page.cursor;
    }
  }

  /** Asks the registry until it answers: it may be without a leader just now. */
  async #ask<Value>(question: (registry: Registry) => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries++) {
      try {
        return await question(this.#registry);
      } catch (error) {
        if (tries === 40) throw error;
        await pause(250);
      }
    }
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
