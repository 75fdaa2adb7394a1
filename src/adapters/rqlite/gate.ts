/**
 * When a server may be asked: one that owes an answer is asked for nothing more until the answer has come or was given
 * up, and then by one request at a time, after growing pauses, until it answers one.
 *
 * So an overload ends when its cause ends. A server that is slow for a while is not sent the same again and again while
 * it still works on the first copy. A gate is for one kind of request; requests that can hang for different reasons have
 * a gate each. It knows nothing of HTTP or SQL.
 */
import type { Clock, Timer } from '../../ports/clock.ts';

/** Leave to send one request. Its holder says how that went, in every case. */
export interface Pass {
  readonly host: string;
  /** The answer is not there in time: nothing more is sent to the host until `end`. */
  late(): void;
  /** The request is over: answered, or failed and given up. Only the first call counts. */
  end(isAnswered: boolean): void;
}

/** What a gate needs. */
export interface GateOptions {
  readonly clock: Pick<Clock, 'now' | 'setTimer'>;
  /** From 0 to below 1, so that the pauses of many nodes spread out. */
  readonly random: () => number;
  /** The hosts in the order in which they are to be asked now. */
  readonly hosts: () => readonly string[];
  /** Requests at once, at most, to a host that answers in time. */
  readonly width: number;
}

/** A call that waits for its turn. */
interface Waiter {
  readonly go: (pass: Pass | null) => void;
  timer: Timer | null;
}

/** What is known of one host. */
interface Lane {
  /** Requests without an end, the oldest first. */
  readonly open: Set<{ readonly sentAt: number; isLate: boolean }>;
  /** Failures in a row, those of requests that were out together counted once. */
  failureCount: number;
  failedAt: number;
  /** The pause after a failure, until it is over. */
  pause: Timer | null;
}

/** Pauses double from the first to the longest; each is drawn between half of it and all. */
const firstPauseMs = 60;
const longestPauseMs = 3_000;
/** With less time than this left nothing is sent any more. */
const leastTimeMs = 1;

/** The gate of one user of some servers. */
export class Gate {
  readonly #options: GateOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #line = new Set<Waiter>();
  #isClosed = false;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * Calls `go` once, maybe at once: with leave to ask the first host that may be asked, or with null at `endsAt`. Calls
   * go in the order in which they came. What is returned leaves the line.
   */
  enter(endsAt: number, go: (pass: Pass | null) => void): () => void {
    const { clock } = this.#options;
    const waiter: Waiter = { go, timer: null };
    const leftMs = endsAt - clock.now();
    if (this.#isClosed || leftMs < leastTimeMs) {
      go(null);
    } else {
      this.#line.add(waiter);
      waiter.timer = clock.setTimer(leftMs, () => this.#leave(waiter)(null));
      this.#serve();
    }
    return () => {
      this.#leave(waiter);
    };
  }

  /** What keeps requests from a host now; null when nothing does. */
  obstacle(host: string): string | null {
    const { open, pause, failureCount } = this.#lane(host);
    const [oldest] = open;
    if (oldest !== undefined) {
      const seconds = (this.#options.clock.now() - oldest.sentAt) / 1_000;
      return `an earlier request to ${host} is still unanswered after ${seconds.toFixed(1)} s`;
    }
    return pause === null ? null : `${host} failed (${failureCount} in a row) and is spared for a while`;
  }

  /** Nothing passes any more, and nothing waits. May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const { pause } of this.#lanes.values()) pause?.cancel();
    for (const waiter of [...this.#line]) this.#leave(waiter)(null);
  }

  #leave(waiter: Waiter): Waiter['go'] {
    waiter.timer?.cancel();
    this.#line.delete(waiter);
    return waiter.go;
  }

  #lane(host: string): Lane {
    const found = this.#lanes.get(host);
    if (found !== undefined) return found;
    const lane: Lane = { open: new Set(), failureCount: 0, failedAt: -Infinity, pause: null };
    this.#lanes.set(host, lane);
    return lane;
  }

  #serve(): void {
    for (const waiter of this.#line) {
      const pass = this.#nextPass();
      if (pass === null) return;
      this.#leave(waiter)(pass);
    }
  }

  #nextPass(): Pass | null {
    for (const host of this.#options.hosts()) {
      const lane = this.#lane(host);
      const isTried = lane.failureCount > 0 && lane.open.size > 0;
      if (isTried || lane.pause !== null || [...lane.open].some(({ isLate }) => isLate)) continue;
      // A host that answers in time has room soon, and that is worth more than another host.
      return lane.open.size < this.#options.width ? this.#open(host, lane) : null;
    }
    return null;
  }

  #open(host: string, lane: Lane): Pass {
    const request = { sentAt: this.#options.clock.now(), isLate: false };
    lane.open.add(request);
    return {
      host,
      late: () => {
        request.isLate = true;
        // Calls that wait for this host may ask another one.
        this.#serve();
      },
      end: (isAnswered) => {
        if (!lane.open.delete(request)) return;
        if (isAnswered) this.#answered(lane);
        else if (request.sentAt > lane.failedAt) this.#failed(lane);
        this.#serve();
      },
    };
  }

  #answered(lane: Lane): void {
    lane.failureCount = 0;
    lane.pause?.cancel();
    lane.pause = null;
  }

  #failed(lane: Lane): void {
    const { clock, random } = this.#options;
    const longestMs = Math.min(firstPauseMs * 2 ** lane.failureCount, longestPauseMs);
    lane.failureCount += 1;
    lane.failedAt = clock.now();
    lane.pause?.cancel();
    if (this.#isClosed) return;
    lane.pause = clock.setTimer(longestMs * (0.5 + random() / 2), () => {
      lane.pause = null;
      this.#serve();
    });
  }
}
