/** Who probes this node, and when the next probe of each is due at the latest. One timer, a bounded number of observers. */
import type { ObserverRound } from '../core/round-spacing.ts';
import type { Clock, Timer } from '../ports/clock.ts';

/** An observer's probe that has arrived. */
export interface ObserverProbe {
  readonly nodeId: string;
  readonly epoch: number;
  /** In how many milliseconds its next one comes at the latest; null where it does not say: a round of this node. */
  readonly nextDueMs: number | null;
}

interface ObserverRhythmOptions {
  readonly clock: Clock;
  /** The longest round of this node, for observers that do not say when they come. */
  readonly roundMs: number;
  /** An observer is overdue, or has lost its connection. */
  readonly onMissed: () => void;
}

interface Expected {
  readonly epoch: number;
  /** When it comes at the latest, by its own word. */
  readonly dueAt: number;
  /** When it is missed. */
  readonly overdueAt: number;
}

/** More than twice as many as a target may have. */
const mostObservers = 256;
/** The time of a probe on its way. */
const slackMs = 100;
/** Two clocks that each drift by 1 % may differ by so much of the time between two probes. */
const driftPart = 0.02;
/** What a sender says is not trusted for longer. */
const longestRoundMs = 3_600_000;

export class ObserverRhythm {
  readonly #options: ObserverRhythmOptions;
  /** By id. */
  readonly #observers = new Map<string, Expected>();
  #timer: { readonly at: number; readonly timer: Timer } | null = null;

  constructor(options: ObserverRhythmOptions) {
    this.#options = options;
  }

  /**
   * A probe of an epoch that is older than the one known is ignored. So is a new name when there are too many: names that
   * are made up must not push out the observers that there are.
   */
  noteProbe({ nodeId, epoch, nextDueMs }: ObserverProbe): void {
    const known = this.#observers.get(nodeId);
    if (known === undefined ? this.#observers.size >= mostObservers : known.epoch > epoch) return;
    const { clock, roundMs } = this.#options;
    const saidMs = Math.min(nextDueMs !== null && nextDueMs >= 0 ? nextDueMs : roundMs, longestRoundMs);
    const dueAt = clock.now() + saidMs;
    const overdueAt = dueAt + driftPart * saidMs + slackMs;
    this.#observers.set(nodeId, { epoch, dueAt, overdueAt });
    // A timer that comes too early finds the next time by itself, so a probe seldom moves it.
    if (this.#timer === null || this.#timer.at > overdueAt) this.#order(overdueAt);
  }

  /** When each of them comes next, in no order. */
  rounds(): readonly ObserverRound[] {
    return Array.from(this.#observers, ([nodeId, { dueAt }]) => ({ nodeId, dueAt }));
  }

  /** The connection of this observer was closed, and this node had not asked for it. */
  noteClosed({ nodeId, epoch }: { readonly nodeId: string; readonly epoch: number }): void {
    if (this.#observers.get(nodeId)?.epoch === epoch) this.#options.onMissed();
  }

  stop(): void {
    this.#timer?.timer.cancel();
    this.#timer = null;
    this.#observers.clear();
  }

  #order(at: number): void {
    this.#timer?.timer.cancel();
    const { clock } = this.#options;
    this.#timer = { at, timer: clock.setTimer(Math.max(0, at - clock.now()), this.#onTimer) };
  }

  readonly #onTimer = (): void => {
    this.#timer = null;
    const now = this.#options.clock.now();
    let isMissed = false;
    let next = Number.POSITIVE_INFINITY;
    for (const [id, { overdueAt }] of this.#observers) {
      if (overdueAt > now) next = Math.min(next, overdueAt);
      else {
        // It has left, died or moved on, or does not reach this node: told once.
        this.#observers.delete(id);
        isMissed = true;
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#order(next);
    if (isMissed) this.#options.onMissed();
  };
}
