/** Runs the daemon: opens its registry, prints its events, and turns signals into an orderly end. */
import { constants } from 'node:os';
import { systemClock } from '../adapters/system/index.ts';
import { Agent, type AgentEnd, type AgentEvents } from '../library/agent.ts';
import { type AgentFlags, readAgentFlags, readHooks } from './agent-flags.ts';
import { openLog } from './agent-log.ts';
import { type Application, endingSignals } from './application.ts';
import { eventLine, printedEvents } from './event-lines.ts';
import { EventWriter } from './event-writer.ts';
import { CommandError } from './failure.ts';
import { outliveFaults } from './outlive-faults.ts';
import { callTimeoutWithin, withOpenRegistry } from './registry-access.ts';

/**
 * Runs until the agent has come to its end, and resolves with why. Throws what the command line is to report. The end of
 * an application that is given ends the agent too.
 */
export async function runAgent(
  flags: AgentFlags,
  application: Application | null = null,
): Promise<AgentEnd['reason']> {
  const { options, registryAddress, registryTimeoutMs } = readAgentFlags(flags);
  const logger = await openLog(flags.logLevel);
  const callTimeoutMs = callTimeoutWithin(registryTimeoutMs);
  return withOpenRegistry(
    registryAddress,
    { openLimitMs: 10_000, closeLimitMs: 1_000, callTimeoutMs, logger },
    async (registry) => {
      const stopping = new AbortController();
      const hooks = readHooks(flags, { clock: systemClock, logger, stopping: stopping.signal });
      const agent = new Agent({
        ...options,
        ...hooks,
        registry,
        logger: logger ?? null,
        logProbes: flags.logLevel === 'debug',
      });
      const hasEvents = flags.events === true || flags.json === true || flags.probes === true;
      const writer = hasEvents ? new EventWriter(process.stdout, agent.settings.nodeId) : null;
      if (writer !== null) printEvents(agent, writer, flags.probes === true);
      const faults = outliveFaults({ agent, logger, writer });
      const release = endOnSignals(agent, stopping, flags, application !== null);
      void application?.ended.then(({ problem }) =>
        agent.stop(problem === null ? {} : { obituary: problem }),
      );
      try {
        if (application?.isEnding === true) await agent.stop();
        else await agent.start();
        const end = await agent.whenStopped();
        // An application that has ended says itself how.
        if (application === null || application.end === null) report(end);
        faults.throwFirst();
        return end.reason;
      } finally {
        release();
        stopping.abort();
      }
    },
  );
}

function printEvents(agent: Agent, writer: EventWriter, withProbes: boolean): void {
  const { nodeId } = agent.settings;
  const subscribe = <Name extends keyof AgentEvents>(name: Name): void => {
    agent.on(name, (payload) => writer.write(eventLine(name, payload, { nodeId, at: new Date() })));
  };
  for (const name of printedEvents(withProbes)) subscribe(name);
}

/** Each of these would end a process of Node without a leave. What cannot be written past a limit of size is told otherwise. */
const ignored = ['SIGHUP', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGXFSZ'] as const;

/**
 * The first signal that asks for it leaves the cluster, a second one ends the process at once; not while it has an
 * application, which is told itself.
 */
function endOnSignals(
  agent: Agent,
  stopping: AbortController,
  flags: AgentFlags,
  hasApplication: boolean,
): () => void {
  const stop = (): void => {
    stopping.abort();
    void agent.stop();
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (stopping.signal.aborted && !hasApplication) process.exit(128 + constants.signals[name]);
    stop();
  };
  const ignore = (): void => undefined;
  for (const name of endingSignals) process.on(name, onSignal);
  for (const name of ignored) process.on(name, ignore);
  if (flags.untilStdinEnds === true) process.stdin.on('end', stop).on('error', stop).resume();
  return () => {
    for (const name of endingSignals) process.off(name, onSignal);
    process.stdin.pause();
  };
}

function report({ reason, error }: AgentEnd): void {
  switch (reason) {
    case 'removed':
      return;
    case 'stopped':
      if (error !== null) throw new CommandError(error.message, { cause: error });
      return;
    case 'self-dead':
      throw new CommandError(
        'This node was found dead, or its application died, and --self-dead says to exit.',
      );
    case 'failed':
      throw error ?? new CommandError('The agent has failed.');
  }
}
