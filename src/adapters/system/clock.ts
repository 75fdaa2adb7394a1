/** This machine's two clocks and its timers. */
import type { Clock, Timer } from '../../ports/clock.ts';

/** The longest delay that `setTimeout` takes; longer ones would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/** Monotonic time is from the start of the process. An armed timer keeps the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (delayMs, run) => armTimer(performance.now() + Math.max(0, delayMs), run),
};

function armTimer(dueAt: number, run: () => void): Timer {
  let handle = setTimeout(fire, nextDelayMs());
  return { cancel: () => clearTimeout(handle) };

  function nextDelayMs(): number {
    return Math.min(longestDelayMs, Math.ceil(dueAt - performance.now()));
  }

  /** The platform's timers count in whole milliseconds and can be early by a part of one. */
  function fire(): void {
    if (performance.now() < dueAt) handle = setTimeout(fire, nextDelayMs());
    else run();
  }
}
