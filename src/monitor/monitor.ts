/**
 * The monitor of one node: it feeds inputs to the core and performs what the core answers. One loop, one timer.
 * Not for: any decision about who is dead (core), or the platform (ports).
 */
import { resolveSettings, type Settings } from '../core/config.ts';
import { step } from '../core/detector.ts';
import type { Announcement, Effect, Input } from '../core/effects.ts';
import { type DetectorState, newDetector } from '../core/state.ts';
import type { Signal } from '../ports/abort.ts';
import type { Timer } from '../ports/clock.ts';
import type { Entry } from '../ports/registry.ts';
import { Callbacks } from './callbacks.ts';
import { Pause } from './deadline.ts';
import { type Listener, messageOf } from './emitter.ts';
import type { DeathHandler, MonitorEvents, RecoveredHandler, SuspectHandler } from './events.ts';
import { answerTo, insteadOf } from './faults.ts';
import { Herald } from './herald.ts';
import { checkOptions, type MonitorOptions, type MonitorPorts, MonitorStateError } from './options.ts';
import { Outbox } from './outbox.ts';
import { liveOwnEpoch } from './own-epoch.ts';
import { ProbeRunner } from './probe-runner.ts';
import { Recovery } from './recovery.ts';
import { RegistryCalls } from './registry-calls.ts';
import { Scribe } from './scribe.ts';
import { type MonitorSnapshot, snapshotOf } from './snapshot.ts';

/** The monitor of one node, on ports that are handed in; `Monitor` is the same with this machine's. */
export class RingMonitor {
  readonly settings: Settings;
  readonly #options: MonitorOptions;
  readonly #ports: MonitorPorts;
  readonly #herald: Herald;
  readonly #callbacks = new Callbacks((what, error) => this.#herald.reportCallback(what, error, 'suspect'));
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
    this.settings = resolveSettings(input, preset);
    this.#options = options;
    this.#ports = ports;
    this.#state = newDetector(epoch ?? 0);
    this.#pause = new Pause(ports.clock);
    this.#herald = new Herald(this.settings.nodeId, logger ?? null);
    this.#probes = new ProbeRunner({
      ...ports,
      settings: this.settings,
      metadataReader: metadataReader ?? null,
      onEnd: (targetId, outcome, durationMs) =>
        this.#dispatch({ kind: 'probe-finished', targetId, outcome, durationMs }),
      onReaderFailure: (message) => this.#herald.warn('metadata-reader-failed', message),
    });
    this.#calls = new RegistryCalls({
      settings: this.settings,
      registry,
      clock: ports.clock,
      pause: this.#pause,
      emit: (event, payload) => this.#herald.emit(event, payload),
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
      onRecorded: (entry) => this.#acknowledge(entry, 'recorded'),
      onRefused: (entry) => this.#acknowledge(entry, 'not-recorded'),
      onWarning: (code, message) => this.#herald.warn(code, message),
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

  /** Adds a listener. One that throws or rejects harms nobody: it is reported as a `callback-failed` warning. */
  on<Name extends keyof MonitorEvents>(event: Name, listener: Listener<MonitorEvents[Name]>): this {
    this.#herald.on(event, listener);
    return this;
  }

  /** Takes a listener away; harmless when it was never added. */
  off<Name extends keyof MonitorEvents>(event: Name, listener: Listener<MonitorEvents[Name]>): this {
    this.#herald.off(event, listener);
    return this;
  }

  /** As `on`, for one event. */
  once<Name extends keyof MonitorEvents>(event: Name, listener: Listener<MonitorEvents[Name]>): this {
    this.#herald.once(event, listener);
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
      onHeartbeatFailure: (error) => this.#herald.warn('registry-error', `no heartbeat: ${messageOf(error)}`),
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
    let effects: readonly Effect[] = [];
    try {
      const moment = { now: clock.now(), wallNow: clock.wallNow(), random: random.next() };
      const next = step(this.settings, this.#state, input, moment);
      this.#state = next.state;
      effects = next.effects;
    } catch (error) {
      // The state is as it was before the input.
      this.#herald.reportFault(`an input of kind "${input.kind}" could not be used`, error);
      this.#tell(insteadOf(input));
      if (this.#wake === null) this.#wakeAt(clock.now() + this.settings.probeIntervalMs);
    }
    // Each by itself, so that one that throws takes none of the others with it, least of all the order to wake.
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (error) {
        this.#herald.reportFault(`an effect of kind "${effect.kind}" could not be performed`, error);
        this.#tell(answerTo(effect));
      }
    }
  }

  #tell(input: Input | null): void {
    if (input !== null) this.#inputs.push(input);
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
      emit: (event, payload) => this.#herald.emit(event, payload),
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
    this.#herald.emit(name, payload as MonitorEvents[typeof name]);
    this.#callbacks.call(announcement);
    if (name !== 'selfDead') return;
    for (const recovery of this.#recoveries) recovery.stop();
    this.#wake?.timer.cancel();
    this.#wake = null;
  }

  #announceHandler(): void {
    this.#dispatch({ kind: 'handler-added' });
    void this.#calls.announceHandler(this.#self());
  }

  #acknowledge(entry: Entry, kind: 'recorded' | 'not-recorded'): void {
    if (entry.kind !== 'suspect' && entry.kind !== 'dead' && entry.kind !== 'recovered') return;
    const { targetId, targetEpoch, kind: status } = entry;
    this.#dispatch({ kind, targetId, targetEpoch, status });
  }

  #self(): { nodeId: string; epoch: number } {
    return { nodeId: this.settings.nodeId, epoch: this.#state.epoch };
  }
}
