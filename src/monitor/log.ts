/** Log lines, derived from events: the core logs nothing. */
import type { LogFields, Logger } from '../ports/logger.ts';
import type { MonitorEvents, WarningCode } from './events.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Which events are logged, how loudly, and in what words. */
const lines: {
  readonly [Name in keyof MonitorEvents]:
    | ((payload: MonitorEvents[Name]) => readonly [Level, string])
    // Told better by another event.
    | null;
} = {
  probe: ({ result, targetId }) => ['debug', `probe of ${targetId}: ${result}`],
  suspect: ({ targetId }) => ['warn', `node ${targetId} is suspect`],
  dead: ({ targetId }) => ['error', `node ${targetId} is dead as seen from here`],
  recovered: ({ targetId, was }) => ['info', `node ${targetId} has recovered (was ${was})`],
  restarted: ({ targetId, targetEpoch }) => [
    'info',
    `node ${targetId} has restarted as epoch ${targetEpoch}`,
  ],
  unreachable: ({ targetId }) => ['warn', `node ${targetId} cannot be reached but refutes its death`],
  'verdict-read': null,
  refuted: ({ accuserIds }) => ['warn', `this node is accused by ${accuserIds.join(', ')} and refutes it`],
  'self-dead': ({ reason }) =>
    reason === 'restarted'
      ? ['info', 'the application is back: a new epoch begins']
      : ['error', `this epoch is over (${reason}): stop serving`],
  obituary: ({ reason, outcome }) => [
    'error',
    `the application is dead, ${obituaryWords[outcome]}: ${reason}`,
  ],
  brake: ({ isOn, targetId, unresolvedCount, limit }) => [
    'error',
    isOn
      ? `brake: deaths that weigh: ${unresolvedCount} of at most ${limit}, no verdict on ${targetId}`
      : 'the brake lets go',
  ],
  'registry-went-back': ({ generation }) => [
    'warn',
    `the registry went back to an earlier state; this is generation ${generation} of it`,
  ],
  watching: ({ targetIds }) => [
    'info',
    `watching ${targetIds.length === 0 ? 'no node' : targetIds.join(', ')}`,
  ],
  warning: ({ message }) => ['warn', message],
  started: ({ targetEpoch }) => ['info', `the monitor has started, as epoch ${targetEpoch}`],
  stopped: () => ['info', 'the monitor has stopped'],
  'waiting-for-quorum': ({ targetId, voteCount, quorum }) => [
    'info',
    `the death of node ${targetId} is waiting for quorum (${voteCount} of ${quorum})`,
  ],
  'write-failed': ({ targetId, statement, message }) => [
    'warn',
    `"${statement}" of node ${targetId} could not be written, and is tried again: ${message}`,
  ],
  'handler-started': ({ targetId }) => ['warn', `this node recovers node ${targetId}`],
  'handler-ended': ({ targetId, outcome, error }) => [
    outcome === 'completed' ? 'info' : 'error',
    `the recovery of node ${targetId} by this node: ${outcome}${error === null ? '' : `: ${error}`}`,
  ],
  joined: ({ targetId, targetEpoch }) => ['info', `node ${targetId} has joined as epoch ${targetEpoch}`],
  left: ({ targetId }) => ['info', `node ${targetId} has left`],
  verdict: ({ targetId }) => ['error', `node ${targetId} is confirmed dead`],
  'verdict-closed': ({ targetId, resolution }) => [
    'info',
    `node ${targetId} needs no recovery any more: ${resolution}`,
  ],
  'recovery-started': ({ targetId, observerId }) => ['info', `node ${observerId} recovers node ${targetId}`],
  'recovery-ended': ({ targetId, outcome, error }) => [
    'info',
    `the recovery of node ${targetId}: ${outcome}${error === null ? '' : `: ${error}`}`,
  ],
  'recovery-given-up': ({ targetId, error }) => [
    'error',
    `the recovery of node ${targetId} is given up, and waits for an operator: ${error}`,
  ],
  'events-lost': ({ count }) => [
    'warn',
    `${count} lines of the log were pruned before this node has read them`,
  ],
  outage: ({ isOn, fails, message }) =>
    isOn ? ['error', `registry out of reach, ${fails} fail: ${message}`] : ['info', 'registry is back'],
};

const obituaryWords = {
  dead: 'and so is this node',
  held: 'and the brake holds the verdict back',
  refused: 'and the registry takes no word of it now (maintenance, off the ring, or the epoch is over)',
} as const;

/**
 * An event's facts as fields of its line. `nodeId` is this node, `targetId` the one that is spoken of; the line says the
 * message itself, and nothing of a target where there is none.
 */
export function logFields(component: string, nodeId: string, event: string, payload: object): LogFields {
  const facts = Object.entries(payload).filter(
    ([name, value]) => name !== 'message' && !(name === 'targetId' && value === null),
  );
  return { ...Object.fromEntries(facts), component, nodeId, event };
}

/** Writes one event's line. A logger that throws is ignored: there is nowhere left to say it. */
export function logEvent<Name extends keyof MonitorEvents>(
  logger: Logger,
  nodeId: string,
  event: Name,
  payload: MonitorEvents[Name],
): void {
  const words = lines[event];
  if (words === null) return;
  const [level, message] = words(payload);
  try {
    logger[level](logFields('ringwatch-monitor', nodeId, event, payload), message);
  } catch {
    // See above.
  }
}

/** Writes a line about a mistake, with the stack that leads to it. A logger that throws is ignored. */
export function logFault(
  logger: Logger,
  nodeId: string,
  code: WarningCode,
  message: string,
  error: unknown,
): void {
  const stack = error instanceof Error ? error.stack : undefined;
  try {
    logger.error({ error, stack, ...logFields('ringwatch-monitor', nodeId, 'warning', { code }) }, message);
  } catch {
    // See above.
  }
}
