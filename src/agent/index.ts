/** The agent: the daemon around a monitor, and its hooks that are commands. */
export type { Death, DeathHandler } from '../monitor/events.ts';
export { RingAgent } from './agent.ts';
export { type CommandHookOptions, commandHandler, commandSelfDeadHook } from './command-handler.ts';
export { AgentStateError, ListenError, NodeIdInUseError } from './errors.ts';
export type { AgentEvent, EventsOptions, LostEvents } from './event-stream.ts';
export type { AgentEnd, AgentEvents } from './events.ts';
export type { Retention } from './housekeeping.ts';
export type { Member } from './members.ts';
export type {
  AgentOptions,
  RetentionInput,
  SelfDeadHook,
  SelfDeadPolicy,
  SelfDeath,
  StopOptions,
} from './options.ts';
export type { PingHandler, PingState } from './ping-server.ts';
export type { AgentSnapshot } from './snapshot.ts';
