/** The demo's script: a ring, a kill, the verdict, the recovery, the return. Everything that is shown is observed. */
import { presets } from '../../core/settings/config.ts';
import { CommandError } from '../failure.ts';
import { type Interruption, listenForInterruption } from '../interruption.ts';
import { withRegistry } from '../registry-access.ts';
import type { AgentProcess } from './agent-process.ts';
import type { DeathStory } from './death-story.ts';
import { type DemoPlace, nameOf, startsServers } from './demo-registry.ts';
import { openShow, type Scene, type Show } from './show.ts';
import { Stage } from './stage.ts';
import { DemoStory } from './story.ts';

export interface DemoOptions {
  readonly nodeCount: number;
  readonly place: DemoPlace;
  readonly isKept: boolean;
  readonly isJson: boolean;
}

const neighbors = 3;
const registryLimitMs = 10_000;
/** Time to look at a state before the next thing happens. */
const pauseMs = 2_000;
/** Agents that are started at a time: each needs a processor for a moment. */
const launchCount = 5;
/** How long something is waited for that takes seconds at most. */
const sightLimitMs = 20_000;
/** When `--keep` starts a node again after its recovery. */
const restartAfterMs = 8_000;

/** `complete`: all of it really happened. `interrupted`: by Ctrl-C, before its end. */
export type DemoResult = 'complete' | 'incomplete' | 'interrupted';

/** Runs the demo. Leaves nothing behind in any case. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const interruption = listenForInterruption();
  const demo = new Demo(options, interruption);
  try {
    return await demo.run();
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    return 'interrupted';
  } finally {
    await demo.close();
    interruption.dispose();
  }
}

class Demo {
  readonly #options: DemoOptions;
  readonly #interruption: Interruption;
  readonly #story: DemoStory;
  readonly #scene: Scene;
  readonly #show: Show;
  readonly #startedAt = performance.now();
  #stage: Stage | null = null;
  #failure: Error | null = null;
  #isClosing = false;

  constructor(options: DemoOptions, interruption: Interruption) {
    this.#options = options;
    this.#interruption = interruption;
    this.#story = new DemoStory(nodeIds(options.nodeCount));
    const registry = nameOf(options.place);
    this.#scene = {
      story: this.#story,
      title: `Ringwatch: ${options.nodeCount} agents, ${registry}`,
      deadAfter: presets.local.deadAfter ?? 0,
      caption: startsServers(options.place)
        ? `Starting ${registry}…`
        : 'Starting the agents, each one a process…',
      death: null,
      footer: [],
      isKept: options.isKept,
      nowMs: () => this.#now(),
    };
    this.#show = openShow(this.#scene, options.isJson);
  }

  async run(): Promise<DemoResult> {
    const stage = await Stage.open({
      place: this.#options.place,
      agentFlags: paceOf(this.#options.nodeCount),
      onLine: (line) => {
        this.#story.apply(line, this.#now());
        this.#show.line(line);
      },
      onExit: (agent) => this.#onExit(agent),
    });
    this.#stage = stage;
    this.#checkInterruption();
    const isWhole = await this.#raiseRing(stage);
    if (!isWhole) return this.#finish(null, ['the ring did not come together in time']);
    const death = await this.#stageDeath(stage);
    const result = this.#finish(death, [...death.missing(), ...this.#story.wrongs]);
    if (this.#options.isKept) await this.#keep(stage);
    return result;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#show.end();
    await this.#stage?.close();
  }

  async #raiseRing(stage: Stage): Promise<boolean> {
    this.#say('Starting the agents, each one a process…');
    const { members } = this.#story;
    const limitMs = 30_000 + members.length * 1_000;
    const watchCount = Math.min(neighbors, members.length - 1);
    for (let index = 0; index < members.length; index += launchCount) {
      const batch = members.slice(index, index + launchCount);
      for (const { id } of batch) this.#launch(stage, id);
      if (!(await this.#until(() => batch.every(({ phase }) => phase === 'running'), limitMs))) return false;
    }
    const isWhole = (): boolean =>
      members.every(({ targets, misses }) => targets.length === watchCount && misses.size === 0);
    if (!(await this.#until(isWhole, limitMs))) return false;
    this.#say(`The ring is whole: every node watches the next ${watchCount}.`);
    await this.#pause(pauseMs);
    return true;
  }

  async #stageDeath(stage: Stage): Promise<DeathStory> {
    const { members } = this.#story;
    const victim = members[Math.floor(members.length / 2)]?.id ?? '';
    this.#say(`SIGKILL to ${victim}. Its neighbours will miss it.`);
    this.#story.killed(victim, this.#now(), true);
    stage.kill(victim);
    const death = this.#story.deathOf(victim);
    if (death === null) throw new Error(`The death of ${victim} was not noted.`);
    this.#scene.death = death;
    await this.#until(() => death.votes.length > 0, sightLimitMs);
    this.#say('A vote is an opinion; a quorum of votes is a verdict.');
    await this.#until(() => death.verdict !== null, sightLimitMs);
    this.#say('The registry holds the verdict. One node, and one only, recovers.');
    await this.#until(() => death.completed !== null, sightLimitMs);
    this.#say(`${victim} is recovered. Soon it comes back.`);
    await this.#pause(pauseMs);
    this.#say(`Starting ${victim} again: a new epoch.`);
    this.#launch(stage, victim);
    await this.#until(() => death.isOver, sightLimitMs);
    this.#say('The ring is whole again.');
    await this.#pause(pauseMs / 2);
    death.handlerRuns = (await stage.handlerRuns()).filter(({ nodeId }) => nodeId === victim);
    death.row = await this.#readVerdict(stage, death);
    return death;
  }

  #readVerdict({ registry }: Stage, { nodeId, epoch }: DeathStory): Promise<DeathStory['row']> {
    return withRegistry({ registry, timeout: registryLimitMs, isLater: true }, async (access) => {
      const { verdicts } = await access.read((open) => open.readCluster({ departedLimit: 0 }));
      return verdicts.find((verdict) => verdict.nodeId === nodeId && verdict.epoch === epoch) ?? null;
    });
  }

  #finish(death: DeathStory | null, missing: readonly string[]): DemoResult {
    this.#show.summary(death, missing);
    return missing.length === 0 ? 'complete' : 'incomplete';
  }

  /** The picture goes on; whatever the user kills is started again once it has been recovered. */
  async #keep(stage: Stage): Promise<void> {
    this.#say(`Kill any node. It comes back ${restartAfterMs / 1_000} s after its recovery. Ctrl-C ends.`);
    while (await this.#interruption.wait(100)) {
      if (this.#failure !== null) throw this.#failure;
      this.#scene.death = this.#story.deaths.at(-1) ?? null;
      this.#scene.footer = this.#processIds();
      const dead = this.#story.members.filter(({ phase }) => phase === 'gone');
      for (const { id } of dead) {
        const death = this.#story.deathOf(id);
        const endedAtMs = death?.completed?.endedAtMs ?? null;
        if (endedAtMs !== null && this.#now() - endedAtMs >= restartAfterMs) this.#launch(stage, id);
      }
    }
  }

  #processIds(): string[] {
    const living = this.#story.members.filter(({ phase }) => phase === 'running');
    return [`kill -9 …   ${living.map(({ id, pid }) => `${id} ${pid}`).join(', ')}`];
  }

  #launch(stage: Stage, id: string): void {
    this.#story.launched(id, stage.launch(id).pid);
  }

  #onExit(agent: AgentProcess): void {
    const member = this.#story.member(agent.id);
    if (this.#isClosing || member.pid !== agent.pid || member.phase === 'gone') return;
    if (agent.exitCode === null) this.#story.killed(agent.id, this.#now(), false);
    else {
      const said = agent.errors === '' ? '' : `: ${agent.errors}`;
      this.#failure = new CommandError(
        `The agent of ${agent.id} has ended with exit code ${agent.exitCode}${said}`,
      );
    }
  }

  #say(caption: string): void {
    this.#scene.caption = caption;
    this.#show.caption(caption);
  }

  #now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Waits for something to be seen; false when it was not within the limit. */
  async #until(isSeen: () => boolean, limitMs: number): Promise<boolean> {
    const endsAt = this.#now() + limitMs;
    while (!isSeen()) {
      if (this.#now() >= endsAt) return false;
      await this.#pause(25);
    }
    return true;
  }

  async #pause(durationMs: number): Promise<void> {
    await this.#interruption.wait(durationMs);
    this.#checkInterruption();
  }

  #checkInterruption(): void {
    this.#interruption.signal.throwIfAborted();
    if (this.#failure !== null) throw this.#failure;
  }
}

/**
 * How fast the agents go: the preset's rounds for a few, slower ones for many, since all of them share this machine. A
 * probe may take longer than the preset says, so that a busy machine is not taken for a dead node. The port of a killed
 * process refuses at once, so its death is found as fast as before.
 */
export function paceOf(nodeCount: number): string[] {
  const factor = nodeCount <= 10 ? 1 : nodeCount <= 25 ? 2 : 3;
  const { probeIntervalMs = 0, retryIntervalMs = 0, heartbeatIntervalMs = 0 } = presets.local;
  return [
    ...[
      '--probe-interval',
      `${probeIntervalMs * factor}ms`,
      '--retry-interval',
      `${retryIntervalMs * factor}ms`,
    ],
    ...[
      '--probe-timeout',
      `${probeIntervalMs * factor}ms`,
      '--heartbeat-interval',
      `${heartbeatIntervalMs * factor}ms`,
    ],
  ];
}

/** `node-a` to `node-z`, or `node-01` and so on where letters do not suffice. */
export function nodeIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    count <= 26 ? `node-${String.fromCharCode(97 + index)}` : `node-${String(index + 1).padStart(2, '0')}`,
  );
}
