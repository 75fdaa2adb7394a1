/** What an agent tells its program: all that its monitors tell, and what it does itself. */
import type { MonitorEvents } from '../monitor/events.ts';

/** Every event of an agent by name. */
export interface AgentEvents extends MonitorEvents {
  /** The node is a member of the cluster, as this epoch. */
  joined: {
    readonly nodeId: string;
    readonly epoch: number;
    readonly address: string;
    readonly port: number;
  };
  /** The node has left the cluster: it will not be called dead. */
  left: { readonly nodeId: string; readonly epoch: number };
  /** The application's check passes now, or no longer does. */
  check: { readonly isHealthy: boolean; readonly reason: string };
}

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

/** The names of a monitor's events, for re-emitting. */
export const monitorEventNames = Object.keys({
  probe: true,
  suspect: true,
  dead: true,
  recovered: true,
  restarted: true,
  unreachable: true,
  verdict: true,
  refuted: true,
  selfDead: true,
  obituary: true,
  brake: true,
  registryWentBack: true,
  watching: true,
  warning: true,
  recoveryStarted: true,
  recoveryEnded: true,
  outage: true,
} satisfies Record<keyof MonitorEvents, true>) as readonly (keyof MonitorEvents)[];
