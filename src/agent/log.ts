/** Log lines of the agent, derived from its events. Its monitors log their own events. */
import { logFields } from '../monitor/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Signer } from '../ports/signer.ts';
import type { AgentEvents } from './events.ts';

/** The events that an agent tells on its own account. */
export type OwnEvent = 'joined' | 'left' | 'check' | 'warning' | 'self-dead';

const lines: {
  readonly [Name in OwnEvent]: (payload: AgentEvents[Name]) => readonly ['info' | 'warn' | 'error', string];
} = {
  joined: ({ targetId, targetEpoch, address, port }) => [
    'info',
    `node ${targetId} has joined as epoch ${targetEpoch}, at ${address}, port ${port}, as process ${process.pid}`,
  ],
  left: ({ targetId }) => ['info', `node ${targetId} has left`],
  check: ({ isHealthy, reason }) =>
    isHealthy
      ? ['info', `the check passes: ${reason}`]
      : ['error', `the check fails, so the application is dead: ${reason}`],
  warning: ({ message }) => ['warn', message],
  'self-dead': ({ reason }) => ['error', `this epoch is over (${reason}): stop serving`],
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
    logger[level](logFields('ringwatch-agent', nodeId, event, payload), message);
  } catch {
    // See above.
  }
}

/**
 * Says at the start what the cluster's secret keeps out, or what its want lets in, and warns of what is wrong with its
 * file. A logger that throws is ignored.
 */
export function tellOfSecret(
  signer: Signer | undefined,
  logger: Logger | null | undefined,
  nodeId: string,
  warn: (warning: AgentEvents['warning']) => void,
): void {
  const kind = signer === undefined ? 'none' : signer.acceptsUnsigned ? 'lenient' : 'strict';
  const [level, words] = secretLines[kind];
  try {
    logger?.[level]({ component: 'ringwatch-agent', nodeId }, words);
  } catch {
    // See above.
  }
  const message = signer?.warning ?? null;
  if (message !== null) warn({ code: 'secret-file', message, targetId: null });
}

const secretLines = {
  none: [
    'info',
    'no cluster secret: who is on the network can answer probes in place of a dead node, and pose as an observer (docs/security.md)',
  ],
  lenient: ['warn', 'probes and answers are signed, but what is not signed counts too, as without a secret'],
  strict: ['info', 'probes, answers and requests are signed and checked with the cluster secret'],
} as const;
