/** Time as the monitor sees it; virtual in the simulator. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start; never goes back. Durations come from here alone. */
  now(): number;
  /** The node's own wall clock, milliseconds since 1970. Used only to notice a suspended machine and to read a metadata reader's times. */
  wallNow(): number;
  /** Calls `run` once, not before `delayMs` milliseconds have passed (at least 0). The timer alone must not keep a process alive unless a monitor runs. */
  setTimer(delayMs: number, run: () => void): Timer;
}

/** One armed timer. */
export interface Timer {
  /** Disarms it; harmless after it has fired and when called twice. */
  cancel(): void;
}
