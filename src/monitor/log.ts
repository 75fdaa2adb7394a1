/** Log lines, derived from events: the core logs nothing. */
import type { LogFields, Logger } from '../ports/logger.ts';
import type { MonitorEvents } from './events.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Which events are logged, how loudly, and in what words. */
const lines: {
  readonly [Name in keyof MonitorEvents]: (payload: MonitorEvents[Name]) => readonly [Level, string];
} = {
  probe: ({ result, targetId }) => ['debug', `probe of ${targetId}: ${result}`],
  suspect: ({ targetId }) => ['warn', `node ${targetId} is suspect`],
  dead: ({ targetId }) => ['error', `node ${targetId} is dead as seen from here`],
  recovered: ({ targetId, was }) => ['info', `node ${targetId} has recovered (was ${was})`],
  restarted: ({ targetId, epoch }) => ['info', `node ${targetId} has restarted as epoch ${epoch}`],
  unreachable: ({ targetId }) => ['warn', `node ${targetId} cannot be reached but refutes its death`],
  verdict: ({ verdict }) => ['error', `node ${verdict.nodeId} is confirmed dead`],
  refuted: ({ accuserIds }) => ['warn', `this node is accused by ${accuserIds.join(', ')} and refutes it`],
  selfDead: ({ reason }) =>
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
  registryWentBack: ({ generation }) => [
    'warn',
    `the registry went back to an earlier state; this is generation ${generation} of it`,
  ],
  watching: ({ targetIds }) => [
    'info',
    `watching ${targetIds.length === 0 ? 'no node' : targetIds.join(', ')}`,
  ],
  warning: ({ message }) => ['warn', message],
  recoveryStarted: ({ nodeId }) => ['warn', `recovering node ${nodeId}`],
  recoveryEnded: ({ nodeId, outcome }) => [
    outcome === 'completed' ? 'info' : 'error',
    `recovery of node ${nodeId}: ${outcome}`,
  ],
  outage: ({ isOn, fails, message }) =>
    isOn ? ['error', `registry out of reach, ${fails} fail: ${message}`] : ['info', 'registry is back'],
};

const obituaryWords = {
  dead: 'and so is this node',
  held: 'and the brake holds the verdict back',
  refused: 'and the registry takes no word of it now (maintenance, off the ring, or the epoch is over)',
} as const;

/** An event's facts as fields of its line, which says the message itself, and nothing of a node where there is none. */
export function logFields(payload: object): LogFields {
  return Object.fromEntries(
    Object.entries(payload).filter(
      ([name, value]) => name !== 'message' && !(name === 'nodeId' && value === null),
    ),
  );
}

/** Writes one event's line. A logger that throws is ignored: there is nowhere left to say it. */
export function logEvent<Name extends keyof MonitorEvents>(
  logger: Logger,
  observerId: string,
  event: Name,
  payload: MonitorEvents[Name],
): void {
  const [level, message] = lines[event](payload);
  try {
    logger[level]({ ...logFields(payload), component: 'ringwatch-monitor', observerId, event }, message);
  } catch {
    // See above.
  }
}

/** Writes a line about a mistake, with the stack that leads to it. A logger that throws is ignored. */
export function logFault(logger: Logger, observerId: string, message: string, error: unknown): void {
  const stack = error instanceof Error ? error.stack : undefined;
  try {
    logger.error({ component: 'ringwatch-monitor', observerId, error, stack }, message);
  } catch {
    // See above.
  }
}
