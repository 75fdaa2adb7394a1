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

class Exchange {
  readonly #parts: VirtualProberParts;
  readonly #target: ProbeTarget;
  readonly #options: ProbeOptions;
  readonly #resolve: (outcome: ProbeOutcome) => void;
  readonly #startedAt: number;
  /** Null where nobody listens. */
  readonly #tapped: TappedProbe | null;
  #timeout: Timer | null = null;
  #hasEnded = false;

  constructor(
    parts: VirtualProberParts,
    target: ProbeTarget,
    options: ProbeOptions,
    resolve: (outcome: ProbeOutcome) => void,
  ) {
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
      scheduler.after(0, () => this.#hear(this.#failure('bad-address', `not an address: ${address}`)));
      return;
    }
    const fate = network.fateOf(host.id, targetHost?.id ?? address);
    if (fate.kind === 'rejected') {
      scheduler.after(fate.afterMs, () => this.#hear(this.#failure('unreachable', 'no route to host')));
    } else if (fate.kind === 'lost' || targetHost === undefined) {
      this.#waitForTimeout();
    } else {
      if (fate.afterMs >= this.#options.timeoutMs) this.#waitForTimeout();
      scheduler.after(fate.afterMs, () => this.#arrive(targetHost), 'quiet');
    }
  }

  readonly #onAbort = (): void => this.#end({ kind: 'aborted' });

  #arrive(targetHost: Host): void {
    if (this.#hasEnded) return;
    const listener = targetHost.listeners.get(this.#target.port);
    if (!targetHost.isUp) {
      this.#waitForTimeout();
    } else if (listener === undefined) {
      const detail = `connect ECONNREFUSED ${this.#target.address}:${this.#target.port}`;
      this.#reply(targetHost, () => this.#failure('refused', detail));
    } else {
      const answer = (): void => this.#answer(targetHost, listener.answer());
      if (!listener.process.isRunning) this.#waitForTimeout();
      listener.process.deliver(answer);
    }
  }

  #answer(targetHost: Host, answer: PingAnswer): void {
    if (answer === null) this.#waitForTimeout();
    else this.#reply(targetHost, () => this.#outcomeOf(answer));
  }

  #reply(targetHost: Host, outcome: () => ProbeOutcome): void {
    const { scheduler, network, host } = this.#parts;
    const fate = network.fateOf(targetHost.id, host.id);
    const leftMs = this.#options.timeoutMs - this.#durationMs();
    if (fate.kind !== 'arrives' || fate.afterMs >= leftMs) this.#waitForTimeout();
    else scheduler.after(fate.afterMs, () => this.#hear(outcome()));
  }

  #outcomeOf(answer: NonNullable<PingAnswer>): ProbeOutcome {
    if ('status' in answer) return this.#failure('status', `status ${answer.status}`);
    return { kind: 'answer', nodeId: answer.nodeId, epoch: answer.epoch, durationMs: this.#durationMs() };
  }

  #waitForTimeout(): void {
    if (this.#hasEnded || this.#timeout !== null) return;
    const { timeoutMs } = this.#options;
    const leftMs = timeoutMs - this.#durationMs();
    this.#timeout = this.#parts.process.clock.setTimer(leftMs, () =>
      this.#end(this.#failure('timeout', `no answer within ${timeoutMs} ms`)),
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
