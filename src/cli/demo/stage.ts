/** The demo's world: a temporary directory, a registry, agents as processes; and nothing of it left at the end. */
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLine } from '../event-lines.ts';
import { AgentProcess } from './agent-process.ts';
import type { HandlerRun } from './death-story.ts';
import { type DemoPlace, type DemoRegistry, openDemoRegistry } from './demo-registry.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export interface StageOptions {
  readonly place: DemoPlace;
  /** Further flags of every agent. */
  readonly agentFlags: readonly string[];
  readonly onLine: (line: EventLine) => void;
  readonly onExit: (agent: AgentProcess) => void;
}

/** How long agents may take to leave before they are killed. */
const leaveLimitMs = 3_000;

export class Stage {
  readonly #options: StageOptions;
  readonly #directory: string;
  readonly #registry: DemoRegistry;
  readonly #watchdog: Watchdog;
  readonly #agents = new Map<string, AgentProcess>();
  #isClosed = false;
  /** Where everything else fails: an exception, or `process.exit` somewhere. */
  readonly #atExit = (): void => {
    for (const agent of this.#agents.values()) agent.signal('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
    this.#watchdog.dismiss();
  };

  private constructor(options: StageOptions, directory: string, registry: DemoRegistry) {
    this.#options = options;
    this.#directory = directory;
    this.#registry = registry;
    this.#watchdog = startWatchdog(registry.pids, [directory, ...registry.directories]);
    process.once('exit', this.#atExit);
  }

  /** Makes the directory and starts the registry. */
  static async open(options: StageOptions): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), 'ringwatch-demo-'));
    try {
      return new Stage(options, directory, await openDemoRegistry(options.place, directory));
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get registry(): string {
    return this.#registry.url;
  }

  /** Starts an agent for the node. */
  launch(id: string): AgentProcess {
    const { agentFlags, onLine, onExit } = this.#options;
    const flags = [
      ...['--node-id', id, '--listen', '127.0.0.1:0'],
      ...['--preset', 'local', '--lease', '10s', '--events', '--probes', '--log-level', 'silent'],
      // A node may be killed by hand before all of its observers have heard it.
      ...['--startup-grace-period', '1s', '--lone-grace', '1s'],
      ...['--on-dead', this.#recoveryCommand(id), ...agentFlags],
    ];
    const agent = new AgentProcess({ id, registry: this.registry, flags, onLine, onExit });
    this.#agents.set(id, agent);
    return agent;
  }

  /** SIGKILL: the process gets no chance to say anything. */
  kill(id: string): void {
    this.#agents.get(id)?.signal('SIGKILL');
  }

  /** Leaves a line behind for each run, as a witness, and takes a moment as real recoveries do. */
  #recoveryCommand(ownerId: string): string {
    const facts = `${ownerId} $RINGWATCH_NODE $RINGWATCH_EPOCH $RINGWATCH_FENCE`;
    return `echo "${facts}" >> '${this.#recoveryLog.replaceAll("'", "'\\''")}'; sleep 0.7`;
  }

  get #recoveryLog(): string {
    return join(this.#directory, 'recoveries.log');
  }

  /** Every run that a recovery command has left behind. */
  async handlerRuns(): Promise<HandlerRun[]> {
    const text = await readFile(this.#recoveryLog, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [ownerId = '', nodeId = '', epoch, fence] = line.split(' ');
        return { ownerId, nodeId, epoch: Number(epoch), fence: Number(fence) };
      });
  }

  /** Ends every process, by its id, and removes the directory. May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const agents = [...this.#agents.values()];
    for (const agent of agents) agent.signal('SIGTERM');
    const ended = Promise.all(agents.map((agent) => agent.ended));
    await Promise.race([ended, delay(leaveLimitMs, undefined, { ref: false })]);
    for (const agent of agents) agent.signal('SIGKILL');
    await Promise.race([ended, delay(leaveLimitMs, undefined, { ref: false })]);
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
    await this.#registry.dispose();
    process.removeListener('exit', this.#atExit);
    this.#watchdog.dismiss();
  }
}
