/**
 * The monitor of one node: it feeds inputs to the core and performs what the core answers. One loop, one timer.
 * Not for: any decision about who is dead (core), or the platform (ports).
 */
import { type PresetName, resolveSettings, type Settings } from '../core/config.ts';
import { step } from '../core/detector.ts';
import type { Announcement, Effect, Input } from '../core/effects.ts';
import { type DetectorState, newDetector } from '../core/state.ts';
import type { Signal } from '../ports/abort.ts';
import type { Timer } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Entry } from '../ports/registry.ts';
import { Callbacks } from './callbacks.ts';
import { Pause } from './deadline.ts';
import { Emitter, type Listener, messageOf } from './emitter.ts';
import type { DeathHandler, MonitorEvents, RecoveredHandler, SuspectHandler } from './events.ts';
import { logEvent } from './log.ts';
import { checkOptions, type MonitorOptions, type MonitorPorts, MonitorStateError } from './options.ts';
import { Outbox } from './outbox.ts';
import { liveOwnEpoch } from './own-epoch.ts';
import { ProbeRunner } from './probe-runner.ts';
import { Recovery } from './recovery.ts';
import { RegistryCalls } from './registry-calls.ts';
import { Scribe } from './scribe.ts';
import { type MonitorSnapshot, snapshotOf } from './snapshot.ts';

export class RingMonitor {
  readonly settings: Settings;
  readonly #options: MonitorOptions;
  readonly #ports: MonitorPorts;
  readonly #logger: Logger | null;
  readonly #emitter: Emitter<MonitorEvents>;
  readonly #callbacks = new Callbacks((what, error) => this.#reportCallback(what, error, 'suspect'));
  readonly #outbox: Outbox;
  readonly #scribe: Scribe;
  readonly #probes: ProbeRunner;
  readonly #calls: RegistryCalls;
  readonly #recoveries = new Set<Recovery>();
  readonly #pause: Pause;
  readonly #inputs: Input[] = [];
  #state: DetectorState;
  #isStepping = false;
  #phase: 'new' | 'running' | 'stopped' = 'new';
  #running: Promise<void> = Promise.resolve();
  #wake: { readonly at: number; readonly timer: Timer } | null = null;

  /** Throws `ConfigError` with every violation of the options. */
  constructor(options: MonitorOptions, ports: MonitorPorts) {
    checkOptions(options);
    const { preset, registry, logger, metadataReader, epoch, ...input } = options;
    this.settings = resolveSettings(input, preset satisfies PresetName | undefined);
    this.#options = options;
    this.#ports = ports;
    this.#logger = logger ?? null;
    this.#state = newDetector(epoch ?? 0);
    this.#pause = new Pause(ports.clock);
    this.#emitter = new Emitter((error, event) =>
      this.#reportCallback(`listener of "${event}"`, error, event),
    );
    this.#probes = new ProbeRunner({
      ...ports,
      settings: this.settings,
      metadataReader: metadataReader ?? null,
      onEnd: (targetId, outcome, durationMs) =>
        this.#dispatch({ kind: 'probe-finished', targetId, outcome, durationMs }),
      onReaderFailure: (message) => this.#warn('metadata-reader-failed', message),
    });
    this.#calls = new RegistryCalls({
      settings: this.settings,
      registry,
      clock: ports.clock,
      pause: this.#pause,
      emit: (event, payload) => this.#emit(event, payload),
      onOutageEnd: (durationMs) => {
        const detail = { durationMs };
        this.#scribe.note(this.#self(), { kind: 'outage', targetId: null, targetEpoch: null, detail });
      },
    });
    this.#outbox = new Outbox({
      registry,
      clock: ports.clock,
      capacity: this.settings.outboxCapacity,
      timeoutMs: this.settings.registryTimeoutMs,
      maxPauseMs: this.settings.probeIntervalMs,
      onRecorded: (entry) => this.#acknowledge(entry),
      onWarning: (code, message) => this.#warn(code, message),
    });
    this.#scribe = new Scribe(this.#outbox, ports.random);
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

  on<Name extends keyof MonitorEvents>(event: Name, listener: Listener<MonitorEvents[Name]>): this {
    this.#emitter.on(event, listener);
    return this;
  }

  off<Name extends keyof MonitorEvents>(event: Name, listener: Listener<MonitorEvents[Name]>): this {
    this.#emitter.off(event, listener);
    return this;
  }

  /** As `on`, for one event. */
  once<Name extends keyof MonitorEvents>(event: Name, listener: Listener<MonitorEvents[Name]>): this {
    this.#emitter.once(event, listener);
    return this;
  }

  /**
   * Runs until `signal` aborts or `stop` is called, and resolves when nothing is left running. A registry that is
   * out of reach at the start is waited for. Rejects with `MonitorStateError` when started twice.
   */
  start(signal?: Signal): Promise<void> {
    if (this.#phase !== 'new') {
      const message =
        'expected a new monitor, but this one was started before; make another one with new Monitor(…)';
      return Promise.reject(new MonitorStateError(message));
    }
    this.#phase = 'running';
    this.#running = this.#run(signal);
    return this.#running;
  }

  /** Stops probing and resolves when nothing is left running, within a second. May be called at any time. */
  stop(): Promise<void> {
    if (this.#phase === 'new') this.#phase = 'stopped';
    this.#pause.end();
    return this.#running;
  }

  /** What this monitor knows now: plain data. */
  snapshot(): MonitorSnapshot {
    return snapshotOf(this.settings, this.#state, {
      isRunning: this.#phase === 'running',
      isOutage: this.#calls.isOutage,
      waitingCount: this.#outbox.size,
      now: this.#ports.clock.now(),
    });
  }

  async #run(signal: Signal | undefined): Promise<void> {
    const onAbort = (): void => this.#pause.end();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) this.#pause.end();
    try {
      const epoch = this.#options.epoch ?? (await this.#beginEpoch());
      if (epoch !== null && !this.#pause.isOver) {
        this.#state = newDetector(epoch);
        this.#dispatch({ kind: 'started' });
        if (this.#callbacks.onDead !== null) this.#announceHandler();
        await this.#pause.whenOver();
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await this.#shutDown();
    }
  }

  #beginEpoch(): Promise<number | null> {
    return liveOwnEpoch({
      settings: this.settings,
      registry: this.#options.registry,
      ports: this.#ports,
      hasHandler: this.#callbacks.onDead !== null,
      pause: this.#pause,
      onFailure: (error) => this.#calls.noteFailure(error),
      onHeartbeatFailure: (error) => this.#warn('registry-error', `no heartbeat: ${messageOf(error)}`),
    });
  }

  async #shutDown(): Promise<void> {
    this.#phase = 'stopped';
    this.#wake?.timer.cancel();
    this.#outbox.close();
    for (const recovery of this.#recoveries) recovery.stop();
    await this.#probes.stop();
    await Promise.all([...this.#recoveries].map((recovery) => recovery.done));
  }

  /** Feeds one input to the core. Inputs that come while effects are performed wait their turn. */
  #dispatch(input: Input): void {
    if (this.#phase !== 'running') return;
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
    }
  }

  #step(input: Input): void {
    const { clock, random } = this.#ports;
    const moment = { now: clock.now(), wallNow: clock.wallNow(), random: random.next() };
    try {
      // Not spread: of inputs of many shapes that took more time than the step itself.
      const { state, effects } = step(this.settings, this.#state, Object.assign(moment, input));
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
    } catch (error) {
      // Only nonsense from outside can bring this about; the state is as it was before the input.
      this.#warn('registry-error', `an input of kind "${input.kind}" could not be used: ${messageOf(error)}`);
      if (input.kind === 'round-read') this.#inputs.push({ kind: 'round-failed' });
      if (input.kind === 'decided') this.#inputs.push({ ...input, result: null });
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'probe':
        this.#probes.probe(effect);
        break;
      case 'read-round':
        void this.#calls.readRound(this.#self(), effect).then((reading) => {
          this.#dispatch(reading === null ? { kind: 'round-failed' } : { kind: 'round-read', reading });
        });
        break;
      case 'record':
        this.#scribe.record(this.#self(), effect);
        break;
      case 'note':
        this.#scribe.note(this.#self(), { ...effect, kind: effect.note });
        break;
      case 'refute':
        void this.#calls.refute(this.#self());
        break;
      case 'decide':
        void this.#calls.decide(this.#self(), effect).then((result) => {
          const { targetId, targetEpoch } = effect;
          this.#dispatch({ kind: 'decided', targetId, targetEpoch, result });
        });
        break;
      case 'claim':
        this.#recover(effect.nodeId, effect.epoch);
        break;
      case 'announce':
        this.#announce(effect);
        break;
      case 'wake':
        this.#wakeAt(effect.at);
        break;
      default:
        effect satisfies never;
    }
  }

  #wakeAt(at: number): void {
    if (this.#wake?.at === at) return;
    this.#wake?.timer.cancel();
    const { clock } = this.#ports;
    this.#wake = { at, timer: clock.setTimer(Math.max(0, at - clock.now()), this.#onWake) };
  }

  readonly #onWake = (): void => {
    this.#wake = null;
    this.#dispatch({ kind: 'woken' });
  };

  #recover(nodeId: string, epoch: number): void {
    const handler = this.#callbacks.onDead;
    if (handler === null) {
      this.#dispatch({ kind: 'claim-finished', nodeId, epoch, isWon: false });
      return;
    }
    const recovery = new Recovery({
      nodeId,
      epoch,
      handler,
      ownerEpoch: this.#state.epoch,
      settings: this.settings,
      registry: this.#options.registry,
      ...this.#ports,
      emit: (event, payload) => this.#emit(event, payload),
      onClaimed: (isWon) => this.#dispatch({ kind: 'claim-finished', nodeId, epoch, isWon }),
    });
    this.#recoveries.add(recovery);
    void recovery.run().then((wasMine) => {
      this.#recoveries.delete(recovery);
      if (wasMine) this.#dispatch({ kind: 'recovery-ended', nodeId, epoch });
    });
  }

  #announce(announcement: Announcement): void {
    const { name, payload } = announcement;
    this.#emit(name, payload as MonitorEvents[typeof name]);
    this.#callbacks.call(announcement);
    if (name !== 'selfDead') return;
    for (const recovery of this.#recoveries) recovery.stop();
    this.#wake?.timer.cancel();
    this.#wake = null;
  }

  #announceHandler(): void {
    this.#dispatch({ kind: 'handler-changed', hasHandler: true });
    void this.#calls.announceHandler(this.#self());
  }

  #acknowledge(entry: Entry): void {
    if (entry.kind !== 'suspect' && entry.kind !== 'dead' && entry.kind !== 'recovered') return;
    const { targetId, targetEpoch, kind: status } = entry;
    if (targetId === null || targetEpoch === null) return;
    this.#dispatch({ kind: 'recorded', targetId, targetEpoch, status });
  }

  #self(): { nodeId: string; epoch: number } {
    return { nodeId: this.settings.nodeId, epoch: this.#state.epoch };
  }

  #emit<Name extends keyof MonitorEvents>(event: Name, payload: MonitorEvents[Name]): void {
    if (this.#logger !== null) logEvent(this.#logger, this.settings.nodeId, event, payload);
    this.#emitter.emit(event, payload);
  }

  #warn(code: MonitorEvents['warning']['code'], message: string): void {
    this.#emit('warning', { code, message, nodeId: null });
  }

  /** A callback of the user's that threw: told to the other listeners, but never to a listener of warnings about itself. */
  #reportCallback(what: string, error: unknown, event: keyof MonitorEvents): void {
    const message = `the ${what} threw: ${messageOf(error)}`;
    if (event === 'warning') this.#logger?.error({ component: 'ringwatch-monitor', error }, message);
    else this.#warn('callback-failed', message);
  }
}
