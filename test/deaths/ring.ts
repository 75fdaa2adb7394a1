/** A ring of real agent processes that share a registry: started, killed, stopped and continued by a test. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../../src/core/settings/config.ts';
import type { Registry } from '../../src/ports/registry.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const wrongProgram = fileURLToPath(new URL('wrong-port-agent.mjs', import.meta.url));

/** One line of `--events`. */
export interface AgentEvent {
  readonly event: string;
  readonly nodeId: string;
  readonly targetId?: string | null;
  readonly [fact: string]: unknown;
}

export interface RingOptions {
  readonly size: number;
  /** The registry's URL as each agent is given it. */
  readonly registryOf: (nodeId: string) => string;
  readonly onDead: (nodeId: string) => string;
  /** Further flags of every agent. */
  readonly flags?: readonly string[];
  /** Nodes whose probes all go to this port, or to these by target, and the settings that they have of their own. */
  readonly misconfigured?: {
    readonly nodeIds: readonly string[];
    readonly port: number | Readonly<Record<string, number>>;
    readonly settings?: Partial<Settings>;
  };
}

export class AgentRing {
  readonly nodeIds: readonly string[];
  readonly events: AgentEvent[] = [];
  readonly #options: RingOptions;
  readonly #processes = new Map<string, ChildProcessByStdio<Writable, Readable, Readable>>();
  readonly #waiters = new Set<() => void>();
  #errors = '';

  constructor(options: RingOptions) {
    this.#options = options;
    this.nodeIds = Array.from(
      { length: options.size },
      (_, index) => `n${String(index + 1).padStart(2, '0')}`,
    );
  }

  /** Starts a node and waits until it has joined. */
  async start(nodeId: string): Promise<void> {
    const known = this.events.length;
    const child = spawn(process.execPath, this.#commandFor(nodeId), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#processes.set(nodeId, child);
    child.stdin.on('error', () => {});
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString('utf8')).slice(-20_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as AgentEvent);
      for (const waiter of [...this.#waiters]) waiter();
    });
    child.once('exit', () => {
      for (const waiter of [...this.#waiters]) waiter();
    });
    await this.until(() => {
      if (child.exitCode !== null) throw new Error(`${nodeId} ended before it joined:\n${this.#errors}`);
      return this.events
        .slice(known)
        .some((line) => line.event === 'joined' && line.nodeId === nodeId && line.targetId === nodeId);
    }, `${nodeId} has joined`);
  }

  #commandFor(nodeId: string): string[] {
    const { registryOf, onDead, flags = [], misconfigured } = this.#options;
    const registry = registryOf(nodeId);
    if (misconfigured?.nodeIds.includes(nodeId))
      return [
        wrongProgram,
        nodeId,
        registry,
        JSON.stringify(misconfigured.port),
        JSON.stringify(misconfigured.settings ?? {}),
      ];
    const place = ['--registry', registry, '--listen', '127.0.0.1:0', '--address', '127.0.0.1'];
    const manner = ['--preset', 'local', '--events', '--log-level', 'error', '--until-stdin-ends'];
    // Nodes die again and again here, and each death is to be recovered soon.
    // Some are killed before all of their observers have heard them.
    const grace = ['--startup-grace-period', '1s', '--lone-grace', '1s'];
    const patience = ['--brake-return', '1s', '--flap-window', '0s'];
    return [
      program,
      'agent',
      '--node-id',
      nodeId,
      ...place,
      ...manner,
      ...patience,
      ...grace,
      ...flags,
      '--on-dead',
      onDead(nodeId),
    ];
  }

  async startAll(): Promise<void> {
    await Promise.all(this.nodeIds.map((nodeId) => this.start(nodeId)));
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(nodeId: string): Promise<void> {
    const child = this.#processes.get(nodeId);
    if (child === undefined) return;
    this.#processes.delete(nodeId);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  signal(nodeId: string, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#processes.get(nodeId)?.kill(signal);
  }

  /**
   * SIGSTOP between two writes. One that is stopped in the middle of a transaction holds the lock of SQLite's file, and
   * no node could write.
   */
  async freeze(nodeId: string, registry: Registry): Promise<void> {
    for (;;) {
      this.signal(nodeId, 'SIGSTOP');
      if (await canWrite(registry)) return;
      this.signal(nodeId, 'SIGCONT');
      await pause(20);
    }
  }

  isRunning(nodeId: string): boolean {
    const child = this.#processes.get(nodeId);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Waits until a claim holds; looked at with every event and a few times a second. */
  async until(claim: () => boolean | Promise<boolean>, what: string, limitMs = 60_000): Promise<void> {
    const deadline = Date.now() + limitMs;
    while (!(await claim())) {
      if (Date.now() > deadline) {
        const newest = this.events.slice(-15).map((event) => JSON.stringify(event).slice(0, 300));
        throw new Error(`not within ${limitMs} ms: ${what}\n${newest.join('\n')}\n${this.#errors}`);
      }
      await this.#nextEvent(200);
    }
  }

  /** Ends every agent, at once and for certain. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((nodeId) => this.kill(nodeId)));
  }

  #nextEvent(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, limitMs);
      this.#waiters.add(finish);
    });
  }
}

/** Writes for a node that there is none of, so that nothing changes. */
function canWrite(registry: Registry): Promise<boolean> {
  return registry.refute({ nodeId: 'unknown', epoch: 1 }).then(
    () => true,
    () => false,
  );
}
