/**
 * When a server may be asked: one that owes an answer is asked for nothing more of that kind until the answer has come
 * or was given up, and then by one request at a time, after growing pauses, until it answers one.
 *
 * So an overload ends when its cause ends. A server that is slow for a while is not sent the same again and again while
 * it still works on the first copy. Knows nothing of HTTP or SQL; a kind is a word of the caller's.
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
  /** Requests of one kind at one host that answers in time, at once and at most. */
  readonly width: number;
}

/** One that waits for its turn. */
interface Waiter {
  readonly kind: string;
  readonly hosts: () => readonly string[];
  readonly go: (pass: Pass | null) => void;
  timer: Timer | null;
}

/** One kind of request at one host. */
interface Lane {
  /** Requests without an end: when each was sent, and whether it is late. */
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
   * Calls `go` once, maybe at once: with leave to ask the first of the hosts that may be asked, or with null at `endsAt`.
   * Calls for the same host go in the order in which they came. What is returned leaves the line.
   */
  enter(
    kind: string,
    hosts: () => readonly string[],
    endsAt: number,
    go: (pass: Pass | null) => void,
  ): () => void {
    const { clock } = this.#options;
    const waiter: Waiter = { kind, hosts, go, timer: null };
    const leave = (): void => {
      waiter.timer?.cancel();
      this.#line.delete(waiter);
    };
    if (this.#isClosed || clock.now() >= endsAt) {
      go(null);
      return leave;
    }
    const pass = this.#passFor(waiter);
    if (pass !== null) {
      go(pass);
      return leave;
    }
    waiter.timer = clock.setTimer(endsAt - clock.now(), () => {
      leave();
      go(null);
    });
    this.#line.add(waiter);
    return leave;
  }

  /** What keeps requests of a kind from a host now; null when nothing does. */
  obstacle(kind: string, host: string): string | null {
    const lane = this.#lane(kind, host);
    const now = this.#options.clock.now();
    const [oldest] = lane.open;
    if (oldest !== undefined) {
      return `an earlier request to ${host} is still unanswered after ${((now - oldest.sentAt) / 1_000).toFixed(1)} s`;
    }
    return lane.pause === null ? null : `${host} failed ${lane.failureCount} times in a row and is spared`;
  }

  /** Nothing passes any more, and nothing waits. May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const { pause } of this.#lanes.values()) pause?.cancel();
    for (const waiter of [...this.#line]) {
      waiter.timer?.cancel();
      this.#line.delete(waiter);
      waiter.go(null);
    }
  }

  #lane(kind: string, host: string): Lane {
    const key = `${kind} ${host}`;
    const found = this.#lanes.get(key);
    if (found !== undefined) return found;
    const lane: Lane = { open: new Set(), failureCount: 0, failedAt: -Infinity, pause: null };
    this.#lanes.set(key, lane);
    return lane;
  }

  #passFor({ kind, hosts }: Waiter): Pass | null {
    const now = this.#options.clock.now();
    for (const host of hosts()) {
      const lane = this.#lane(kind, host);
      const isTried = lane.failureCount > 0 && lane.open.size > 0;
      if (isTried || lane.pause !== null || [...lane.open].some(({ isLate }) => isLate)) continue;
      // It answers in time: its turn comes soon, and is worth more than another host.
      return lane.open.size < this.#options.width ? this.#open(host, lane, now) : null;
    }
    return null;
  }

  #open(host: string, lane: Lane, sentAt: number): Pass {
    const request = { sentAt, isLate: false };
    lane.open.add(request);
    return {
      host,
      late: () => {
        request.isLate = true;
        // Those that wait for this host may ask another one.
        this.#serve();
      },
      end: (isAnswered) => {
        if (!lane.open.delete(request)) return;
        if (isAnswered) this.#answered(lane);
        else if (sentAt > lane.failedAt) this.#failed(lane);
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

  #serve(): void {
    for (const waiter of [...this.#line]) {
      // An earlier one's turn may have ended the wait of this one.
      if (!this.#line.has(waiter)) continue;
      const pass = this.#passFor(waiter);
      if (pass === null) continue;
      waiter.timer?.cancel();
      this.#line.delete(waiter);
      waiter.go(pass);
    }
  }
}
