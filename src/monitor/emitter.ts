/** Typed listeners. What a listener throws or rejects with is reported, and the other listeners are still called. */
import { startOf } from '../core/text.ts';

import { checkedFunction } from './outside.ts';

/** Its result is ignored, but a promise that rejects is reported. */
export type Listener<Payload> = (payload: Payload) => unknown;

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #report: (error: unknown, event: keyof Events) => void;

  /** `report` is told of what a listener throws or rejects with. */
  constructor(report: (error: unknown, event: keyof Events) => void) {
    this.#report = report;
  }

  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(checkedFunction(`listener of ${JSON.stringify(event)}`, listener));
    this.#listeners.set(event, listeners);
  }

  off<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    this.#listeners.get(event)?.delete(listener);
  }

  once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    checkedFunction(`listener of ${JSON.stringify(event)}`, listener);
    const onceOnly: Listener<Events[Name]> = (payload) => {
      this.off(event, onceOnly);
      return listener(payload);
    };
    this.on(event, onceOnly);
  }

  emit<Name extends keyof Events>(event: Name, payload: Events[Name]): void {
    const listeners = this.#listeners.get(event);
    if (listeners === undefined || listeners.size === 0) return;
    for (const listener of [...listeners]) {
      callSafely(listener as Listener<Events[Name]>, payload, (error) => this.#report(error, event));
    }
  }
}

/** Calls a user's function; its error or rejection goes to `report`. */
export function callSafely<Payload>(
  listener: Listener<Payload>,
  payload: Payload,
  report: (error: unknown) => void,
): void {
  try {
    const result: unknown = listener(payload);
    if (isThenable(result)) result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** An error's message, whatever was thrown; at most 1,000 characters. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return startOf(message, 1_000);
}
