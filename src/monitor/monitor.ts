/**
 * The monitor of one node: what it is made of, and how it starts and stops.
 * Not for: the loop (detector-loop.ts), what it performs (effect-performer.ts), who is dead (core), or the platform (ports).
 */

import type { Announcement, Input } from '../core/effects.ts';
import { carriedOver, type RegistryMemory } from '../core/memory.ts';
import { resolveSettings, type Settings } from '../core/settings/config.ts';
import type { EpochRef } from '../ports/registry.ts';
import { AnnouncementFilter } from './announcement-filter.ts';
import { Callbacks } from './callbacks.ts';
import { CancelScope } from './cancel-scope.ts';
import { DetectorLoop } from './detector-loop.ts';
import { EffectPerformer } from './effect-performer.ts';
import { messageOf } from './emitter.ts';
import { EventReporter } from './event-reporter.ts';
import { EventSource } from './event-source.ts';
import type { DeathHandler, MonitorEvents, RecoveredHandler, SuspectHandler } from './events.ts';
import { logEventNames } from './log-events.ts';
import { LogFollower } from './log-follower.ts';
import { LookRequests } from './look-requests.ts';
import { checkOptions, type MonitorOptions, type MonitorPorts, MonitorStateError } from './options.ts';
import type { Outage } from './outage.ts';
import type { Outbox } from './outbox.ts';
import { runOwnEpochs } from './own-epoch.ts';
import { ProbeRunner } from './probe-runner.ts';
import { Recoveries } from './recoveries.ts';
import type { RegistryCalls } from './registry-calls.ts';
import { registrySideOf } from './registry-side.ts';
import { Signals } from './signals.ts';
import { type MonitorSnapshot, snapshotOf } from './snapshot.ts';
import { type StartOptions, stopOnAbort } from './start-options.ts';

/// <reference lib="esnext.disposable" preserve="true" />

/** The monitor of one node, on ports that are handed in; `Monitor` is the same with this machine's. */
export class RingMonitor extends EventSource<MonitorEvents> {
  readonly settings: Settings;
  /** What other nodes let this one know, for the program that answers their requests. */
  readonly signals: Signals;
  readonly #options: MonitorOptions;
  readonly #ports: MonitorPorts;
  readonly #reporter: EventReporter;
  readonly #callbacks = new Callbacks((what, error) => this.#reporter.reportCallback(what, error, 'suspect'));
  readonly #outage: Outage;
  readonly #outbox: Outbox;
  readonly #filter = new AnnouncementFilter();
  readonly #probes: ProbeRunner;
  readonly #calls: RegistryCalls;
  readonly #recoveries: Recoveries;
  readonly #log: LogFollower;
  readonly #effects: EffectPerformer;
  readonly #scope: CancelScope;
  readonly #loop: DetectorLoop;
  #running = Promise.resolve();
  #phase: 'new' | 'running' | 'stopped' = 'new';

  /** Throws `ConfigError` with every violation of the options. */
  constructor(options: MonitorOptions, ports: MonitorPorts) {
    super();
    checkOptions(options);
    const { epoch, memory, cursor, clusterName: _name, ...given } = options;
    const { preset, registry, logger, logProbes, metadataReader, ...input } = given;
    this.settings = resolveSettings(input, preset);
    this.#options = options;
    this.#ports = ports;
    this.#scope = new CancelScope(ports.clock);
    this.#reporter = new EventReporter(this.settings.nodeId, logger ?? null, logProbes === true);
    this.#probes = new ProbeRunner({
      ...{ ...ports, settings: this.settings, metadataReader: metadataReader ?? null },
      sender: () => this.#self(),
      onEnd: (targetId, outcome, durationMs) =>
        this.#loop.dispatch({ kind: 'probe-finished', targetId, outcome, durationMs }),
      nodeOf: (targetId) => this.#loop.state.peers.get(targetId)?.node,
      warn: (warning) => this.#reporter.emit('warning', warning),
    });
    const dispatch = (input: Input): void => this.#loop.dispatch(input);
    const { outage, calls, outbox } = registrySideOf({
      ...{ settings: this.settings, registry, clock: ports.clock, scope: this.#scope, dispatch },
      reporter: this.#reporter,
      effects: () => this.#effects,
    });
    [this.#outage, this.#calls, this.#outbox] = [outage, calls, outbox];
    this.#recoveries = new Recoveries({
      ...{ ...ports, settings: this.settings, registry, dispatch },
      emit: (event, payload) => {
        this.#reporter.emit(event, payload);
        this.#log.look();
      },
    });
    const self = (): EpochRef => this.#self();
    const looks = new LookRequests({ ...ports, settings: this.settings, calls: this.#calls, self });
    this.#log = new LogFollower({
      ...{ cursor: cursor ?? null, self },
      read: (query) => this.#calls.readEvents(query),
      isRunning: () => !this.#scope.isCancelled,
      isHeard: () => this.#reporter.hears(logEventNames),
      tell: ({ name, payload }) => this.#reporter.emit(name, payload),
      warn: (message) => this.#reporter.warn('registry-error', message),
    });
    this.#effects = new EffectPerformer({
      ...{ probes: this.#probes, calls: this.#calls, log: this.#log, looks, outbox: this.#outbox },
      ...{ random: ports.random, self, dispatch },
      recover: (ref) => this.#recover(ref),
      announce: (announcement) => this.#announce(announcement),
    });
    this.#loop = new DetectorLoop(epoch ?? 0, {
      ...{ ...ports, settings: this.settings },
      observers: () => this.signals.observers(),
      perform: (effect) => this.#effects.perform(effect),
      onFault: (what, error) => this.#reporter.reportFault(what, error),
    });
    this.signals = new Signals({
      ...{ settings: this.settings, ...ports, dispatch },
      state: () => this.#loop.state,
    });
  }

  protected override get emitter(): EventReporter {
    return this.#reporter;
  }

  /** Called when a target becomes suspect to this observer. One handler; a later one replaces it. */
  onNodeSuspect(handler: SuspectHandler): this {
    this.#callbacks.onSuspect = handler;
    return this;
  }

  /** Called when a target that was suspect or dead to this observer answers again. */
  onNodeRecovered(handler: RecoveredHandler): this {
    this.#callbacks.onRecovered = handler;
    return this;
  }

  /**
   * The recovery: called on one node of the cluster for each confirmed death, with a fence and a signal. May be
   * registered at any time; verdicts that are open then are taken on. Without any handler in the cluster verdicts wait.
   */
  onNodeDead(handler: DeathHandler): this {
    this.#callbacks.onDead = handler;
    if (this.#phase === 'running') this.#announceHandler();
    return this;
  }

  /**
   * Begins an epoch of this node and watches. Resolves when that has begun, or when `stop` came first; a registry that is out of
   * reach is waited for. `signal` stops it. Rejects with `MonitorStateError` when it was started before, and, with nothing left
   * running, with a `RegistryError` that is not repeatable.
   */
  async start(options?: StartOptions): Promise<void> {
    if (this.#phase !== 'new') throw new MonitorStateError();
    const stopListening = stopOnAbort(options, () => void this.stop());
    if (this.#scope.isCancelled) return;
    this.#phase = 'running';
    await new Promise<void>((resolve, reject) => {
      this.#running = this.#run(resolve);
      this.#running.finally(stopListening).then(resolve, reject);
    });
  }

  /** Stops probing and resolves when nothing is left running, within a second. May be called at any time. */
  stop(): Promise<void> {
    if (this.#phase === 'new') this.#phase = 'stopped';
    this.#scope.cancel();
    return this.whenStopped().catch(() => undefined);
  }

  /** Resolves when it was stopped, by `stop` or a signal, and nothing is left running. Rejects with the error that has ended it. */
  whenStopped(): Promise<void> {
    if (this.#phase !== 'new') return this.#running;
    return this.#scope.whenCancelled().then(() => this.#running);
  }

  /** As `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * How the newest heartbeat went, from a program that sends them itself (`epoch`): null when the registry took it, else the
   * error. One that fails begins an outage as a reading does.
   */
  noteHeartbeat(failure: { readonly error: unknown } | null): void {
    if (failure === null) this.#outage.noteSuccess('heartbeat');
    else this.#outage.noteFailure('heartbeat', failure.error);
  }

  /**
   * Says that the application of this node is dead: the registry is told that this epoch is over. `instanceId` is that of
   * the join with which the epoch began. The event `obituary` tells of the answer, `self-dead` of the epoch's end.
   */
  declareDead(death: { readonly reason: string; readonly instanceId: string }): void {
    this.#loop.dispatch({ kind: 'application-died', ...death });
  }

  /** Says that the application is well again. Where the registry may have been told of its death, the epoch is over. */
  takeDeathBack(): void {
    this.#loop.dispatch({ kind: 'application-returned' });
  }

  /** Whether the registry may have been told that this epoch is over. */
  get isDeclaredDead(): boolean {
    const { obituary } = this.#loop.state.own;
    return obituary !== null && (obituary.isAsked || obituary.mayStand);
  }

  /** What it remembers of the registry, for the monitor of this node's next epoch. */
  get memory(): RegistryMemory {
    return carriedOver(this.#loop.state.memory);
  }

  /** Up to where it has told the registry's log, for this node's next monitor; before that its own epoch, or null without one. */
  get cursor(): string | number | null {
    return this.#log.cursor;
  }

  /** What this monitor knows now: plain data. */
  snapshot(): MonitorSnapshot {
    return snapshotOf(this.settings, this.#loop.state, {
      isRunning: this.#phase === 'running',
      isOutage: this.#outage.isOn,
      waitingCount: this.#outbox.size,
      now: this.#ports.clock.now(),
    });
  }

  async #run(onBegun: () => void): Promise<void> {
    const { epoch, memory, registry, clusterName } = this.#options;
    let endListening: (() => void) | null = null;
    const begin = (begun: number): void => {
      // Where the registry went back to before the join, it remembers what it has read.
      this.#begin(begun, endListening === null ? memory : this.memory);
      endListening ??= this.#calls.onChange(() => this.#loop.dispatch({ kind: 'registry-changed' }));
      onBegun();
    };
    try {
      if (epoch === undefined) {
        const hasHandler = (): boolean => this.#callbacks.onDead !== null;
        const given = { settings: this.settings, registry, ports: this.#ports, clusterName, hasHandler };
        await runOwnEpochs({ ...given, scope: this.#scope, outage: this.#outage, onBegun: begin });
      } else {
        begin(epoch);
        await this.#scope.whenCancelled();
      }
    } catch (error) {
      // What ends the start is told by its rejection.
      if (endListening !== null)
        this.#reporter.warn('registry-error', `this node cannot join again: ${messageOf(error)}`);
      throw error;
    } finally {
      (endListening as (() => void) | null)?.();
      await this.#shutDown();
    }
  }

  #begin(epoch: number, memory: RegistryMemory | undefined): void {
    this.#reporter.emit('started', { targetId: this.settings.nodeId, targetEpoch: epoch });
    this.#loop.start(epoch, memory);
    if (this.#callbacks.onDead !== null) this.#announceHandler();
  }

  async #shutDown(): Promise<void> {
    this.#phase = 'stopped';
    this.#scope.cancel();
    this.#loop.stop();
    this.signals.stop();
    this.#outbox.close();
    this.#recoveries.stop();
    await this.#probes.stop();
    await this.#recoveries.whenDone();
    const { nodeId, epoch } = this.#self();
    if (epoch > 0) this.#reporter.emit('stopped', { targetId: nodeId, targetEpoch: epoch });
  }

  #recover(ref: EpochRef): void {
    const { own, memory } = this.#loop.state;
    this.#recoveries.begin(ref, this.#callbacks.onDead, { ownerEpoch: own.epoch, known: memory.known });
  }

  #announce(announcement: Announcement): void {
    if (!this.#filter.passes(announcement, this.#ports.clock.now())) return;
    const { name, payload } = announcement;
    this.#reporter.emit(name, payload as MonitorEvents[typeof name]);
    this.#callbacks.call(announcement);
    if (name !== 'self-dead') return;
    this.#recoveries.stop();
    this.#loop.cancelWake();
  }

  #announceHandler(): void {
    this.#loop.dispatch({ kind: 'handler-added' });
    void this.#calls.announceHandler(this.#self());
  }

  #self(): EpochRef {
    return { nodeId: this.settings.nodeId, epoch: this.#loop.state.own.epoch };
  }
}
