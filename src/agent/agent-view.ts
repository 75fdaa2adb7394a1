/** What a program learns from an agent: its events, and who the members are. Not for: what the agent does. */
import { EventSource } from '../monitor/event-source.ts';
import type { AgentReporter } from './agent-reporter.ts';
import type { AgentEvent, EventsOptions } from './event-stream.ts';
import type { AgentEvents } from './events.ts';
import type { Member, Members } from './members.ts';

/** An agent, for those who listen to it and ask it. */
export abstract class AgentView extends EventSource<AgentEvents> {
  protected abstract override readonly emitter: AgentReporter;
  protected abstract readonly known: Members;

  /**
   * All events from now on, for `for await`, probes only when asked for. It ends when the agent has stopped. 1,000 events wait
   * for a slow reader; then the oldest ones are dropped, and one event `lost` says how many. One that is not read any more is
   * ended by leaving its loop, by its `signal` or by `return()`; until then it holds so many.
   */
  events(options?: EventsOptions): AsyncIterableIterator<AgentEvent> {
    return this.emitter.stream(options);
  }

  /**
   * Who is a member now, from memory; throws `ConfigError` without the option `keepMembers`. Complete when `start` has
   * resolved. A join, a leave and a verdict are in it with the next round, this node's own at once; what no event tells of
   * (nodes of the original, rows that were deleted) within ten minutes. While the registry is away it stays as it was.
   */
  members(): Member[] {
    return this.known.list();
  }

  /** Whether that node is among the `members`. */
  isAlive(nodeId: string): boolean {
    return this.known.has(nodeId);
  }
}
