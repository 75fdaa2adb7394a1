/**
 * One life of a node's process in the virtual world: its clock, its timers, and what reaches it.
 * It can stall (the machine's clock goes on), be suspended with its machine (the monotonic clock stops), and end.
 * Not for: what the process does (node.ts), or the network (network.ts).
 */
import type { Clock, Timer } from '../ports/clock.ts';
import { QueuedEvent } from './queued-event.ts';
import type { Scheduler } from './scheduler.ts';

/** How a node's clocks differ from true time. */
export interface ClockFaults {
  /** The wall clock is ahead by this much; behind when negative. Default 0. */
  readonly skewMs?: number;
  /** Both clocks run fast by this many parts in a million; slow when negative. Default 0. */
  readonly driftPpm?: number;
}

/** Whether the monotonic clock goes on while the process does not run. */
export type PauseKind = 'stalled' | 'suspended';

/** The wall clock's reading at the start of every world: an arbitrary fixed instant (2026-01-01T00:00:00Z). */
export const worldStartsAt = 1_767_225_600_000;

/** One process in virtual time: it can stall, and its clocks can be wrong. */
export class VirtualProcess {
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #rate: number;
  #wallOffsetMs: number;
  /** Milliseconds for which the monotonic clock has stood still. */
  #stoodStillMs = 0;
  #state: 'running' | 'paused' | 'ended' = 'running';
  #pause: { readonly kind: PauseKind; readonly since: number; until: number } | null = null;
  #heldTimers: ProcessTimer[] = [];
  #heldDeliveries: (() => void)[] = [];

  constructor(scheduler: Scheduler, faults: ClockFaults = {}) {
    this.#scheduler = scheduler;
    this.#rate = 1 + (faults.driftPpm ?? 0) / 1e6;
    this.#wallOffsetMs = worldStartsAt + (faults.skewMs ?? 0);
    this.clock = {
      now: () => this.#monotonicNow(),
      wallNow: () => Math.floor(this.#wallOffsetMs + this.#scheduler.now * this.#rate),
      setTimer: (delayMs, run) => this.#setTimer(delayMs, run),
    };
  }

  /** Whether it runs now: it has neither ended nor been paused. */
  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Whether it is over for good. */
  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** How fast its clock runs; 1 without drift. */
  get clockRate(): number {
    return this.#rate;
  }

  /** Hands it something from outside: at once, after its pause, or never when it has ended. */
  deliver(run: () => void): void {
    if (this.#state === 'running') run();
    else if (this.#state === 'paused') this.#heldDeliveries.push(run);
  }

  /** Nothing of it runs for that long; a pause during a pause lengthens it. Harmless after its end. */
  pause(durationMs: number, kind: PauseKind): void {
    if (this.#state === 'ended') return;
    const until = this.#scheduler.now + durationMs;
    if (this.#pause !== null) {
      this.#pause.until = Math.max(this.#pause.until, until);
    } else {
      this.#state = 'paused';
      this.#pause = { kind, since: this.#scheduler.now, until };
    }
    this.#scheduler.after(durationMs, () => this.#resume());
  }

  /** Its wall clock jumps forward, or back when negative. */
  stepWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Stops it for good, in the middle of whatever it does. */
  end(): void {
    this.#state = 'ended';
    this.#pause = null;
    this.#heldTimers = [];
    this.#heldDeliveries = [];
  }

  #monotonicNow(): number {
    const pause = this.#pause;
    const now = pause?.kind === 'suspended' ? pause.since : this.#scheduler.now;
    return (now - this.#stoodStillMs) * this.#rate;
  }

  #setTimer(delayMs: number, run: () => void): Timer {
    // As a real event loop: never sooner than a millisecond, so that a loop of zero delays cannot stop time.
    const leftMs = Math.max(1, delayMs);
    const timer = new ProcessTimer(this.#scheduler, this.#check, this.#monotonicNow() + leftMs, run);
    this.#schedule(timer, leftMs);
    return timer;
  }

  #schedule(timer: ProcessTimer, leftMs: number): void {
    this.#scheduler.add(leftMs / this.#rate + 1e-6, timer);
  }

  /** The scheduler's time for a timer has come: it fires, unless the process stands still or its clock has been stopped meanwhile. */
  readonly #check = (timer: ProcessTimer): void => {
    if (this.#state === 'ended') return;
    const leftMs = timer.dueAt - this.#monotonicNow();
    if (this.#state === 'paused') this.#heldTimers.push(timer);
    else if (leftMs > 1e-6) this.#schedule(timer, leftMs);
    else timer.fire();
  };

  /** As a real event loop that continues: overdue timers first, in the order in which they were due, then what has arrived. */
  #resume(): void {
    const pause = this.#pause;
    if (pause === null || this.#scheduler.now < pause.until) return;
    if (pause.kind === 'suspended') this.#stoodStillMs += this.#scheduler.now - pause.since;
    this.#pause = null;
    this.#state = 'running';
    const timers = this.#heldTimers;
    const deliveries = this.#heldDeliveries;
    this.#heldTimers = [];
    this.#heldDeliveries = [];
    for (const timer of timers) this.#scheduler.add(0, timer);
    for (const run of deliveries) this.#scheduler.after(0, () => this.deliver(run));
  }
}

/** A timer by the process's monotonic clock. */
class ProcessTimer extends QueuedEvent implements Timer {
  readonly dueAt: number;
  readonly #scheduler: Scheduler;
  readonly #check: (timer: ProcessTimer) => void;
  /** Null when it has fired or was cancelled. */
  #run: (() => void) | null;

  constructor(scheduler: Scheduler, check: (timer: ProcessTimer) => void, dueAt: number, run: () => void) {
    super();
    this.#scheduler = scheduler;
    this.#check = check;
    this.dueAt = dueAt;
    this.#run = run;
  }

  happen(): void {
    this.#check(this);
  }

  fire(): void {
    const run = this.#run;
    this.#run = null;
    run?.();
  }

  cancel(): void {
    this.#run = null;
    this.#scheduler.cancel(this);
  }
}
