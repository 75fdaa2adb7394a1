/** What an agent tells its program: all that its monitors tell, and what it does itself. */
import { type MonitorEvents, monitorEventNames } from '../monitor/events.ts';
import type { LogFact } from '../monitor/log-events.ts';

/** Every event of an agent by name. */
export interface AgentEvents extends MonitorEvents {
  /** The application's check passes now, or no longer does. */
  check: { readonly isHealthy: boolean; readonly reason: string };
}

/** Every event name of an agent. */
export const agentEventNames: readonly (keyof AgentEvents)[] = [...monitorEventNames, 'check'];

/** How an agent came to its end. */
export interface AgentEnd {
  /**
   * `stopped`: `stop` was called. `self-dead`: its epoch was over and the policy is `exit`. `removed`: an operator took
   * the node out of the cluster. `failed`: `error` says why, for instance another instance of this node has begun.
   */
  readonly reason: 'stopped' | 'self-dead' | 'removed' | 'failed';
  /** Of `failed`; and of `stopped` when the node could not leave the cluster, so that it may be called dead. Else null. */
  readonly error: Error | null;
}

/** The end of an agent by an error. */
export function failedBy(error: unknown): AgentEnd {
  return { reason: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
}

/** What an agent tells of its own node, before it has read the line of the log. */
export function ownFact(nodeId: string, epoch: number): LogFact {
  return { targetId: nodeId, targetEpoch: epoch, cursor: null, loggedAt: null, observerId: nodeId };
}
