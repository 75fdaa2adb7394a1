/** One epoch of this node from its beginning to its end: a monitor and a heartbeat. */

import type { RegistryMemory } from '../core/memory.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { MonitorEvents } from '../monitor/events.ts';
import { Heartbeat } from '../monitor/heartbeat.ts';
import { RingMonitor } from '../monitor/monitor.ts';
import { OncePer } from '../monitor/once-per.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import { type AgentEvents, monitorEventNames } from './events.ts';
import { Housekeeping } from './housekeeping.ts';
import type { OwnEvent } from './log.ts';
import type { ResolvedOptions } from './options.ts';

/** Why an epoch is over. */
export type EpochEnd =
  | 'stopped'
  | 'verdict'
  | 'superseded'
  /** The registry went back to before the join. */
  | 'forgotten';

export interface EpochRunOptions {
  readonly epoch: number;
  /** What the epoch before remembers of the registry; undefined for the first one. */
  readonly memory: RegistryMemory | undefined;
  readonly options: ResolvedOptions;
  readonly ports: MonitorPorts;
  /** Passes on what the monitor told and logged. */
  readonly forward: <Name extends keyof MonitorEvents>(event: Name, payload: MonitorEvents[Name]) => void;
  /** Tells and logs. */
  readonly emit: <Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]) => void;
}

/** A heartbeat that fails is repeated soon, and fails for as long as the registry is out of reach. */
const warnEveryMs = 60_000;

export class EpochRun {
  readonly epoch: number;
  readonly monitor: RingMonitor;
  readonly #options: EpochRunOptions;
  readonly #heartbeat: Heartbeat;
  readonly #housekeeping: Housekeeping | null;
  #end: EpochEnd | null = null;
  readonly #heartbeatWarning = new OncePer<'failed'>({ capacity: 1, repeatAfterMs: warnEveryMs });

  constructor(options: EpochRunOptions) {
    const { epoch, memory, ports } = options;
    const { settings, monitor, onDead, onSuspect, onRecovered } = options.options;
    this.epoch = epoch;
    this.#options = options;
    this.monitor = new RingMonitor({ ...monitor, epoch, memory }, ports);
    if (onDead !== null) this.monitor.onNodeDead(onDead);
    if (onSuspect !== null) this.monitor.onNodeSuspect(onSuspect);
    if (onRecovered !== null) this.monitor.onNodeRecovered(onRecovered);
    for (const name of monitorEventNames) this.#forward(name);
    const self = { nodeId: settings.nodeId, epoch };
    const { clock, random } = ports;
    const timeoutMs = settings.registryTimeoutMs;
    this.#heartbeat = new Heartbeat({
      ...{ self, registry: monitor.registry, clock, random, timeoutMs },
      intervalMs: settings.heartbeatIntervalMs,
      membershipWindowMs: settings.membershipWindowMs,
      onOver: () => this.#supersede(),
      onForgotten: () => this.#endAs('forgotten'),
      onFailure: (error) => {
        if (!this.#heartbeatWarning.isDue('failed', clock.now())) return;
        this.#warn(`the registry did not take this node's heartbeat: ${messageOf(error)}`);
      },
    });
    const { retention } = options.options;
    this.#housekeeping =
      retention === null
        ? null
        : new Housekeeping({
            ...{ self, registry: monitor.registry, clock, random, timeoutMs, retention },
            onFailure: (error) => this.#warn(`the registry could not be pruned: ${messageOf(error)}`),
          });
  }

  /** Resolves when the epoch is over and nothing of it is left running. Call once. */
  async run(): Promise<EpochEnd> {
    if (this.#end !== null) return this.#end;
    void this.#heartbeat.run();
    void this.#housekeeping?.run();
    await this.monitor.start();
    this.#heartbeat.stop();
    this.#housekeeping?.stop();
    return this.#end ?? 'stopped';
  }

  /** Ends it, since the agent stops; `run` then resolves with `stopped`, unless it was over already. */
  stop(): void {
    this.#endAs('stopped');
  }

  #forward<Name extends keyof MonitorEvents>(name: Name): void {
    const { forward } = this.#options;
    // The epoch's end is told once, whether the monitor or the heartbeat notices it first.
    this.monitor.on(name, (payload) => {
      if (name !== 'selfDead') forward(name, payload);
      else if (this.#end === null) {
        forward(name, payload);
        this.#endAs((payload as MonitorEvents['selfDead']).reason);
      }
    });
  }

  #supersede(): void {
    if (this.#end !== null) return;
    this.#options.emit('selfDead', { epoch: this.epoch, reason: 'superseded' });
    this.#endAs('superseded');
  }

  #warn(message: string): void {
    this.#options.emit('warning', { code: 'registry-error', message, nodeId: null });
  }

  #endAs(end: EpochEnd): void {
    this.#end ??= end;
    this.#heartbeat.stop();
    this.#housekeeping?.stop();
    void this.monitor.stop();
  }
}
