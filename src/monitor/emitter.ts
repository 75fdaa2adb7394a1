/** Typed listeners. What a listener throws or rejects with is reported, and the other listeners are still called. */
import { ConfigError } from '../core/settings/config.ts';
import { nearestOf } from '../core/settings/nearest-name.ts';
import { startOf } from '../core/wire/text.ts';

import { checkedFunction } from './outside.ts';

/** Its result is ignored, but a promise that rejects is reported. */
export type Listener<Payload> = (payload: Payload) => unknown;

/** Listeners by the event's name. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #names: readonly (keyof Events)[];
  readonly #report: (error: unknown, event: keyof Events) => void;

  /** `report` is told of what a listener throws or rejects with. */
  constructor(names: readonly (keyof Events)[], report: (error: unknown, event: keyof Events) => void) {
    this.#names = names;
    this.#report = report;
  }

  /** Adds a listener; throws `ConfigError` for a name that no event has, and for what is no function. */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    this.#checkName(event);
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(checkedFunction(`listener of ${JSON.stringify(event)}`, listener));
    this.#listeners.set(event, listeners);
  }

  /** Takes a listener away; harmless when it was never added. */
  off<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    this.#listeners.get(event)?.delete(listener);
  }

  /** As `on`, for one event. */
  once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    checkedFunction(`listener of ${JSON.stringify(event)}`, listener);
    const onceOnly: Listener<Events[Name]> = (payload) => {
      this.off(event, onceOnly);
      return listener(payload);
    };
    this.on(event, onceOnly);
  }

  /** A program in plain JavaScript would wait for a misspelt event for ever. */
  #checkName(event: keyof Events): void {
    if (this.#names.includes(event)) return;
    const names = this.#names.map(String);
    const nearest = nearestOf(String(event), names);
    const hint = nearest === null ? `one of ${names.join(', ')}` : `did you mean ${nearest}?`;
    const message = `expected the name of an event, got ${JSON.stringify(event) ?? String(event)}: ${hint}`;
    throw new ConfigError([{ path: 'event', message }]);
  }

  /** Whether any of these events has a listener. */
  hasListener(events: readonly (keyof Events)[]): boolean {
    return events.some((event) => (this.#listeners.get(event)?.size ?? 0) > 0);
  }

  /** Calls each listener; what it throws is reported. */
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
