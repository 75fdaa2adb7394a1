/**
 * A node of the virtual world that runs the real monitor, with the least around it that an agent has. It joins with a
 * new epoch, answers pings, sends heartbeats, runs a recovery handler, leaves.
 */

import type { RegistryMemory } from '../core/memory.ts';
import type { PresetName, Settings } from '../core/settings/config.ts';
import { resolveSettings } from '../core/settings/config.ts';
import type { Death } from '../monitor/events.ts';
import { newId } from '../monitor/identity.ts';
import { LookGate } from '../monitor/look-gate.ts';
import { RingMonitor } from '../monitor/monitor.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import { type Registry, RegistryError } from '../ports/registry.ts';
import { createVirtualAbort } from './abort.ts';
import { toldEvents } from './history.ts';
import { drawMs, type Latency } from './latency.ts';
import {
  type CreateProgram,
  monitorEntry,
  type NodeProgram,
  type ProgramParts,
  type Wires,
} from './program.ts';
import { RegistryLink } from './registry-link.ts';
import { type RuleOff, settingsWithout, wiresWithout } from './rules-off.ts';

/** What the recovery handlers of a world do. */
export interface HandlerBehaviour {
  /** How long one run takes. */
  readonly takes: Latency;
  /** The part of the runs that throw at their end. */
  readonly failureRate: number;
}

export interface RingwatchOptions {
  readonly preset: PresetName;
  readonly settings: Partial<Omit<Settings, 'nodeId'>>;
  /** null: no node has a handler. */
  readonly handler: HandlerBehaviour | null;
  /** Rules that its nodes go without. Default: none. */
  readonly without?: readonly RuleOff[];
  /** Puts something between a node and its ports: this is how tests plant a bug. Default: nothing. */
  readonly rewire?: (wires: Wires, parts: ProgramParts) => Wires;
}

/** How long a farewell may take. */
const farewellMs = 10_000;

/** Wait between two tries to join. */
const joinPauseMs = 1_000;

/** Makes the program of every node that runs Ringwatch. */
export function ringwatchProgram(options: RingwatchOptions): CreateProgram {
  return (parts) => new RingwatchProgram(parts, options);
}

class RingwatchProgram implements NodeProgram {
  readonly #parts: ProgramParts;
  readonly #options: RingwatchOptions;
  readonly #settings: Settings;
  readonly #link: Registry;
  readonly #ports: MonitorPorts;
  readonly #hearsObservers: boolean;
  #epoch = 0;
  #instanceId = '';
  #monitor: RingMonitor | null = null;
  #isLeaving = false;

  constructor(parts: ProgramParts, options: RingwatchOptions) {
    this.#parts = parts;
    this.#options = options;
    const { settings, preset, without = [] } = options;
    const full = resolveSettings({ ...settings, nodeId: parts.nodeId }, preset);
    this.#settings = { ...full, ...settingsWithout(without, full) };
    this.#hearsObservers = !without.includes('own-suspicion');
    const { process, random, prober, messenger } = parts;
    const wires: Wires = {
      registry: new RegistryLink({ ...parts, timeoutMs: this.#settings.registryTimeoutMs }),
      ports: {
        clock: process.clock,
        random: random.stream('monitor'),
        prober,
        messenger,
        createAbort: createVirtualAbort,
      },
    };
    const left = wiresWithout(without, wires);
    const { registry, ports } = options.rewire?.(left, parts) ?? left;
    this.#link = registry;
    this.#ports = ports;
  }

  get epoch(): number {
    return this.#epoch;
  }

  start(): void {
    this.#live().catch((error: unknown) => this.#parts.tell({ kind: 'broken', detail: String(error) }));
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    const { process, nodeId } = this.#parts;
    // As an agent does: a leave would cancel the recovery.
    const isDeclaredDead = this.#monitor?.isDeclaredDead === true;
    const giveUpAt = process.clock.now() + farewellMs;
    await this.#monitor?.stop();
    while (this.#epoch > 0 && !isDeclaredDead && process.clock.now() < giveUpAt) {
      try {
        await this.#link.leave({ nodeId, epoch: this.#epoch });
        return;
      } catch {
        await this.#sleep(500);
      }
    }
  }

  applicationChanged(): void {
    if (this.#isLeaving) return;
    if (this.#parts.isHung('application'))
      this.#monitor?.declareDead({ reason: 'its check fails', instanceId: this.#instanceId });
    else this.#monitor?.takeDeathBack();
  }

  async #live(): Promise<void> {
    const { nodeId, process, host, tell, isHung } = this.#parts;
    let memory: RegistryMemory | undefined;
    const looks = new LookGate({
      now: () => process.clock.now(),
      isBelieved: () => true,
      onLook: (message, sender) => {
        if (this.#hearsObservers || message.targetId !== nodeId)
          this.#monitor?.signals.receive(message, sender);
      },
      onTrouble: () => undefined,
    });
    for (let isForgotten = true; isForgotten; ) {
      while (isHung('application')) await this.#sleep(joinPauseMs);
      this.#epoch = await this.#join();
      if (this.#isLeaving) return;
      tell({ kind: 'joined', detail: '' });
      host.listeners.set(this.#settings.probePort, {
        process,
        answer: () =>
          isHung('ping-answer') || isHung('application') ? null : { nodeId, epoch: this.#epoch },
        probed: (sender, nextDueMs) => {
          if (this.#hearsObservers && !isHung('ping-answer'))
            this.#monitor?.signals.noteProbe({ ...sender, nextDueMs });
        },
        observerClosed: (sender) => {
          if (this.#hearsObservers) this.#monitor?.signals.noteObserverClosed(sender);
        },
        looked: (text, address) => {
          if (!isHung('ping-answer')) looks.take({ header: text, signature: undefined, address });
        },
      });
      const monitor: RingMonitor = this.#monitorOf(memory);
      this.#monitor = monitor;
      // A registry that has forgotten this epoch went back to before it: the node joins again.
      isForgotten = false;
      this.#beatLater(this.#epoch, () => {
        isForgotten = true;
        void monitor.stop();
      });
      void monitor.start();
      if (isHung('application')) this.applicationChanged();
      await monitor.whenStopped();
      memory = monitor.memory;
    }
  }

  #monitorOf(memory: RegistryMemory | undefined): RingMonitor {
    const { nodeId, tell, isOver } = this.#parts;
    const { preset, handler } = this.#options;
    const monitor = new RingMonitor(
      { ...this.#settings, nodeId, preset, registry: this.#link, epoch: this.#epoch, memory },
      this.#ports,
    );
    for (const name of toldEvents) monitor.on(name, (event) => tell(monitorEntry(name, event)));
    monitor.on('self-dead', isOver);
    if (handler !== null) monitor.onNodeDead((_, death) => this.#recover(handler, death));
    return monitor;
  }

  /** Begins the next epoch, however long that takes. */
  async #join(): Promise<number> {
    const { nodeId, region, host, random } = this.#parts;
    const before = this.#epoch;
    const instanceId = newId(random.stream(before === 0 ? 'instance' : `instance after ${before}`));
    let afterEpoch: number | null = null;
    for (;;) {
      try {
        afterEpoch ??= (await this.#link.readNode(nodeId))?.epoch ?? 0;
        const result = await this.#link.join({
          nodeId,
          address: host.address,
          internalAddress: null,
          port: null,
          region,
          isNamed: true,
          hasHandler: this.#options.handler !== null,
          instanceId,
          afterEpoch,
          newestEpoch: before,
        });
        if (result.outcome === 'joined') {
          this.#instanceId = instanceId;
          return result.epoch;
        }
        afterEpoch = result.newestEpoch;
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
      }
      await this.#sleep(joinPauseMs);
    }
  }

  /** Sends the heartbeats of one epoch. */
  #beatLater(epoch: number, onForgotten: () => void): void {
    this.#parts.process.clock.setTimer(this.#settings.heartbeatIntervalMs, () => {
      if (this.#isLeaving || epoch !== this.#epoch) return;
      this.#beatLater(epoch, onForgotten);
      const { nodeId, isOver, isHung } = this.#parts;
      if (isHung('heartbeat')) return;
      const { membershipWindowMs } = this.#settings;
      this.#link.heartbeat({ nodeId, epoch, membershipWindowMs }).then(
        (result) => {
          this.#monitor?.noteHeartbeat(null);
          if (result === 'beating' || this.#isLeaving || epoch !== this.#epoch) return;
          if (result === 'over') isOver();
          else onForgotten();
        },
        // One missed heartbeat is made up by the next one.
        (error: unknown) => this.#monitor?.noteHeartbeat({ error }),
      );
    });
  }

  async #recover({ takes, failureRate }: HandlerBehaviour, death: Death): Promise<void> {
    const random = this.#parts.random.stream(`handler ${death.fence}`);
    const about = { targetId: death.nodeId, targetEpoch: death.epoch, fence: death.fence };
    this.#parts.tell({ kind: 'handlerBegan', ...about, outcome: 'running' });
    const fails = random.chance(failureRate);
    const isWhole = await this.#sleepUnlessAborted(drawMs(takes, random), death);
    const outcome = !isWhole ? 'aborted' : fails ? 'failed' : 'completed';
    this.#parts.tell({ kind: 'handlerEnded', ...about, outcome });
    if (outcome !== 'completed') throw new Error(`the handler of the simulation ${outcome}`);
  }

  #sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.process.clock.setTimer(durationMs, resolve));
  }

  #sleepUnlessAborted(durationMs: number, { signal }: Death): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#parts.process.clock.setTimer(durationMs, () => resolve(true));
      signal.addEventListener(
        'abort',
        () => {
          timer.cancel();
          resolve(false);
        },
        { once: true },
      );
    });
  }
}
