/**
 * Who is a member of the cluster, from memory: filled by one reading of the cluster, then kept up by the events that every node
 * hears of every node. A slow reading again takes in what no event tells of, such as nodes of the original. Not for: judging
 * a node: no rule of the protocol asks it.
 */

import { compareIds } from '../core/ring.ts';
import { ConfigError, type Settings } from '../core/settings/config.ts';
import type { CancelScope } from '../monitor/cancel-scope.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { LogFact } from '../monitor/log-events.ts';
import type { Random } from '../ports/random.ts';
import type { ClusterReading, NodeDetail, Registry } from '../ports/registry.ts';
import type { AgentReporter } from './agent-reporter.ts';

/** A node that is on the ring: it has joined, has not left, and no verdict stands against it. */
export interface Member {
  readonly nodeId: string;
  readonly epoch: number;
  /** Where peers reach it; empty when another program keeps its address and names none. */
  readonly address: string;
  /** Of its ping answer; null for the default, 6001. */
  readonly port: number | null;
}

/** What an event tells of one node: it is a member as this epoch, or is none any more. */
interface Change {
  readonly nodeId: string;
  readonly epoch: number;
  readonly member: Member | null;
}

/** What the list is kept with. */
export interface MembersOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly random: Random;
  readonly scope: CancelScope;
  /** What its events tell is taken in from now on. */
  readonly reporter: AgentReporter;
  /** Whether there is to be a list; else it must not be asked for. */
  readonly isKept: boolean;
}

/** From one whole reading to the next, at most; half of it at least, so that nodes do not read at one moment. */
const readAgainMs = 600_000;

/** The list that one agent keeps. */
export class Members {
  readonly #options: MembersOptions;
  readonly #byId = new Map<string, Member>();
  /** The newest change of each node that was told while the cluster was read: the reading may be from before it. */
  readonly #toldMeanwhile = new Map<string, Change>();
  #isStale = false;
  #filling: Promise<void> | null = null;
  #wake = (): void => {};

  constructor(options: MembersOptions) {
    this.#options = options;
    const { reporter, settings, isKept } = options;
    if (!isKept) return;
    reporter.on('joined', ({ targetId, targetEpoch, address, port }) => {
      const member = { nodeId: targetId, epoch: targetEpoch, address: address ?? '', port };
      this.#note({ nodeId: targetId, epoch: targetEpoch, member });
    });
    const remove = ({ targetId, targetEpoch }: Pick<LogFact, 'targetId' | 'targetEpoch'>): void =>
      this.#note({ nodeId: targetId, epoch: targetEpoch, member: null });
    reporter.on('left', remove);
    reporter.on('verdict', remove);
    reporter.on('self-dead', ({ targetEpoch }) => remove({ targetId: settings.nodeId, targetEpoch }));
    reporter.on('verdict-closed', ({ resolution }) => {
      // A node of the original may come back without an epoch of its own.
      if (resolution === 'returned') this.#readAgain();
    });
    reporter.on('events-lost', () => this.#readAgain());
    reporter.on('registry-went-back', () => this.#readAgain());
  }

  /** In byte order of their ids. */
  list(): Member[] {
    this.#check();
    return [...this.#byId.values()].sort((a, b) => compareIds(a.nodeId, b.nodeId));
  }

  /** Whether it is in the list. */
  has(nodeId: string): boolean {
    this.#check();
    return this.#byId.has(nodeId);
  }

  /**
   * Resolves when the cluster was read, or the scope is cancelled; reads it once, however often it is called. At once without a
   * list. Rejects where no repetition can cure why it cannot be read.
   */
  fill(): Promise<void> {
    if (!this.#options.isKept) return Promise.resolve();
    this.#filling ??= this.#read('retryCurable').then(() => void this.#keepUp());
    return this.#filling;
  }

  #note(change: Change): void {
    this.#toldMeanwhile.set(change.nodeId, change);
    this.#apply(change);
  }

  /** What is known of a newer epoch stays. */
  #apply({ nodeId, epoch, member }: Change): void {
    if ((this.#byId.get(nodeId)?.epoch ?? 0) > epoch) return;
    if (member === null) this.#byId.delete(nodeId);
    else this.#byId.set(nodeId, member);
  }

  #check(): void {
    if (this.#options.isKept) return;
    const message = 'expected true for members() and isAlive(), got false';
    throw new ConfigError([{ path: 'keepMembers', message }]);
  }

  async #keepUp(): Promise<void> {
    const { scope, random } = this.#options;
    while (!scope.isCancelled) {
      if (!this.#isStale) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, scope.wait((readAgainMs * (1 + random.next())) / 2)]);
      }
      this.#isStale = false;
      if (!scope.isCancelled) await this.#read('retry');
    }
  }

  #readAgain(): void {
    this.#isStale = true;
    this.#wake();
  }

  /** A refusal ends the start, but nothing that runs. */
  async #read(how: 'retry' | 'retryCurable'): Promise<void> {
    const { scope, registry, settings, reporter } = this.#options;
    const { registryTimeoutMs, probeIntervalMs } = settings;
    const read = (): Promise<ClusterReading> => {
      this.#toldMeanwhile.clear();
      return scope.call(registryTimeoutMs, () => registry.readCluster());
    };
    let hasFailed = false;
    const reading = await scope[how](probeIntervalMs, read, (error) => {
      const message = `the list of members cannot be read yet: ${messageOf(error)}`;
      if (!hasFailed && !scope.isCancelled)
        reporter.tell('warning', { code: 'registry-error', message, targetId: null });
      hasFailed = true;
    });
    if (reading === null) return;
    this.#byId.clear();
    for (const node of reading.nodes) {
      const { id: nodeId, epoch, address, port } = node;
      if (isMember(node)) this.#byId.set(nodeId, { nodeId, epoch, address, port });
    }
    for (const change of this.#toldMeanwhile.values()) this.#apply(change);
  }
}

function isMember({ lifecycle }: NodeDetail): boolean {
  return lifecycle === 'alive' || lifecycle === 'maintenance';
}
