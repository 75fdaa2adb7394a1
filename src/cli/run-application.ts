/** Runs an application with an agent beside it, and ends as the application does. */

import type { AgentFlags } from './agent-flags.ts';
import { readAgentFlags } from './agent-flags.ts';
import { Application, endingSignals } from './application.ts';
import { UsageError } from './failure.ts';
import { runAgent } from './run-agent.ts';
import { printError } from './terminal.ts';

/** Signals that mean nothing to an agent: the application may open its logs again. */
const itsOwn = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs until the application has ended, and sets the exit code of this process. Throws what the command line is to report
 * when the agent could not go on; the application is stopped then.
 */
export async function runApplication(
  words: readonly string[],
  stopGraceMs: number,
  flags: AgentFlags,
): Promise<void> {
  refuseToBeFirst(process.pid);
  // What is wrong with the flags is told before anything is started.
  readAgentFlags(flags);
  const hasInput = flags.untilStdinEnds !== true;
  const application = new Application({ words, hasInput, stopGraceMs });
  // From now on none of them ends this process before its application.
  for (const name of [...endingSignals, ...itsOwn]) process.on(name, () => application.signal(name));
  try {
    const reason = await runAgent(flags, application);
    // An operator has taken the node out of the cluster, and not the application off its machine.
    if (reason === 'removed') await application.ended;
  } finally {
    await application.stop();
  }
  const { exitCode, problem } = await application.ended;
  if (problem !== null) printError(`ringwatch: ${problem}`);
  process.exitCode = exitCode;
}

/** Throws for process 1: it would have to reap children that are not its own. */
export function refuseToBeFirst(pid: number): void {
  if (pid !== 1) return;
  throw new UsageError(
    'ringwatch run must not be process 1 of a container: what the application and the checks leave behind would never ' +
      'be reaped. Put an init before it: docker run --init, "init: true" in a compose file, or tini -- ringwatch run.',
  );
}
