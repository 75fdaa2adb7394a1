/**
 * The daemon around a monitor: it makes this machine a member of the cluster and answers pings. When the cluster has
 * found its epoch dead, it begins a new one. Not for: command lines, signals of the process, or choosing adapters.
 */
import type { Settings } from '../core/settings/config.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import { type StartOptions, stopOnAbort } from '../monitor/start-options.ts';
import type { AbortHandle } from '../ports/abort.ts';
import { AgentReporter } from './agent-reporter.ts';
import { AgentView } from './agent-view.ts';
import { Epochs } from './epochs.ts';
import { AgentStateError } from './errors.ts';
import { type AgentEnd, type AgentEvents, failedBy, ownFact } from './events.ts';
import { drainMs, type LeaveResult, leaveCluster, leaveError } from './graceful-leave.ts';
import { HandlerWatch } from './handler-watch.ts';
import type { HealthCheck } from './health-check.ts';
import { type OwnEvent, tellOfSecret } from './log.ts';
import { Members } from './members.ts';
import { type AgentOptions, type ResolvedOptions, resolveOptions, type StopOptions } from './options.ts';
import { checkAddressForm, type OwnAddressOptions, problemOfOwnAddress } from './own-address.ts';
import { createHealthCheck } from './own-check.ts';
import { createPingServer } from './own-ping.ts';
import type { PingHandler, PingServer, PingState } from './ping-server.ts';
import type { AgentSnapshot } from './snapshot.ts';

/** A registry that is out of reach must not keep a node from stopping. */
const leaveLimitMs = 5_000;

/** The agent of one node, on ports that are handed in; `Agent` is the same with this machine's. */
export class RingAgent extends AgentView {
  readonly settings: Settings;
  readonly #options: ResolvedOptions;
  readonly #ports: MonitorPorts;
  protected override readonly emitter: AgentReporter;
  readonly #server: PingServer;
  readonly #check: HealthCheck | null;
  protected override readonly known: Members;
  readonly #handlers: HandlerWatch;
  readonly #scope: CancelScope;
  /** Aborts hooks when the agent stops. */
  readonly #stopping: AbortHandle;
  readonly #ended: Promise<AgentEnd>;
  #resolveEnded: (end: AgentEnd) => void = () => {};
  #phase: 'new' | 'started' | 'stopping' | 'stopped' = 'new';
  #failure: AgentEnd | null = null;
  #port: number | null = null;
  #epochs: Epochs | null = null;
  #shouldLeave = true;
  /** What the ping answers while the node leaves the cluster; null when it leaves without that. */
  #pingWhileLeaving: PingState | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #askedCount = 0;
  /** Begins with the first join, and ends with the agent at the latest. */
  #lookingAtItself: Promise<void> | null = null;

  /** The agent closes neither the registry nor the ports. Throws `ConfigError` with every violation. */
  constructor(options: AgentOptions, ports: MonitorPorts) {
    super();
    const resolved = resolveOptions(options);
    this.emitter = new AgentReporter(resolved.settings.nodeId, resolved.monitor.logger ?? null);
    this.#handlers = new HandlerWatch(ports.clock);
    const { onDead } = resolved;
    this.#options = { ...resolved, onDead: onDead === null ? null : this.#handlers.watched(onDead) };
    this.settings = resolved.settings;
    this.#ports = ports;
    this.#scope = new CancelScope(ports.clock);
    this.#stopping = ports.createAbort();
    this.#server = createPingServer({
      ...{ settings: this.settings, registry: resolved.monitor.registry },
      ...{ clock: ports.clock, scope: this.#scope, signer: ports.signer, listen: resolved.listen },
      state: () => {
        const state = this.#pingState();
        this.#askedCount++;
        if (state.kind === 'healthy') this.#askedAt = ports.clock.now();
        return state;
      },
      current: () => this.#epochs?.current ?? null,
      warn: (warning) => this.#emit('warning', warning),
    });
    this.#check = createHealthCheck(this.#options, ports, {
      onChange: (health) => {
        this.#emit('check', health);
        this.#epochs?.noteDeath(this.#check?.death ?? null);
      },
      onNotRun: (message) => this.#emit('warning', { code: 'check-not-run', message, targetId: null }),
    });
    this.known = new Members({
      ...{ settings: this.settings, random: ports.random, scope: this.#scope, reporter: this.emitter },
      ...{ registry: resolved.monitor.registry, isKept: resolved.keepMembers },
    });
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    void this.#ended.then(() => this.emitter.end());
  }

  /**
   * Answers pings on a server of the program, where `listen` is false. Register it before anything that reads bodies, with
   * what else the server does as `next`. It answers 503 until `start` has joined, and after the end.
   */
  pingHandler(): PingHandler {
    return this.#server.handle;
  }

  /**
   * Listens, joins and monitors. Resolves when the node is a member, or when `stop` came first. `signal` stops it. Rejects, with nothing left
   * running, with `ListenError`, `NodeIdInUseError`, `ConfigError` for an address that cannot be used, a `RegistryError`
   * that is not repeatable, or `AgentStateError`. A registry that is out of reach is waited for.
   */
  async start(options?: StartOptions): Promise<void> {
    if (this.#phase !== 'new') throw new AgentStateError();
    const stopListening = stopOnAbort(options, () => void this.stop());
    if (this.#scope.isCancelled) return;
    void this.#ended.then(stopListening);
    this.#phase = 'started';
    tellOfSecret(this.#ports.signer, this.#options.monitor.logger, this.settings.nodeId, (warning) =>
      this.#emit('warning', warning),
    );
    await new Promise<void>((resolve, reject) => {
      const onJoined = (): void =>
        void this.known.fill().then(resolve, (error: unknown) => {
          this.#failure = failedBy(error);
          return this.stop();
        });
      this.#run(onJoined).then(
        ({ reason, error }) => (reason === 'failed' ? reject(error) : resolve()),
        reject,
      );
    });
  }

  /**
   * Stops, leaves the cluster, and resolves when nothing is left running. With `leave` false it does not leave, and the
   * others will find this node dead. With `obituary`, the reason why its application has died, it tells the registry so in
   * place of a leave, and the others recover it at once. Answers pings until its observers can know, 5 s at most. Bounded in time also when the
   * registry hangs. May be called at any time, and twice.
   */
  async stop({ leave = true, obituary }: StopOptions = {}): Promise<void> {
    if (this.#phase === 'new') {
      this.#phase = 'stopped';
      this.#scope.cancel();
      this.#resolveEnded({ reason: 'stopped', error: null });
    }
    if (this.#phase !== 'stopped' && this.#phase !== 'stopping') {
      // An observer that gets no answer would suspect this node until it reads that it has left.
      const isLeaving = leave && obituary === undefined;
      this.#pingWhileLeaving = isLeaving ? this.#pingState() : null;
      this.#phase = 'stopping';
      this.#shouldLeave = isLeaving;
      if (obituary !== undefined) await this.#epochs?.bury(obituary, this.#leaveLimitMs());
      this.#scope.cancel();
      this.#stopping.abort(new Error('the agent stops'));
      this.#check?.stop();
      this.#epochs?.stop();
    }
    await this.#ended;
  }

  /** As `stop()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Resolves when the agent has come to its end, whatever way, with nothing left running. */
  whenStopped(): Promise<AgentEnd> {
    return this.#ended;
  }

  /** What this agent knows now: plain data. */
  snapshot(): AgentSnapshot {
    const { internalAddress, address } = this.#options;
    return {
      nodeId: this.settings.nodeId,
      phase: this.#shownPhase(),
      address: internalAddress ?? address,
      port: this.#port,
      epoch: this.#epochs?.newestEpoch ?? null,
      ping: this.#pingState(),
      monitor: this.#epochs?.current?.monitor.snapshot() ?? null,
    };
  }

  async #run(onJoined: () => void): Promise<AgentEnd> {
    const checking = { done: Promise.resolve() };
    let end: AgentEnd;
    try {
      const { host, port, advertisedPort, listen } = this.#options;
      const boundPort = listen ? await this.#server.listen({ host, port }) : port;
      this.#port = advertisedPort ?? boundPort;
      if (this.#check !== null) checking.done = this.#check.run();
      const ownAddress = this.#ownAddress(this.#port);
      await checkAddressForm(ownAddress);
      this.#epochs = this.#createEpochs(this.#port, () => {
        this.#lookingAtItself ??= this.#lookAtItself(ownAddress);
        onJoined();
      });
      end = { reason: await this.#epochs.run(), error: null };
    } catch (error) {
      end = failedBy(error);
    }
    const leave = await this.#shutDown(end, checking.done);
    if (this.#failure !== null) end = this.#failure;
    else if (leave.kind === 'failed') end = { ...end, error: leaveError(leave.error) };
    this.#resolveEnded(end);
    return end;
  }

  async #shutDown({ reason }: AgentEnd, checked: Promise<void>): Promise<LeaveResult> {
    this.#phase = 'stopping';
    this.#scope.cancel();
    this.#stopping.abort(new Error('the agent stops'));
    this.#check?.stop();
    const leave: LeaveResult =
      reason === 'stopped' && this.#shouldLeave ? await this.#leave() : { kind: 'none' };
    if (leave.kind === 'left' && this.#isWatched()) await this.#rest(drainMs(this.settings));
    await Promise.all([checked, this.#lookingAtItself, this.#handlers.settled(), this.#server.close()]);
    this.#phase = 'stopped';
    return leave;
  }

  /** Whether an observer has asked lately. */
  #isWatched(): boolean {
    const { probeIntervalMs, jitter } = this.settings;
    return this.#ports.clock.now() - this.#askedAt <= 2 * probeIntervalMs * (1 + jitter);
  }

  #rest(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.#ports.clock.setTimer(durationMs, resolve));
  }

  #leaveLimitMs(): number {
    return Math.min(this.settings.registryTimeoutMs, leaveLimitMs);
  }

  async #leave(): Promise<LeaveResult> {
    const { nodeId } = this.settings;
    const membership = this.#epochs?.membership;
    if (membership === undefined) return { kind: 'none' };
    const result = await leaveCluster({
      nodeId,
      ...membership,
      registry: this.#options.monitor.registry,
      clock: this.#ports.clock,
      limitMs: this.#leaveLimitMs(),
    });
    if (result.kind === 'left') this.#emit('left', ownFact(nodeId, result.epoch));
    if (result.kind === 'failed') {
      const { message } = leaveError(result.error);
      this.#emit('warning', { code: 'registry-error', message, targetId: null });
    }
    return result;
  }

  #ownAddress(port: number): OwnAddressOptions {
    const { address, internalAddress, listen } = this.#options;
    const { nodeId, probeTimeoutMs: timeoutMs } = this.settings;
    return {
      ...{ nodeId, address, internalAddress, port, listen, timeoutMs, scope: this.#scope },
      ...{ prober: this.#ports.prober, signal: this.#stopping.signal, askedCount: () => this.#askedCount },
    };
  }

  async #lookAtItself(ownAddress: OwnAddressOptions): Promise<void> {
    const message = await problemOfOwnAddress(ownAddress);
    const targetId = this.settings.nodeId;
    if (message !== null) this.#emit('warning', { code: 'own-address', message, targetId });
  }

  #createEpochs(port: number, onJoined: () => void): Epochs {
    return new Epochs({
      ...{ options: this.#options, ports: this.#ports, port, check: this.#check },
      ...{ handlers: this.#handlers, scope: this.#scope },
      stopping: this.#stopping.signal,
      emit: (event, payload) => this.#emit(event, payload),
      forward: (event, payload) => this.emitter.emit(event, payload as AgentEvents[typeof event]),
      onJoined,
    });
  }

  #pingState(): PingState {
    if (this.#phase === 'stopping' && this.#pingWhileLeaving !== null) return this.#pingWhileLeaving;
    const epoch = this.#epochs?.current?.epoch ?? null;
    const health = this.#check?.health();
    if (health !== undefined && !health.isHealthy) return { kind: 'unhealthy', reason: health.reason };
    const phase = this.#shownPhase();
    if (phase !== 'running' || epoch === null) return { kind: 'unhealthy', reason: phase };
    return { kind: 'healthy', epoch };
  }

  #shownPhase(): AgentSnapshot['phase'] {
    return this.#phase === 'started' ? (this.#epochs?.phase ?? 'joining') : this.#phase;
  }

  #emit<Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]): void {
    this.emitter.tell(event, payload);
  }
}
