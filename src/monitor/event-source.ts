/** What can be listened to by name: the public part of an emitter. */
import type { Emitter, Listener } from './emitter.ts';

/** A monitor or an agent, for those who listen to it. */
export abstract class EventSource<Events extends object> {
  protected abstract readonly emitter: Emitter<Events>;

  /**
   * Adds a listener. The error of one that throws or rejects is reported as a `callback-failed` warning. Throws `ConfigError`
   * for a name that no event has.
   */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    this.emitter.on(event, listener);
    return this;
  }

  /** Takes a listener away; harmless when it was never added. */
  off<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    this.emitter.off(event, listener);
    return this;
  }

  /** As `on`, for one event. */
  once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this {
    this.emitter.once(event, listener);
    return this;
  }
}
