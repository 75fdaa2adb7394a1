/** Runs the daemon: opens its registry, prints its events, and turns signals into an orderly end. */
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

/** The first signal leaves the cluster, a second one ends the process at once. */
function endOnSignals(agent: Agent, stopping: AbortController, flags: AgentFlags): () => void {
  const stop = (): void => {
    stopping.abort();
    void agent.stop();
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    stop();
  };
  const ignore = (): void => undefined;
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', ignore);
  if (flags.untilStdinEnds === true) process.stdin.on('end', stop).on('error', stop).resume();
  return () => {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('SIGHUP', ignore);
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
