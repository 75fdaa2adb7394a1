/** Tells the log and the program's listeners what happens to an agent, mistakes of the listeners included. */
import { Emitter, messageOf } from '../monitor/emitter.ts';
import { stopOnAbort } from '../monitor/start-options.ts';
import type { Logger } from '../ports/logger.ts';
import { type AgentEvent, EventStream, type EventsOptions } from './event-stream.ts';
import { type AgentEvents, agentEventNames } from './events.ts';
import { logAgentEvent, type OwnEvent } from './log.ts';

/** What its monitors have told and logged goes through `emit`; what the agent itself has to tell, through `tell`. */
export class AgentReporter extends Emitter<AgentEvents> {
  readonly #nodeId: string;
  readonly #logger: Logger | null;
  readonly #streams = new Map<EventStream, { readonly hasProbes: boolean }>();
  #isEnded = false;

  constructor(nodeId: string, logger: Logger | null) {
    super(agentEventNames, (error, event) => {
      const message = `a listener of "${event}" threw: ${messageOf(error)}`;
      const warning = { code: 'callback-failed', message, targetId: null } as const;
      // A listener of warnings that throws is not told of itself.
      if (event === 'warning') this.#log('warning', warning);
      else this.tell('warning', warning);
    });
    this.#nodeId = nodeId;
    this.#logger = logger;
  }

  /** Logs and tells what this agent has to say itself. */
  tell<Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]): void {
    this.#log(event, payload);
    this.emit(event, payload);
  }

  /** As `Emitter.emit`; streams are told too. */
  override emit<Name extends keyof AgentEvents>(event: Name, payload: AgentEvents[Name]): void {
    super.emit(event, payload);
    for (const [stream, { hasProbes }] of this.#streams)
      if (event !== 'verdict-read' && (event !== 'probe' || hasProbes))
        stream.push({ event, ...payload } as AgentEvent);
  }

  /** All events from now on, as `Agent.events` gives them. */
  stream(options: EventsOptions | undefined): EventStream {
    let stopListening = (): void => {};
    const stream = new EventStream(() => {
      this.#streams.delete(stream);
      stopListening();
    });
    if (this.#isEnded) stream.end();
    else stopListening = stopOnAbort(options, () => void stream.return());
    if (!stream.isEnded) this.#streams.set(stream, { hasProbes: options?.probes ?? false });
    return stream;
  }

  /** Nothing more will be told. */
  end(): void {
    this.#isEnded = true;
    for (const stream of [...this.#streams.keys()]) stream.end();
  }

  #log<Name extends OwnEvent>(event: Name, payload: AgentEvents[Name]): void {
    if (this.#logger !== null) logAgentEvent(this.#logger, this.#nodeId, event, payload);
  }
}
