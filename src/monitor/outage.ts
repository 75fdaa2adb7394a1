/**
 * Whether the registry is out of reach. Some calls are repeated until they work: the beginning of an epoch, the reading of
 * each round, the heartbeat, and what this node says. An outage begins when one of them fails, and ends when none fails any
 * more. So a write that fails is an outage as a reading that fails is, and readings that work beside it do not end it. Not
 * for: calls that are made once, such as a question of death, which need not be made again.
 */
import type { Clock } from '../ports/clock.ts';
import type { CancelScope } from './cancel-scope.ts';
import { messageOf } from './emitter.ts';
import type { MonitorEvents } from './events.ts';

/** A call that is repeated until it works. */
export type SteadyCall = 'begin' | 'reading' | 'heartbeat' | 'record';

/** What such a call does to the registry. */
export type OutageSide = 'reads' | 'writes';

export interface OutageOptions {
  readonly clock: Clock;
  /** When it is cancelled nothing is told any more. */
  readonly scope: CancelScope;
  readonly emit: (event: 'outage', payload: MonitorEvents['outage']) => void;
  /** The registry is back after so many milliseconds, in which these have failed. */
  readonly onEnd: (durationMs: number, fails: readonly OutageSide[]) => void;
}

export class Outage {
  readonly #options: OutageOptions;
  readonly #failing = new Set<SteadyCall>();
  /** What was told of this outage: each side once, however long it fails. */
  readonly #told = new Set<OutageSide>();
  #since = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#failing.size > 0;
  }

  /** Such a call has failed: the outage begins, if it has not begun. */
  noteFailure(call: SteadyCall, error: unknown): void {
    const { clock, scope, emit } = this.#options;
    if (scope.isCancelled) return;
    if (!this.isOn) this.#since = clock.now();
    this.#failing.add(call);
    const side = call === 'reading' ? 'reads' : 'writes';
    if (this.#told.has(side)) return;
    this.#told.add(side);
    emit('outage', { isOn: true, fails: side, message: messageOf(error) });
  }

  /** Such a call has worked, or need not be made again: the outage ends, if no other one fails. */
  noteSuccess(call: SteadyCall): void {
    const { clock, scope, emit, onEnd } = this.#options;
    if (scope.isCancelled || !this.#failing.delete(call) || this.isOn) return;
    const durationMs = Math.round(clock.now() - this.#since);
    const fails = [...this.#told];
    this.#told.clear();
    onEnd(durationMs, fails);
    const what = fails.includes('reads') ? 'out of reach' : 'taking no writes';
    emit('outage', { isOn: false, fails: null, message: `the registry was ${what} for ${durationMs} ms` });
  }
}
