/** The agent's hooks that only notify: commands for suspicions and returns. Recoveries are in the agent itself. */
import { runCommand } from '../agent/run-command.ts';
import { endOf } from '../core/wire/text.ts';
import type { RecoveredHandler, SuspectHandler } from '../monitor/events.ts';
import type { Clock } from '../ports/clock.ts';

export interface NoticeOptions {
  /** Run in a shell. */
  readonly command: string;
  readonly clock: Clock;
  /** Aborts when the agent stops. */
  readonly stopping: AbortSignal;
}

/** A message that has not been delivered by then is ended. */
const longestNoticeMs = 60_000;

/** Runs the command with RINGWATCH_EVENT, RINGWATCH_NODE and RINGWATCH_EPOCH; the evidence comes as JSON on its standard input. */
export function suspectCommand(options: NoticeOptions): SuspectHandler {
  return (nodeId, { targetEpoch, evidence }) =>
    notify(options, {
      environment: {
        RINGWATCH_EVENT: 'suspect',
        RINGWATCH_NODE: nodeId,
        RINGWATCH_EPOCH: String(targetEpoch),
      },
      facts: { nodeId, epoch: targetEpoch, evidence },
    });
}

/** Runs the command with RINGWATCH_EVENT and RINGWATCH_NODE. */
export function recoveredCommand(options: NoticeOptions): RecoveredHandler {
  return (nodeId) =>
    notify(options, {
      environment: { RINGWATCH_EVENT: 'recovered', RINGWATCH_NODE: nodeId },
      facts: { nodeId },
    });
}

interface Notice {
  readonly environment: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Rejects for a failed one: the monitor then warns. */
async function notify(
  { command, clock, stopping }: NoticeOptions,
  { environment, facts }: Notice,
): Promise<void> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(longestNoticeMs)]);
  const { problem, output } = await runCommand({
    command,
    clock,
    signal,
    environment,
    input: `${JSON.stringify(facts)}\n`,
  });
  if (problem !== null && !stopping.aborted) {
    throw new Error(`${command}: ${problem}${output === '' ? '' : `: ${endOf(output, 500)}`}`);
  }
}
