/**
 * The registry's side of the virtual world: one shared registry with a clock of its own. It can be in the states of a
 * replicated database. A follower lags, and cheap reads may be served from it.
 * Not for: a node's connection to it (registry-link.ts), or what the registry decides (adapters/memory).
 */
import type { Registry, RoundRequest } from '../ports/registry.ts';
import { drawMs, type Latency } from './latency.ts';
import { worldStartsAt } from './process.ts';
import type { SeededRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * `up`; `no-leader`: every call is refused at once; `silent`: calls are never answered; `unwritable`: what writes is refused,
 * as by a full disk, and what reads is answered.
 */
export type RegistryState = 'up' | 'no-leader' | 'silent' | 'unwritable';

/** What goes wrong between a node and the registry. */
export interface RegistryFaults {
  /** What a write takes besides the network. */
  readonly commit: Latency;
  /** The part of the writes whose effect happens but whose answer is lost. */
  readonly lostAnswerRate: number;
  /** The part of the writes that reach the registry only much later, when their caller has given up. */
  readonly lateRate: number;
  /** How late those are. */
  readonly lateness: Latency;
  /** The part of the writes that arrive twice, the second time as late as the late ones; its answer goes nowhere. */
  readonly duplicateRate: number;
  /** The part of the rounds' reads that a lagging follower serves. */
  readonly staleReadRate: number;
  /** How far the follower lags. Fixed for a world. */
  readonly followerLagMs: number;
}

/** Every call of the port by name. */
export type RegistryMethod = Exclude<keyof Registry, 'onChange'>;

/** A call as it takes effect in the registry. */
export interface TappedCall {
  /** True time. */
  readonly at: number;
  /** The registry's clock at that time. */
  readonly registryAt: number;
  /** True time when it was sent: messages may wait, and arrive together. */
  readonly sentAt: number;
  /** Who called. */
  readonly nodeId: string;
  readonly method: RegistryMethod;
  readonly request: unknown;
}

/** Sees every call of a world with its result, in the order of the effects. */
export type RegistryTap = (call: TappedCall, result: unknown) => void;

/** A call before it takes effect. */
export type SentCall = Omit<TappedCall, 'at' | 'registryAt'>;

/** Hears that the registry holds again what it held at that true time, and nothing that came later. */
export type RestoreTap = (toAt: number) => void;

/** Makes a registry whose clock is the given function. What it does, it does before it first awaits. */
export type CreateRegistry = (now: () => number) => Registry;

/** A write that can be done again, on another copy of the tables. */
interface Write {
  readonly at: number;
  readonly registryAt: number;
  readonly run: (registry: Registry) => Promise<unknown>;
}

/** The one registry of a world, with its faults. */
export class VirtualRegistry {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #create: () => Registry;
  #leader: Registry;
  #follower: Registry | null;
  readonly #taps: readonly RegistryTap[];
  readonly #restoreTaps: RestoreTap[] = [];
  /** Every write so far; null where none is kept. */
  #writes: Write[] | null = null;
  #faults: RegistryFaults;
  #state: RegistryState = 'up';
  #clockOffsetMs = 0;
  #downSince: number | null = null;
  #downMs = 0;
  /** The clock's time of the call that is being done; null between calls. */
  #doneAt: number | null = null;

  constructor(
    scheduler: Scheduler,
    random: SeededRandom,
    create: CreateRegistry,
    faults: RegistryFaults,
    taps: readonly RegistryTap[],
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#faults = faults;
    this.#taps = taps;
    this.#create = () => create(() => this.#doneAt ?? this.now());
    this.#leader = this.#create();
    this.#follower = faults.staleReadRate > 0 ? this.#create() : null;
  }

  /** The registry itself, for the eyes of checkers and for the rows of others. */
  get leader(): Registry {
    return this.#leader;
  }

  /** Whether it answers. */
  get state(): RegistryState {
    return this.#state;
  }

  /** Its clock, milliseconds since 1970. */
  now(): number {
    return Math.floor(worldStartsAt + this.#scheduler.now + this.#clockOffsetMs);
  }

  /** For how long it has been wholly up since the world's start, in true time. */
  get upMs(): number {
    const { now } = this.#scheduler;
    return now - this.#downMs - (now - (this.#downSince ?? now));
  }

  /** Takes the registry away, or brings it back. */
  setState(state: RegistryState): void {
    const { now } = this.#scheduler;
    this.#downMs += now - (this.#downSince ?? now);
    this.#downSince = state === 'up' ? null : now;
    this.#state = state;
  }

  /** Its clock jumps, as when a leader with another clock takes over. */
  stepClock(byMs: number): void {
    this.#clockOffsetMs += byMs;
  }

  /** Changes some of the faults; the others stay. */
  setFaults(faults: Partial<RegistryFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  /** Ends every fault but what is fixed: the clock stays where it is. */
  heal(): void {
    this.setState('up');
    this.setFaults({ lostAnswerRate: 0, lateRate: 0, duplicateRate: 0, staleReadRate: 0 });
  }

  /** Draws what the next write takes. */
  drawCommitMs(): number {
    return drawMs(this.#faults.commit, this.#random);
  }

  /** Draws whether the next write's answer is lost. */
  drawsLostAnswer(): boolean {
    return this.#random.chance(this.#faults.lostAnswerRate);
  }

  /** How much later than it should a write arrives; almost always 0. */
  drawLatenessMs(): number {
    return this.#random.chance(this.#faults.lateRate) ? drawMs(this.#faults.lateness, this.#random) : 0;
  }

  /** How much later than the first time a write arrives once more; null when it does not. */
  drawDuplicateMs(): number | null {
    return this.#random.chance(this.#faults.duplicateRate)
      ? drawMs(this.#faults.lateness, this.#random)
      : null;
  }

  /** Keeps every write from now on, so that the registry can be restored. */
  keepWrites(): void {
    this.#writes ??= [];
  }

  /**
   * Goes back to all that it held so long ago, as when a backup is restored; its clock goes on. Needs `keepWrites` from
   * the world's start: the tables are made anew from the writes, whatever kind of registry it is.
   */
  restore(agoMs: number): void {
    const toAt = this.#scheduler.now - agoMs;
    const writes = (this.#writes ?? []).filter(({ at }) => at <= toAt);
    this.#writes = writes;
    this.#leader = this.#madeFrom(writes);
    // What the lagging follower had not replayed yet is lost with the rest.
    if (this.#follower !== null) this.#follower = this.#madeFrom(writes);
    for (const tap of this.#restoreTaps) tap(toAt);
  }

  /** Hears of every restore. */
  onRestore(tap: RestoreTap): void {
    this.#restoreTaps.push(tap);
  }

  /** Does the call now, or as though it had come so long ago, and tells the taps. Rejects as the registry does. */
  apply<Result>(
    call: SentCall,
    isWrite: boolean,
    run: (registry: Registry) => Promise<Result>,
    agoMs = 0,
  ): Promise<Result> {
    const at = this.#scheduler.now - agoMs;
    const registryAt = this.now() - agoMs;
    if (isWrite) {
      this.#writes?.push({ at, registryAt, run });
      if (this.#follower !== null) this.#replayLater(this.#follower, { at, registryAt, run });
    } else if (this.#follower !== null && isCheapRound(call)) {
      if (this.#random.chance(this.#faults.staleReadRate)) return run(this.#follower);
    }
    if (this.#taps.length === 0) return this.#runAt(registryAt, this.#leader, run);
    const { sentAt, nodeId, method, request } = call;
    return this.#applyTapped({ at, registryAt, sentAt, nodeId, method, request }, run);
  }

  async #applyTapped<Result>(
    call: TappedCall,
    run: (registry: Registry) => Promise<Result>,
  ): Promise<Result> {
    const result = await this.#runAt(call.registryAt, this.#leader, run);
    for (const tap of this.#taps) tap(call, result);
    return result;
  }

  /** Another program writes to the tables, which no tap is told of. */
  writeBeside(write: (registry: Registry) => void): void {
    const done: Write = {
      at: this.#scheduler.now,
      registryAt: this.now(),
      run: async (registry) => write(registry),
    };
    this.#writes?.push(done);
    if (this.#follower !== null) this.#replayLater(this.#follower, done);
    this.#redo(this.#leader, done.registryAt, done.run);
  }

  #replayLater(follower: Registry, { registryAt, run }: Write): void {
    this.#scheduler.after(this.#faults.followerLagMs, () => {
      if (this.#follower === follower) this.#redo(follower, registryAt, run);
    });
  }

  #madeFrom(writes: readonly Write[]): Registry {
    const registry = this.#create();
    for (const { registryAt, run } of writes) this.#redo(registry, registryAt, run);
    return registry;
  }

  /** What was refused then is refused again. */
  #redo(registry: Registry, registryAt: number, run: Write['run']): void {
    this.#runAt(registryAt, registry, run).catch(() => undefined);
  }

  #runAt<Result>(
    registryAt: number,
    registry: Registry,
    run: (registry: Registry) => Promise<Result>,
  ): Promise<Result> {
    this.#doneAt = registryAt;
    const result = run(registry);
    this.#doneAt = null;
    return result;
  }
}

/** Whether a follower may serve it. */
function isCheapRound({ method, request }: SentCall): boolean {
  return method === 'readRound' && (request as RoundRequest).freshness !== 'leader';
}
