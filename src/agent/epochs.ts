/**
 * Epoch after epoch of this node: waits until the application is healthy, joins, lives, and when the cluster has found
 * the epoch over, tells the application and begins the next one.
 */

import type { CancelScope } from '../monitor/cancel-scope.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import type { Signal } from '../ports/abort.ts';
import type { AgentEnd, AgentEvents } from './events.ts';
import type { HandlerWatch } from './handler-watch.ts';
import type { HealthCheck } from './health-check.ts';
import { type Epoch, joinCluster } from './joining.ts';
import { Life, type LifeEnd, type LifeOptions } from './life.ts';
import type { OwnEvent } from './log.ts';
import type { ResolvedOptions } from './options.ts';
import { Seldom } from './seldom.ts';

export interface EpochsOptions {
  readonly options: ResolvedOptions;
  readonly ports: MonitorPorts;
  /** Where the ping answer listens. */
  readonly port: number;
  readonly check: HealthCheck | null;
  readonly handlers: HandlerWatch;
  /** Cancelled when the agent stops. */
  readonly scope: CancelScope;
  /** Aborts when the agent stops. */
  readonly stopping: Signal;
  readonly emit: <Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]) => void;
  readonly forward: LifeOptions['forward'];
  /** Called after each joining. */
  readonly onJoined: () => void;
}

/** An epoch that ends sooner than this was begun in haste. */
const hastyLifeMs = 300_000;

export class Epochs {
  readonly #options: EpochsOptions;
  #life: Life | null = null;
  #newest: Epoch | null = null;
  #phase: 'joining' | 'running' | 'self-dead' = 'joining';
  #uncertainInstanceId: string | null = null;

  constructor(options: EpochsOptions) {
    this.#options = options;
  }

  get phase(): 'joining' | 'running' | 'self-dead' {
    return this.#phase;
  }

  /** The epoch that runs; null between two. */
  get life(): Life | null {
    return this.#life;
  }

  /** The newest epoch that has begun; null before the first. */
  get newestEpoch(): number | null {
    return this.#newest?.epoch ?? null;
  }

  /**
   * What to say good-bye for. Nothing after a death of our own: the verdict stands and its recovery goes on, and
   * leaving would take both back.
   */
  get membership(): { readonly epoch: number | null; readonly uncertainInstanceId: string | null } {
    const epoch = this.#phase === 'running' ? this.newestEpoch : null;
    return { epoch, uncertainInstanceId: this.#uncertainInstanceId };
  }

  /** Resolves when no further epoch will begin. Rejects as `joinCluster` does. Call once. */
  async run(): Promise<AgentEnd['reason']> {
    const { check, scope, options } = this.#options;
    for (let hastyCount = 0; ; ) {
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
      const end = scope.isCancelled ? 'stopped' : await this.#live(joining.epoch);
      if (end === 'stopped') return 'stopped';
      this.#phase = 'self-dead';
      await this.#tellApplication(joining.epoch, end);
      if (scope.isCancelled) return 'stopped';
      if (options.selfDeadPolicy === 'exit') return 'self-dead';
      hastyCount = this.#now() - beganAt < hastyLifeMs ? hastyCount + 1 : 0;
      await scope.wait(this.#restMs(hastyCount));
    }
  }

  /** Ends the epoch that runs, for the agent's sake. */
  stop(): void {
    this.#life?.stop();
  }

  #join(): ReturnType<typeof joinCluster> {
    const { options, ports, port, scope, emit } = this.#options;
    const { settings, address, internalAddress, region, onDead, replace } = options;
    const seldom = new Seldom();
    return joinCluster({
      ...{ settings, ports, scope },
      registry: options.monitor.registry,
      place: { address, internalAddress, port, region },
      hasHandler: onDead !== null,
      replace: replace && this.#newest === null,
      previous: this.#newest,
      onFailure: (error) => {
        // It is repeated every few seconds for as long as the registry is away.
        if (!seldom.isDue(this.#now())) return;
        const message = `cannot join the cluster yet: ${messageOf(error)}`;
        emit('warning', { code: 'registry-error', message, nodeId: null });
      },
    });
  }

  async #live(epoch: number): Promise<LifeEnd> {
    const { options, ports, port, emit, forward, onJoined } = this.#options;
    const life = new Life({ epoch, options, ports, emit, forward });
    this.#life = life;
    const address = options.internalAddress ?? options.address;
    emit('joined', { nodeId: options.settings.nodeId, epoch, address, port });
    onJoined();
    try {
      return await life.run();
    } finally {
      this.#life = null;
    }
  }

  async #tellApplication(epoch: number, reason: 'verdict' | 'superseded'): Promise<void> {
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
      emit('warning', { code: 'callback-failed', message, nodeId });
    }
  }

  /** A node that is found dead again and again must not make the cluster recover it at full speed. */
  #restMs(hastyCount: number): number {
    if (hastyCount < 2) return 0;
    const { probeIntervalMs } = this.#options.options.settings;
    return Math.min(hastyLifeMs, probeIntervalMs * 2 ** Math.min(hastyCount - 2, 10));
  }

  #now(): number {
    return this.#options.ports.clock.now();
  }
}
