/** Tells the log and the program's listeners what happens to an agent, mistakes of the listeners included. */
import { Emitter, type Listener, messageOf } from '../monitor/emitter.ts';
import type { Logger } from '../ports/logger.ts';
import type { AgentEvents } from './events.ts';
import { logAgentEvent, type OwnEvent } from './log.ts';

/** What its monitors have told and logged goes through `emit`; what the agent itself has to tell, through `tell`. */
export class AgentReporter extends Emitter<AgentEvents> {
  readonly #nodeId: string;
  readonly #logger: Logger | undefined;

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

  /** As `on`, for one event. */
  once<Name extends keyof AgentEvents>(event: Name, listener: Listener<AgentEvents[Name]>): this {
    this.#reporter.once(event, listener);
    return this;
  }
}
