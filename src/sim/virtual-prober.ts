/**
 * A node's probes in the virtual world: one message there, one back, with the faults of both directions.
 * A target that is paused answers when it goes on; one whose process has ended refuses; one whose machine is
 * down says nothing.
 */
import type { ProbeFailure, ProbeOutcome } from '../core/probe.ts';
import type { Timer } from '../ports/clock.ts';
import type { ProbeOptions, Prober, ProbeTarget } from '../ports/prober.ts';
import type { Host, Network, PingAnswer } from './network.ts';
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
  return {
    probe: (target, options) =>
      new Promise((resolve) => {
        // What has ended says and hears nothing more.
        if (!parts.process.hasEnded) new Exchange(parts, target, options, resolve).begin();
      }),
    close: () => Promise.resolve(),
  };
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

  constructor(
    parts: VirtualProberParts,
    target: ProbeTarget,
    options: ProbeOptions,
    resolve: (outcome: ProbeOutcome) => void,
  ) {
    super();
    this.#parts = parts;
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
      this.#replyAfter(fate.afterMs, { failure: 'no-connection', detail: 'no route to host' });
    } else if (fate.kind === 'lost' || targetHost === undefined) {
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
    } else if (listener.process.isRunning) {
      this.#answer(targetHost, listener.answer());
    } else {
      this.#waitForTimeout();
      listener.process.deliver(() => this.#answer(targetHost, listener.answer()));
    }
  }

  #answer(targetHost: Host, answer: PingAnswer): void {
    if (answer === null) this.#waitForTimeout();
    else this.#send(targetHost, answer);
  }

  /** Sends the target's reply on its way back. */
  #send(targetHost: Host, reply: Reply): void {
    const { network, host } = this.#parts;
    const fate = network.fateOf(targetHost.id, host.id);
    const leftMs = this.#options.timeoutMs - this.#durationMs();
    if (fate.kind !== 'arrives' || fate.afterMs >= leftMs) this.#waitForTimeout();
    else this.#replyAfter(fate.afterMs, reply);
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
    return { kind: 'answer', nodeId, epoch, durationMs: this.#durationMs() };
  }

  #waitForTimeout(): void {
    if (this.#hasEnded || this.#timeout !== null) return;
    const { timeoutMs } = this.#options;
    const leftMs = timeoutMs - this.#durationMs();
    this.#timeout = this.#parts.process.clock.setTimer(leftMs, () =>
      this.#end(this.#failure('no-connection', `no answer within ${timeoutMs} ms`)),
    );
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
    return { kind: 'failure', failure, detail, durationMs: this.#durationMs() };
  }

  #durationMs(): number {
    return this.#parts.process.clock.now() - this.#startedAt;
  }
}

function isAddress(address: string): boolean {
  return /^[0-9a-zA-Z.:_-]{1,253}$/.test(address);
}
