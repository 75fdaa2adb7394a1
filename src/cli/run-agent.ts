/** Runs the daemon: opens its registry, prints its events, and turns signals into an orderly end. */
import { constants } from 'node:os';
import { systemClock } from '../adapters/system/index.ts';
import { Agent, type AgentEnd, type AgentEvents } from '../library/agent.ts';
import { type AgentFlags, readAgentFlags, readHooks } from './agent-flags.ts';
import { openLog } from './agent-log.ts';
import { eventLine, eventNames } from './event-lines.ts';
import { EventWriter } from './event-writer.ts';
import { CommandError } from './failure.ts';
import { outliveFaults } from './outlive-faults.ts';
import { callTimeoutWithin, withOpenRegistry } from './registry-access.ts';

/** Runs until the agent has come to its end. Throws what the command line is to report. */
export async function runAgent(flags: AgentFlags): Promise<void> {
  const { options, registryAddress, registryTimeoutMs } = readAgentFlags(flags);
  const logger = await openLog(flags.logLevel);
  const callTimeoutMs = callTimeoutWithin(registryTimeoutMs);
  await withOpenRegistry(
    registryAddress,
    { openLimitMs: 10_000, callTimeoutMs, logger },
    async (registry) => {
      const stopping = new AbortController();
      const hooks = readHooks(flags, { clock: systemClock, logger, stopping: stopping.signal });
      const agent = new Agent({ ...options, ...hooks, registry, logger });
      const hasEvents = flags.events === true || flags.json === true || flags.probes === true;
      const writer = hasEvents ? new EventWriter(process.stdout, agent.settings.nodeId) : null;
      if (writer !== null) printEvents(agent, writer, flags.probes === true);
      const faults = outliveFaults({ agent, logger, writer });
      const release = endOnSignals(agent, stopping, flags);
      try {
        await agent.start();
        report(await agent.whenStopped());
        faults.throwFirst();
      } finally {
        release();
        stopping.abort();
      }
    },
  );
}

function printEvents(agent: Agent, writer: EventWriter, withProbes: boolean): void {
  const observer = agent.settings.nodeId;
  const subscribe = <Name extends keyof AgentEvents>(name: Name): void => {
    agent.on(name, (payload) => writer.write(eventLine(name, payload, { observer, at: new Date() })));
  };
  for (const name of eventNames) if (name !== 'probe' || withProbes) subscribe(name);
}

/** The first of these leaves the cluster, a second one ends the process at once. */
const leaving = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const;

/** Each of these would end a process of Node without a leave. What cannot be written past a limit of size is told otherwise. */
const ignored = ['SIGHUP', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGXFSZ'] as const;

function endOnSignals(agent: Agent, stopping: AbortController, flags: AgentFlags): () => void {
  const stop = (): void => {
    stopping.abort();
    void agent.stop();
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(128 + constants.signals[name]);
    stop();
  };
  const ignore = (): void => undefined;
  for (const name of leaving) process.on(name, onSignal);
  for (const name of ignored) process.on(name, ignore);
  if (flags.untilStdinEnds === true) process.stdin.on('end', stop).on('error', stop).resume();
  return () => {
    for (const name of leaving) process.off(name, onSignal);
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
      throw new CommandError('The cluster has found this node dead, and --self-dead says to exit.');
    case 'failed':
      throw error ?? new CommandError('The agent has failed.');
  }
}
