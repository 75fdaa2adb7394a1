/** SIGINT and SIGTERM as something that a loop can wait for. */
import { setTimeout as delay } from 'node:timers/promises';
import { hearSignals, type InterruptingSignal, interruptionCodes, rest } from './time-limit.ts';

/** Told once; a second signal ends the process at once. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Waits, shorter when interrupted; false when it was. */
  wait(delayMs: number): Promise<boolean>;
  /** What the promise gives; null when interrupted before, and then whatever becomes of it is ignored. */
  orInterrupted<Value>(promise: Promise<Value>): Promise<Value | null>;
  /** Stops listening for signals. */
  dispose(): void;
}

/** Listens for SIGINT and SIGTERM. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  const onSignal = (name: InterruptingSignal): void => {
    if (controller.signal.aborted) process.exit(interruptionCodes[name]);
    controller.abort();
  };
  const stopHearing = hearSignals(onSignal);
  return {
    signal: controller.signal,
    async wait(delayMs) {
      rest();
      if (controller.signal.aborted) return false;
      return delay(delayMs, true, { signal: controller.signal }).catch(() => false);
    },
    orInterrupted(promise) {
      return new Promise((resolve, reject) => {
        const onAbort = (): void => resolve(null);
        if (controller.signal.aborted) onAbort();
        controller.signal.addEventListener('abort', onAbort, { once: true });
        promise.then(resolve, reject).finally(() => controller.signal.removeEventListener('abort', onAbort));
      });
    },
    dispose: stopHearing,
  };
}
