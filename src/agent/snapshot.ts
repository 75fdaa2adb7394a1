/** What an agent shows of itself. */
import type { MonitorSnapshot } from '../monitor/snapshot.ts';
import type { PingState } from './ping-server.ts';

/** What an agent shows of itself: plain JSON. */
export interface AgentSnapshot {
  readonly nodeId: string;
  readonly phase: 'new' | 'joining' | 'running' | 'self-dead' | 'stopping' | 'stopped';
  /** Where peers reach it; the port is null until it listens. */
  readonly address: string;
  readonly port: number | null;
  /** The newest epoch; null before the first. */
  readonly epoch: number | null;
  /** What the ping answer says now. */
  readonly ping: PingState;
  /** Null while no epoch runs. */
  readonly monitor: MonitorSnapshot | null;
}
