/** One node of the virtual world across its lives: what the world can do to it. */
import type { ConnectionFault } from './connections.ts';
import type { History, HistoryEntry } from './history.ts';
import type { Host } from './host.ts';
import type { Forgery } from './messages.ts';
import type { Heal, Network } from './network.ts';
import { type ClockFaults, type PauseKind, VirtualProcess } from './process.ts';
import type { CreateProgram, HangingPart, NodeProgram } from './program.ts';
import type { SeededRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { virtualMessenger } from './virtual-messenger.ts';
import { type ProbeTap, virtualProber } from './virtual-prober.ts';
import type { VirtualRegistry } from './virtual-registry.ts';

/** What a crash leaves: a machine that refuses connections, or nothing at all. */
export type CrashKind = 'process' | 'machine';

/** What a virtual node is made of. */
export interface VirtualNodeParts {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly registry: VirtualRegistry;
  readonly random: SeededRandom;
  readonly history: History;
  readonly host: Host;
  readonly clockFaults: ClockFaults;
  readonly createProgram: CreateProgram;
  readonly probeTaps: readonly ProbeTap[];
  readonly region: string | null;
  /** How long after the end of a life that was called dead the next one begins; null for never. */
  readonly rejoinAfterMs: number | null;
}

/** What a node is: `off` before its first start and after a crash. */
export type NodeStatus = 'off' | 'on' | 'leaving' | 'left';

/** One node of a world over all of its lives. */
export class VirtualNode {
  readonly id: string;
  readonly #parts: VirtualNodeParts;
  readonly #hangs = new Set<{ readonly part: HangingPart }>();
  #host: Host;
  #status: NodeStatus = 'off';
  #process: VirtualProcess | null = null;
  #program: NodeProgram | null = null;
  #lifeCount = 0;

  constructor(parts: VirtualNodeParts) {
    this.#parts = parts;
    this.#host = parts.host;
    this.id = parts.host.id;
  }

  /** Whether it runs now. */
  get status(): NodeStatus {
    return this.#status;
  }

  /** Where its peers reach it. */
  get address(): string {
    return this.#host.address;
  }

  /** The epoch of its present or last life; 0 before the first one has joined. */
  get epoch(): number {
    return this.#program?.epoch ?? 0;
  }

  /** On, and not paused. */
  get isRunning(): boolean {
    return this.#status === 'on' && this.#process?.isRunning === true;
  }

  /** Lives begun so far. */
  get lifeCount(): number {
    return this.#lifeCount;
  }

  /** Begins a life; does nothing while one lasts. */
  start(): void {
    if (this.#status === 'on' || this.#status === 'leaving') return;
    const { scheduler, network, registry, clockFaults, createProgram, probeTaps, region } = this.#parts;
    const host = this.#host;
    this.#lifeCount++;
    this.#status = 'on';
    host.isUp = true;
    host.listeners.clear();
    const process = new VirtualProcess(scheduler, clockFaults);
    const random = this.#parts.random.stream(`life ${this.#lifeCount}`);
    this.#process = process;
    this.#program = createProgram({
      nodeId: this.id,
      region,
      host,
      process,
      scheduler,
      network,
      registry,
      random,
      prober: virtualProber({ scheduler, network, process, host, taps: probeTaps }),
      messenger: virtualMessenger({ network, process, host }),
      tell: (entry) => this.#tell(entry as HistoryEntry),
      isOver: () => this.#endItself(process),
      isHung: (part) => [...this.#hangs].some((hang) => hang.part === part),
    });
    this.#tellLife('started');
    this.#program.start();
  }

  /** Ends its process, and its machine if asked to, between two instructions. */
  crash(kind: CrashKind): void {
    if (this.#process === null || this.#process.hasEnded) return;
    this.#tellLife('crashed', kind);
    this.#end();
    this.#host.isUp = kind === 'process';
    this.#closeConnections();
  }

  /** Begins its next life on another machine, at another address; the present life and its machine end first. */
  move(): void {
    this.crash('machine');
    this.#host = this.#parts.network.replaceHost(this.#host);
    this.start();
  }

  /** A part of its program hangs, in this life and in later ones; the function that comes back ends it. */
  hang(part: HangingPart): Heal {
    const hang = { part };
    this.#hangs.add(hang);
    this.#noteChange([hang]);
    return () => {
      if (this.#hangs.delete(hang)) this.#noteChange([hang]);
    };
  }

  /** Ends what hangs. */
  heal(): void {
    const ended = [...this.#hangs];
    this.#hangs.clear();
    this.#noteChange(ended);
  }

  /** The program learns of its application once it runs, as its check would. */
  #noteChange(hangs: readonly { readonly part: HangingPart }[]): void {
    const program = this.#program;
    const isOfApplication = hangs.some(({ part }) => part === 'application');
    if (isOfApplication && this.#process?.hasEnded === false)
      this.#process.deliver(() => program?.applicationChanged?.());
  }

  /** Leaves and ends. */
  leave(): void {
    if (this.#status !== 'on' || this.#program === null) return;
    const process = this.#process;
    this.#status = 'leaving';
    this.#tellLife('leaving');
    const bid = (): void => {
      if (this.#process !== process || this.#status !== 'leaving') return;
      this.#tellLife('left');
      this.#end();
      this.#closeConnections();
      this.#status = 'left';
    };
    this.#program.leave().then(bid, bid);
  }

  /** Stops it for a while. */
  pause(durationMs: number, kind: PauseKind): void {
    if (this.#process === null || this.#process.hasEnded) return;
    this.#tellLife('paused', `${kind} for ${Math.round(durationMs)} ms`);
    this.#process.pause(durationMs, kind);
  }

  /** Sets the wall clock of its present life forward, or back. */
  stepWallClock(byMs: number): void {
    this.#process?.stepWallClock(byMs);
  }

  #endItself(process: VirtualProcess): void {
    if (this.#process !== process || process.hasEnded) return;
    this.#tellLife('ended');
    this.#end();
    this.#closeConnections();
    const { rejoinAfterMs, scheduler } = this.#parts;
    const life = this.#lifeCount;
    if (rejoinAfterMs === null) return;
    scheduler.after(rejoinAfterMs, () => {
      if (this.#lifeCount === life && this.#status === 'off' && this.#host.isUp) this.start();
    });
  }

  #end(): void {
    this.#process?.end();
    this.#host.listeners.clear();
    this.#status = 'off';
  }

  #closeConnections(): void {
    if (this.#process !== null) this.#parts.network.connections.processEnded(this.#host, this.#process);
  }

  /** What is between this node and its observers closes their connections, or forgets them. */
  spoilConnections(how: ConnectionFault): void {
    this.#parts.network.connections.spoil(this.#host, how);
  }

  /** A stranger floods it with messages, wherever it is; the function that comes back ends that. */
  floodWith(forgery: Forgery): Heal {
    return this.#parts.network.messages.forge(() => this.#host, forgery);
  }

  #tellLife(kind: 'started' | 'crashed' | 'paused' | 'leaving' | 'left' | 'ended', detail = ''): void {
    this.#tell({ kind, detail } as HistoryEntry);
  }

  #tell(entry: HistoryEntry): void {
    this.#parts.history.add({ ...entry, at: this.#parts.scheduler.now, nodeId: this.id, epoch: this.epoch });
  }
}
