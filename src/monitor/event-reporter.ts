/** Tells the log and the program's listeners what happens to a monitor, mistakes included. */
import type { Logger } from '../ports/logger.ts';
import type { Entry, StatementEntry } from '../ports/registry.ts';
import { Emitter, messageOf } from './emitter.ts';
import { type MonitorEvents, monitorEventNames } from './events.ts';
import { logEvent, logFault } from './log.ts';

/** The emitter of a monitor; what it emits is logged too. */
export class EventReporter extends Emitter<MonitorEvents> {
  readonly #nodeId: string;
  readonly #logger: Logger | null;
  readonly #logsProbes: boolean;

  /** `logger` null: only listeners are told. */
  constructor(nodeId: string, logger: Logger | null, logsProbes: boolean) {
    super(monitorEventNames, (error, event) => this.reportCallback(`listener of "${event}"`, error, event));
    this.#nodeId = nodeId;
    this.#logger = logger;
    this.#logsProbes = logsProbes;
  }

  override emit<Name extends keyof MonitorEvents>(event: Name, payload: MonitorEvents[Name]): void {
    const isLogged = event !== 'probe' || this.#logsProbes;
    if (this.#logger !== null && isLogged) logEvent(this.#logger, this.#nodeId, event, payload);
    super.emit(event, payload);
  }

  /** What this observer says of a target could not be written. Notes are not told of: nothing hangs on them. */
  tellOfWrite({ kind, targetId, targetEpoch }: Entry, error: unknown): void {
    if (targetId === null || targetEpoch === null || !isStatement(kind)) return;
    this.emit('write-failed', { targetId, targetEpoch, statement: kind, message: messageOf(error) });
  }

  /** Whether a listener or a log is told of any of these. */
  hears(events: readonly (keyof MonitorEvents)[]): boolean {
    return this.#logger !== null || this.hasListener(events);
  }

  /** Tells of a warning that is about no node. */
  warn(code: MonitorEvents['warning']['code'], message: string): void {
    this.emit('warning', { code, message, targetId: null });
  }

  /** A mistake in Ringwatch, or in a port of the user's own: the log gets its stack. */
  reportFault(what: string, error: unknown): void {
    const message = `${what}: ${messageOf(error)}`;
    if (this.#logger !== null) logFault(this.#logger, this.#nodeId, 'internal', message, error);
    super.emit('warning', { code: 'internal', message, targetId: null });
  }

  /** A callback of the user's that threw: told to the other listeners, but never to a listener of warnings about itself. */
  reportCallback(what: string, error: unknown, event: keyof MonitorEvents): void {
    const message = `the ${what} threw: ${messageOf(error)}`;
    if (event !== 'warning') this.warn('callback-failed', message);
    else if (this.#logger !== null) logFault(this.#logger, this.#nodeId, 'callback-failed', message, error);
  }
}

function isStatement(kind: Entry['kind']): kind is StatementEntry['kind'] {
  return kind === 'suspect' || kind === 'dead' || kind === 'recovered';
}
