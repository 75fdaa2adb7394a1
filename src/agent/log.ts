/** Log lines of the agent, derived from its events. Its monitors log their own events. */
import { logFields } from '../monitor/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { AgentEvents } from './events.ts';

/** The events that an agent tells on its own account. */
export type OwnEvent = 'joined' | 'left' | 'check' | 'warning' | 'selfDead';

const lines: {
  readonly [Name in OwnEvent]: (payload: AgentEvents[Name]) => readonly ['info' | 'warn' | 'error', string];
} = {
  joined: ({ nodeId, epoch, address, port }) => [
    'info',
    `node ${nodeId} has joined as epoch ${epoch}, at ${address}, port ${port}`,
  ],
  left: ({ nodeId }) => ['info', `node ${nodeId} has left`],
  check: ({ isHealthy, reason }) =>
    isHealthy
      ? ['info', `the check passes: ${reason}`]
      : ['error', `the check fails, so the application is dead: ${reason}`],
  warning: ({ message }) => ['warn', message],
  selfDead: ({ reason }) => ['error', `this epoch is over (${reason}): stop serving`],
};

/** Writes one event's line. A logger that throws is ignored: there is nowhere left to say it. */
export function logAgentEvent<Name extends OwnEvent>(
  logger: Logger,
  nodeId: string,
  event: Name,
  payload: AgentEvents[Name],
): void {
  const [level, message] = lines[event](payload);
  try {
    logger[level]({ component: 'ringwatch-agent', nodeId, event, ...logFields(payload) }, message);
  } catch {
    // See above.
  }
}
