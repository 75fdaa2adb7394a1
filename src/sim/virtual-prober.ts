/**
 * A node's probes in the virtual world: one message there, one back, with the faults of both directions.
 * A target that is paused answers when it goes on; one whose process has ended refuses; one whose machine is
 * down says nothing. Silence on a connection that was kept has a kind of its own, since it may be any of them.
 */
import type { ProbeFailure, ProbeOutcome } from '../core/probe.ts';
import type { Timer } from '../ports/clock.ts';
import type { ProbeOptions, Prober, ProbeTarget } from '../ports/prober.ts';
import type { Connection, ObservedConnection } from './connections.ts';
import type { Host, Listener, PingAnswer } from './host.ts';
import type { Network } from './network.ts';
import type { VirtualProcess } from './process.ts';
import { QueuedEvent } from './queued-event.ts';
import type { Scheduler } from './scheduler.ts';

/** Sees every probe of a world as it begins and as it ends. */
export interface ProbeTap {
  readonly began?: (probe: TappedProbe) => void;
  readonly ended?: (probe: TappedProbe, outcome: ProbeOutcome) => void;
}

/** One probe as a tap sees it. */
export interface TappedProbe {
  readonly observerId: string;
  readonly process: VirtualProcess;
  readonly targetId: string;
  readonly at: number;
  /** In how many milliseconds it says that the next one comes at the latest; null where it does not say. */
  readonly nextDueMs: number | null;
}

export interface VirtualProberParts {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly process: VirtualProcess;
  /** The machine that the probes leave from. */
  readonly host: Host;
  readonly taps: readonly ProbeTap[];
}

/** The prober of one process. */
export function virtualProber(parts: VirtualProberParts): Prober {
  const kept = new KeptConnections(parts);
  return {
    probe: (target, options) =>
      new Promise((resolve) => {
        // What has ended says and hears nothing more.
        if (!parts.process.hasEnded) new Exchange(parts, kept, target, options, resolve).begin();
      }),
    onClosed: (listener) => kept.onClosed(listener),
    close: () => Promise.resolve(),
  };
}

/** The newest connection of one process to each of its targets. */
class KeptConnections {
  readonly #parts: VirtualProberParts;
  readonly #byTarget = new Map<string, Connection>();
  readonly #listeners = new Set<(targetId: string) => void>();

  constructor(parts: VirtualProberParts) {
    this.#parts = parts;
  }

  onClosed(listener: (targetId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The one on which a probe is asked; null where it needs a new one. */
  for({ id, address, port }: ProbeTarget, { isFresh = false }: ProbeOptions): Connection | null {
    const known = this.#byTarget.get(id);
    if (isFresh || known === undefined || known.state === 'closed') return null;
    return known.targetHost.address === address && known.port === port ? known : null;
  }

  /** A new connection has carried an answer: it takes the place of the one before. */
  keep(id: string, reached: ObservedConnection): void {
    const before = this.#byTarget.get(id);
    const { network, process: observer } = this.#parts;
    if (before !== undefined) network.connections.retire(before);
    // It may have ended while the answer was on its way.
    if (reached.target.hasEnded) {
      this.#byTarget.delete(id);
      return;
    }
    const onClosed = (): void => {
      for (const listener of this.#listeners) listener(id);
    };
    const state = 'open' as const;
    const connection = { ...reached, observer, onClosed, state };
    this.#byTarget.set(id, connection);
    network.connections.add(connection);
  }
}

/** What comes back to the observer. */
type Reply = NonNullable<PingAnswer> | Pick<ProbeFailure, 'failure' | 'detail'>;

/** One probe, and each event on its way: first it arrives at the target, then its reply does at the observer. */
class Exchange extends QueuedEvent {
  readonly #parts: VirtualProberParts;
  readonly #target: ProbeTarget;
  readonly #options: ProbeOptions;
  readonly #resolve: (outcome: ProbeOutcome) => void;
  readonly #startedAt: number;
  /** Null where no program listens. */
  readonly #tapped: TappedProbe | null;
  #timeout: Timer | null = null;
  #hasEnded = false;
  /** Where it is about to arrive. */
  #targetHost: Host | null = null;
  #reply: Reply | null = null;
  readonly #kept: KeptConnections;
  /** The connection that it is asked on; null for a new one. */
  readonly #connection: Connection | null;
  /** The program that it has reached, by the connection that it is asked on. */
  #reached: ObservedConnection | null = null;

  constructor(
    parts: VirtualProberParts,
    kept: KeptConnections,
    target: ProbeTarget,
    options: ProbeOptions,
    resolve: (outcome: ProbeOutcome) => void,
  ) {
    super();
    this.#parts = parts;
    this.#kept = kept;
    this.#connection = kept.for(target, options);
    this.#target = target;
    this.#options = options;
    this.#resolve = resolve;
    this.#startedAt = parts.process.clock.now();
    this.#tapped =
      parts.taps.length === 0
        ? null
        : {
            observerId: parts.host.id,
            process: parts.process,
            targetId: target.id,
            at: parts.scheduler.now,
            nextDueMs: options.nextDueMs ?? null,
          };
  }

  begin(): void {
    const { scheduler, network, host, taps } = this.#parts;
    if (this.#tapped !== null) for (const tap of taps) tap.began?.(this.#tapped);
    if (this.#options.signal.aborted) {
      this.#end({ kind: 'aborted' });
      return;
    }
    this.#options.signal.addEventListener('abort', this.#onAbort);
    const { address } = this.#target;
    const targetHost = network.hostAt(address);
    if (targetHost === undefined && !isAddress(address)) {
      this.#replyAfter(0, { failure: 'bad-address', detail: `not an address: ${address}` });
      return;
    }
    const fate = network.fateOf(host.id, targetHost?.id ?? address);
    if (fate.kind === 'rejected') {
      this.#replyAfter(fate.afterMs, rejection(this.#target, fate.isRefused));
    } else if (fate.kind === 'lost' || targetHost === undefined || this.#connection?.state === 'half-open') {
      this.#waitForTimeout();
    } else {
      if (fate.afterMs >= this.#options.timeoutMs) this.#waitForTimeout();
      this.#targetHost = targetHost;
      this.kind = 'quiet';
      scheduler.add(fate.afterMs, this);
    }
  }

  readonly #onAbort = (): void => this.#end({ kind: 'aborted' });

  happen(): void {
    const targetHost = this.#targetHost;
    if (targetHost !== null) {
      this.#targetHost = null;
      this.#arrive(targetHost);
    } else if (this.#reply !== null) this.#hear(this.#outcomeOf(this.#reply));
  }

  #arrive(targetHost: Host): void {
    if (this.#hasEnded) return;
    const { address, port } = this.#target;
    const listener = targetHost.listeners.get(port);
    const impostor = this.#parts.network.impostorAt(targetHost);
    if (!targetHost.isUp) {
      this.#waitForTimeout();
    } else if (impostor !== null) {
      this.#answer(targetHost, impostor);
    } else if (listener === undefined) {
      this.#send(targetHost, { failure: 'refused', detail: `connect ECONNREFUSED ${address}:${port}` });
    } else this.#reach(targetHost, listener);
  }

  #reach(targetHost: Host, listener: Listener): void {
    const { sender } = this.#options;
    const { process: target } = listener;
    this.#reached = { observerHost: this.#parts.host, sender, target, targetHost, port: this.#target.port };
    if (target.isRunning) this.#ask(targetHost, listener);
    else {
      this.#waitForTimeout('no-answer');
      target.deliver(() => this.#ask(targetHost, listener));
    }
  }

  #ask(targetHost: Host, listener: Listener): void {
    const { sender, nextDueMs } = this.#options;
    if (sender !== undefined) listener.probed?.(sender, nextDueMs ?? null);
    this.#answer(targetHost, listener.answer());
  }

  #answer(targetHost: Host, answer: PingAnswer): void {
    if (answer === null) this.#waitForTimeout('no-answer');
    else this.#send(targetHost, answer);
  }

  /** Sends the target's reply on its way back. */
  #send(targetHost: Host, reply: Reply): void {
    const { network, host } = this.#parts;
    const fate = network.fateOf(targetHost.id, host.id);
    const leftMs = this.#options.timeoutMs - this.#durationMs();
    if (fate.kind === 'arrives' && fate.afterMs < leftMs) {
      this.#replyAfter(fate.afterMs, reply);
      return;
    }
    if (fate.kind === 'rejected' && fate.isRefused && this.#reached !== null)
      network.connections.reset(this.#reached);
    this.#waitForTimeout();
  }

  #replyAfter(delayMs: number, reply: Reply): void {
    this.#reply = reply;
    this.kind = 'brief';
    this.#parts.scheduler.add(delayMs, this);
  }

  #outcomeOf(reply: Reply): ProbeOutcome {
    if ('failure' in reply) return this.#failure(reply.failure, reply.detail);
    if ('status' in reply) return this.#failure('status', `status ${reply.status}`);
    const { nodeId, epoch } = reply;
    if (this.#connection === null && this.#reached !== null) this.#kept.keep(this.#target.id, this.#reached);
    return { kind: 'answer', nodeId, epoch };
  }

  #waitForTimeout(silence: 'no-connection' | 'no-answer' = 'no-connection'): void {
    if (this.#hasEnded || this.#timeout !== null) return;
    const { timeoutMs } = this.#options;
    const leftMs = timeoutMs - this.#durationMs();
    this.#timeout = this.#parts.process.clock.setTimer(leftMs, () => {
      // It closes the connection.
      if (this.#reached !== null) this.#parts.network.connections.tellTarget(this.#reached);
      const kind = this.#connection === null ? silence : 'kept-connection';
      this.#end(this.#failure(kind, `no answer within ${timeoutMs} ms`));
    });
  }

  /** The outcome reaches the observer's process, when that runs. */
  #hear(outcome: ProbeOutcome): void {
    const { process } = this.#parts;
    if (process.isRunning) this.#end(outcome);
    else process.deliver(() => this.#end(outcome));
  }

  #end(outcome: ProbeOutcome): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timeout?.cancel();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    if (this.#tapped !== null) for (const tap of this.#parts.taps) tap.ended?.(this.#tapped, outcome);
    this.#resolve(outcome);
  }

  #failure(failure: ProbeFailure['failure'], detail: string): ProbeFailure {
    return { kind: 'failure', failure, detail };
  }

  #durationMs(): number {
    return this.#parts.process.clock.now() - this.#startedAt;
  }
}

function rejection({ address, port }: ProbeTarget, isRefused: boolean): Reply {
  return isRefused
    ? { failure: 'refused', detail: `connect ECONNREFUSED ${address}:${port}` }
    : { failure: 'no-connection', detail: 'no route to host' };
}

function isAddress(address: string): boolean {
  return /^[0-9a-zA-Z.:_-]{1,253}$/.test(address);
}
