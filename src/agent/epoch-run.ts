/** One epoch of this node from its beginning to its end: a monitor and a heartbeat. */

import type { WarningCode } from '../core/effects.ts';
import type { RegistryMemory } from '../core/memory.ts';
import { messageOf } from '../monitor/emitter.ts';
import { type MonitorEvents, monitorEventNames } from '../monitor/events.ts';
import { Heartbeat } from '../monitor/heartbeat.ts';
import type { LogStart } from '../monitor/log-follower.ts';
import { RingMonitor } from '../monitor/monitor.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import type { AgentEvents } from './events.ts';
import { Housekeeping } from './housekeeping.ts';
import type { Epoch } from './joining.ts';
import type { OwnEvent } from './log.ts';
import type { ResolvedOptions } from './options.ts';
import { OwnInterface } from './own-interface.ts';

/** Why an epoch is over. */
export type EpochEnd =
  | 'stopped'
  | MonitorEvents['self-dead']['reason']
  /** The registry went back to before the join. */
  | 'forgotten';

export interface EpochRunOptions extends Epoch {
  /** What the epoch before remembers of the registry; undefined for the first one. */
  readonly memory: RegistryMemory | undefined;
  /** Up to where it has told the log; null for the first one. */
  readonly cursor: LogStart | null;
  readonly options: ResolvedOptions;
  readonly ports: MonitorPorts;
  /** Why the application is dead now; null while it is not. */
  readonly death: () => string | null;
  /** Passes on what the monitor told and logged. */
  readonly forward: <Name extends keyof MonitorEvents>(event: Name, payload: MonitorEvents[Name]) => void;
  /** Tells and logs. */
  readonly emit: <Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]) => void;
}

export class EpochRun {
  readonly epoch: number;
  readonly monitor: RingMonitor;
  readonly #options: EpochRunOptions;
  readonly #heartbeat: Heartbeat;
  readonly #housekeeping: Housekeeping | null;
  #end: EpochEnd | null = null;
  /** Whether the registry has answered that the application is dead. */
  #isAnswered = false;

  constructor(options: EpochRunOptions) {
    const { epoch, memory, cursor, ports } = options;
    const { settings, monitor, onDead, onSuspect, onRecovered } = options.options;
    this.epoch = epoch;
    this.#options = options;
    this.monitor = new RingMonitor({ ...monitor, epoch, memory, cursor }, ports);
    if (onDead !== null) this.monitor.onNodeDead(onDead);
    if (onSuspect !== null) this.monitor.onNodeSuspect(onSuspect);
    if (onRecovered !== null) this.monitor.onNodeRecovered(onRecovered);
    for (const name of monitorEventNames) this.#forward(name);
    const self = { nodeId: settings.nodeId, epoch };
    const { clock, random } = ports;
    const timeoutMs = settings.registryTimeoutMs;
    const { address, internalAddress } = options.options;
    const ownInterface = new OwnInterface(internalAddress ?? address);
    const noteHeartbeat = (failure: { readonly error: unknown } | null): void => {
      this.monitor.noteHeartbeat(failure);
      const message = ownInterface.look();
      if (message !== null) this.#warn('own-address', message);
    };
    this.#heartbeat = new Heartbeat({
      ...{ self, registry: monitor.registry, clock, random, timeoutMs },
      intervalMs: settings.heartbeatIntervalMs,
      membershipWindowMs: settings.membershipWindowMs,
      onOver: () => this.#supersede(),
      onForgotten: () => this.#endAs('forgotten'),
      onTaken: () => noteHeartbeat(null),
      onFailure: (error) => noteHeartbeat({ error }),
    });
    const { retention } = options.options;
    this.#housekeeping =
      retention === null
        ? null
        : new Housekeeping({
            ...{ self, registry: monitor.registry, clock, random, timeoutMs, retention },
            onFailure: (error) =>
              this.#warn('registry-error', `the registry could not be pruned: ${messageOf(error)}`),
          });
  }

  /** Resolves when the epoch is over and nothing of it is left running. Call once. */
  async run(): Promise<EpochEnd> {
    if (this.#end !== null) return this.#end;
    void this.#heartbeat.run();
    void this.#housekeeping?.run();
    void this.monitor.start();
    const death = this.#options.death();
    if (death !== null) this.noteDeath(death);
    await this.monitor.whenStopped();
    this.#heartbeat.stop();
    this.#housekeeping?.stop();
    return this.#end ?? 'stopped';
  }

  /** The application has died, for this reason; null when it is well again. Nothing when the epoch is over. */
  noteDeath(reason: string | null): void {
    const { instanceId } = this.#options;
    if (reason === null) this.monitor.takeDeathBack();
    else this.monitor.declareDead({ reason, instanceId });
  }

  /** Tells the registry that the application has died for good, and resolves when it has answered or the time is over. */
  async bury(reason: string, limitMs: number): Promise<void> {
    if (this.#isAnswered || this.#end !== null) return;
    const { clock } = this.#options.ports;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(limitMs, resolve);
      for (const event of ['obituary', 'self-dead'] as const) {
        this.monitor.once(event, () => {
          timer.cancel();
          resolve();
        });
      }
      this.noteDeath(reason);
    });
  }

  /** Ends it, since the agent stops; `run` then resolves with `stopped`, unless it was over already. */
  stop(): void {
    this.#endAs('stopped');
  }

  #forward<Name extends keyof MonitorEvents>(name: Name): void {
    const { forward } = this.#options;
    // The epoch's end is told once, whether the monitor or the heartbeat notices it first.
    this.monitor.on(name, (payload) => {
      if (name === 'obituary') this.#isAnswered = true;
      if (name !== 'self-dead') forward(name, payload);
      else if (this.#end === null) {
        forward(name, payload);
        this.#endAs((payload as MonitorEvents['self-dead']).reason);
      }
    });
  }

  #supersede(): void {
    if (this.#end !== null) return;
    const { nodeId } = this.#options.options.settings;
    this.#options.emit('self-dead', { targetId: nodeId, targetEpoch: this.epoch, reason: 'superseded' });
    this.#endAs('superseded');
  }

  #warn(code: WarningCode, message: string): void {
    this.#options.emit('warning', { code, message, targetId: null });
  }

  #endAs(end: EpochEnd): void {
    this.#end ??= end;
    this.#heartbeat.stop();
    this.#housekeeping?.stop();
    void this.monitor.stop();
  }
}
