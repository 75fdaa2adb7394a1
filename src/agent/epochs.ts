/**
 * Epoch after epoch of this node: waits until the application is healthy, joins, and runs the epoch. When the cluster
 * has found the epoch over, it tells the application and begins the next one.
 */

import type { RegistryMemory } from '../core/memory.ts';
import type { CancelScope } from '../monitor/cancel-scope.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { MonitorEvents } from '../monitor/events.ts';
import type { LogStart } from '../monitor/log-follower.ts';
import { OncePer } from '../monitor/once-per.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import type { Signal } from '../ports/abort.ts';
import { type EpochEnd, EpochRun, type EpochRunOptions } from './epoch-run.ts';
import { type AgentEnd, type AgentEvents, ownFact } from './events.ts';
import type { HandlerWatch } from './handler-watch.ts';
import type { HealthCheck } from './health-check.ts';
import { type Epoch, type Joined, joinCluster } from './joining.ts';
import type { OwnEvent } from './log.ts';
import type { ResolvedOptions, SelfDeath } from './options.ts';
import { type Differing, differingSettings } from './settings-digest.ts';

export interface EpochsOptions {
  readonly options: ResolvedOptions;
  readonly ports: MonitorPorts;
  /** Where peers reach the ping answer. */
  readonly port: number;
  readonly check: HealthCheck | null;
  readonly handlers: HandlerWatch;
  /** Cancelled when the agent stops. */
  readonly scope: CancelScope;
  /** Aborts when the agent stops. */
  readonly stopping: Signal;
  readonly emit: <Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]) => void;
  readonly forward: EpochRunOptions['forward'];
  /** Called after each joining. */
  readonly onJoined: () => void;
}

/** An epoch that ends sooner than this is short; after several the next one begins later. */
const shortEpochMs = 300_000;

/** When the warning that the node cannot join comes a second time. */
const firstRepeatMs = 10_000;

export class Epochs {
  readonly #options: EpochsOptions;
  #current: EpochRun | null = null;
  #newest: Epoch | null = null;
  #memory: RegistryMemory | undefined;
  /** Where the log is told from in the next epoch: what happens between two epochs is told too. */
  #cursor: LogStart | null = null;
  #phase: 'joining' | 'running' | 'self-dead' = 'joining';
  #uncertainInstanceId: string | null = null;
  readonly #differing = new OncePer<string>({ capacity: 1_000 });
  #isLast = false;
  /** Whether the registry may have been told that the application of the newest epoch is dead. */
  #isDeclaredDead = false;

  constructor(options: EpochsOptions) {
    this.#options = options;
  }

  get phase(): 'joining' | 'running' | 'self-dead' {
    return this.#phase;
  }

  /** The epoch that runs; null between two. */
  get current(): EpochRun | null {
    return this.#current;
  }

  /** The newest epoch that has begun; null before the first. */
  get newestEpoch(): number | null {
    return this.#newest?.epoch ?? null;
  }

  /**
   * The epoch that a leave ends. Null after a death of this node or of its application: the verdict or the obituary stands
   * and its recovery goes on, and a leave would cancel both.
   */
  get membership(): { readonly epoch: number | null; readonly uncertainInstanceId: string | null } {
    const epoch = this.#phase === 'running' && !this.#isDeclaredDead ? this.newestEpoch : null;
    return { epoch, uncertainInstanceId: this.#uncertainInstanceId };
  }

  /** Resolves when no further epoch will begin. Rejects as `joinCluster` does. Call once. */
  async run(): Promise<AgentEnd['reason']> {
    const { check, scope, options } = this.#options;
    for (let shortCount = 0; ; ) {
      await check?.whenHealthy();
      const joining = await this.#join();
      if (joining.kind === 'removed') return 'removed';
      if (joining.kind === 'stopped') {
        this.#uncertainInstanceId = joining.instanceId;
        return 'stopped';
      }
      this.#newest = joining;
      this.#phase = 'running';
      const beganAt = this.#now();
      const end = scope.isCancelled ? 'stopped' : await this.#runEpoch(joining);
      if (end === 'stopped' || this.#isLast) return 'stopped';
      // The application is well: there is nothing to stop, and the next epoch ends the obituary of this one.
      if (end === 'restarted') continue;
      // A registry that has forgotten this node says nothing against it: the application goes on.
      if (end === 'forgotten') this.#phase = 'joining';
      else {
        this.#phase = 'self-dead';
        await this.#tellApplication(joining.epoch, end);
      }
      if (scope.isCancelled) return 'stopped';
      if (options.selfDeadPolicy === 'exit' && end !== 'forgotten') return 'self-dead';
      shortCount = this.#now() - beganAt < shortEpochMs ? shortCount + 1 : 0;
      await scope.wait(this.#restMs(shortCount));
    }
  }

  /** The application has died, for this reason; null when it is well again. */
  noteDeath(reason: string | null): void {
    this.#current?.noteDeath(reason);
  }

  /** Tells the registry that the application has died for good: no further epoch begins. Bounded in time. */
  async bury(reason: string, limitMs: number): Promise<void> {
    this.#isLast = true;
    await this.#current?.bury(reason, limitMs);
  }

  /** Ends the epoch that runs, since the agent stops. */
  stop(): void {
    this.#current?.stop();
  }

  #join(): ReturnType<typeof joinCluster> {
    const { options, ports, port, scope, emit } = this.#options;
    const { settings, address, internalAddress, region, onDead, replace, clusterName, settingsDigest } =
      options;
    // The first warning comes at once. A registry may be out of reach for days, and each try fails until then.
    const warning = new OncePer<'failed'>({ capacity: 1, repeatAfterMs: firstRepeatMs, backoffFactor: 2 });
    return joinCluster({
      ...{ settings, ports, scope },
      registry: options.monitor.registry,
      endpoint: { address, internalAddress, port, region },
      ...{ hasHandler: onDead !== null, clusterName, settingsDigest },
      replace: replace && this.#newest === null,
      previous: this.#newest,
      onFailure: (error) => {
        if (!warning.isDue('failed', this.#now())) return;
        const message = `cannot join the cluster yet: ${messageOf(error)}`;
        emit('warning', { code: 'registry-error', message, targetId: null });
      },
    });
  }

  async #runEpoch({ epoch, instanceId, differing }: Joined): Promise<EpochEnd> {
    const { options, ports, port, check, emit, forward, onJoined } = this.#options;
    const death = (): string | null => check?.death ?? null;
    const memory = this.#memory;
    const cursor = this.#cursor;
    const epochRun = new EpochRun({
      epoch,
      instanceId,
      memory,
      cursor,
      options,
      ports,
      death,
      emit,
      forward: (event, payload) => {
        forward(event, payload);
        if (event === 'joined') this.#compare(payload as MonitorEvents['joined']);
      },
    });
    this.#current = epochRun;
    const address = options.internalAddress ?? options.address;
    const settings = options.settingsDigest;
    emit('joined', { ...ownFact(options.settings.nodeId, epoch), address, port, settings });
    this.#warnOf(differing, null);
    onJoined();
    try {
      return await epochRun.run();
    } finally {
      this.#isDeclaredDead = epochRun.monitor.isDeclaredDead;
      this.#memory = epochRun.monitor.memory;
      this.#cursor = epochRun.monitor.cursor;
      this.#current = null;
    }
  }

  /** The log tells those that run of a node with other settings; one that joins is told by its join. */
  #compare({ targetId: nodeId, targetEpoch: epoch, settings }: MonitorEvents['joined']): void {
    if (settings === null || settings === this.#options.options.settingsDigest) return;
    this.#warnOf([{ nodeId, epoch, settings }], nodeId);
  }

  #warnOf(differing: readonly Differing[], targetId: string | null): void {
    const { options, emit } = this.#options;
    const news = differing.filter(({ nodeId, epoch }) =>
      this.#differing.isDue(`${nodeId}\n${epoch}`, this.#now()),
    );
    if (news.length === 0) return;
    const message = differingSettings(options.settingsDigest, news);
    emit('warning', { code: 'settings-differ', message, targetId });
  }

  async #tellApplication(epoch: number, reason: SelfDeath['reason']): Promise<void> {
    const { options, handlers, scope, stopping, emit } = this.#options;
    const { onSelfDead, settings } = options;
    if (onSelfDead === null || scope.isCancelled) return;
    const { nodeId } = settings;
    const selfDeath = { nodeId, epoch, reason, signal: stopping };
    const hook = handlers.watch(Promise.resolve().then(() => onSelfDead(selfDeath)));
    try {
      await Promise.race([hook, scope.whenCancelled()]);
    } catch (error) {
      const message = `the hook for this node's own death failed: ${messageOf(error)}`;
      emit('warning', { code: 'callback-failed', message, targetId: nodeId });
    }
  }

  /** A node that is found dead again and again must not make the cluster recover it at full speed. */
  #restMs(shortCount: number): number {
    if (shortCount < 2) return 0;
    const { probeIntervalMs } = this.#options.options.settings;
    return Math.min(shortEpochMs, probeIntervalMs * 2 ** Math.min(shortCount - 2, 10));
  }

  #now(): number {
    return this.#options.ports.clock.now();
  }
}
