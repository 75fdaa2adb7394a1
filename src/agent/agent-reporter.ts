/** Tells the log and the program's listeners what happens to an agent, mistakes of the listeners included. */
import { Emitter, type Listener, messageOf } from '../monitor/emitter.ts';
import { stopOnAbort } from '../monitor/start-options.ts';
import type { Logger } from '../ports/logger.ts';
import { type AgentEvent, EventStream, type EventsOptions } from './event-stream.ts';
import type { AgentEvents } from './events.ts';
import { logAgentEvent, type OwnEvent } from './log.ts';

/** What its monitors have told and logged goes through `emit`; what the agent itself has to tell, through `tell`. */
export class AgentReporter extends Emitter<AgentEvents> {
  readonly #nodeId: string;
  readonly #logger: Logger | undefined;
  readonly #streams = new Map<EventStream, { readonly hasProbes: boolean }>();
  #isEnded = false;

  constructor(nodeId: string, logger: Logger | undefined) {
    super((error, event) => {
      const message = `a listener of "${event}" threw: ${messageOf(error)}`;
      const warning = { code: 'callback-failed', message, nodeId: null } as const;
      // A listener of warnings that throws is not told of itself.
      if (event === 'warning') this.#log('warning', warning);
      else this.tell('warning', warning);
    });
    this.#nodeId = nodeId;
    this.#logger = logger;
  }

  tell<Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]): void {
    this.#log(event, payload);
    this.emit(event, payload);
  }

  override emit<Name extends keyof AgentEvents>(event: Name, payload: AgentEvents[Name]): void {
    super.emit(event, payload);
    for (const [stream, { hasProbes }] of this.#streams)
      if (event !== 'probe' || hasProbes) stream.push({ event, ...payload } as AgentEvent);
  }

  stream(options: EventsOptions | undefined): EventStream {
    let stopListening = (): void => {};
    const stream = new EventStream(() => {
      this.#streams.delete(stream);
      stopListening();
    });
    this.#streams.set(stream, { hasProbes: options?.probes ?? false });
    if (this.#isEnded) stream.end();
    else stopListening = stopOnAbort(options, () => void stream.return());
    return stream;
  }

  /** Nothing more will be told. */
  end(): void {
    this.#isEnded = true;
    for (const stream of [...this.#streams.keys()]) stream.end();
  }

  #log<Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]): void {
    if (this.#logger !== undefined) logAgentEvent(this.#logger, this.#nodeId, event, payload);
  }
}

/** The side of an agent that its program listens to. */
export class AgentListeners {
  readonly #reporter: AgentReporter;

  constructor(reporter: AgentReporter) {
    this.#reporter = reporter;
  }

  /** Adds a listener. The error of one that throws or rejects is reported as a `callback-failed` warning. */
  on<Name extends keyof AgentEvents>(event: Name, listener: Listener<AgentEvents[Name]>): this {
    this.#reporter.on(event, listener);
    return this;
  }

  /** Takes a listener away; harmless when it was never added. */
  off<Name extends keyof AgentEvents>(event: Name, listener: Listener<AgentEvents[Name]>): this {
    this.#reporter.off(event, listener);
    return this;
  }

  /**
   * All events from now on, for `for await`, probes only when asked for. It ends when the agent has stopped. 1,000 events wait
   * for a slow reader; then the oldest ones are dropped, and one event `lost` says how many.
   */
  events(options?: EventsOptions): AsyncIterableIterator<AgentEvent> {
    return this.#reporter.stream(options);
  }

  /** As `on`, for one event. */
  once<Name extends keyof AgentEvents>(event: Name, listener: Listener<AgentEvents[Name]>): this {
    this.#reporter.once(event, listener);
    return this;
  }
}
