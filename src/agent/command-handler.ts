/** Hooks of an agent that are commands: what they are told, and what their exit code means. */

import { endOf } from '../core/wire/text.ts';
import type { DeathHandler } from '../monitor/events.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { SelfDeadHook } from './options.ts';
import { type CommandEnd, runCommand } from './run-command.ts';

/** A command that runs as a hook. */
export interface CommandHookOptions {
  /** Run in a shell. */
  readonly command: string;
  readonly clock: Clock;
  /** Told of each end. Default: silent. */
  readonly logger?: Logger | undefined;
  /** Time between SIGTERM and SIGKILL when it is aborted. Default 2,000. */
  readonly killAfterMs?: number | undefined;
}

/**
 * A recovery handler that runs a command. It gets RINGWATCH_EVENT (`handler-started`), RINGWATCH_NODE, RINGWATCH_EPOCH, RINGWATCH_FENCE,
 * RINGWATCH_ATTEMPT, RINGWATCH_VOTERS (ids with commas between) and RINGWATCH_REASON (of an obituary) in its
 * environment. Its standard input is the death as one line of JSON. Exit code 0 completes the recovery, all else is a failed attempt. When the right
 * to recover is lost it gets SIGTERM, then SIGKILL, with everything that it started.
 */
export function commandHandler(options: CommandHookOptions): DeathHandler {
  return async (nodeId, { epoch, fence, attempt, voters, reason, evidence, signal }) => {
    const end = await runHook(options, {
      signal,
      environment: {
        RINGWATCH_EVENT: 'handler-started',
        RINGWATCH_NODE: nodeId,
        RINGWATCH_EPOCH: String(epoch),
        RINGWATCH_FENCE: String(fence),
        RINGWATCH_ATTEMPT: String(attempt),
        RINGWATCH_VOTERS: voters.join(','),
        RINGWATCH_REASON: reason ?? '',
      },
      input: `${JSON.stringify({ nodeId, epoch, fence, attempt, voters, reason, evidence })}\n`,
    });
    // The node's id is not in the message: the warning about the failed recovery has it.
    if (end.problem !== null) throw new CommandFailedError(failureOf(end));
    tellSuccess(options, end, `the recovery command for node ${nodeId}`);
  };
}

/**
 * A hook that runs a command when this node's own epoch is over. It gets RINGWATCH_EVENT (`self-dead`), RINGWATCH_NODE, RINGWATCH_EPOCH and
 * RINGWATCH_REASON (`verdict`, `superseded` or `application`) in its environment, and the same as JSON on its standard input.
 */
export function commandSelfDeadHook(options: CommandHookOptions): SelfDeadHook {
  return async ({ nodeId, epoch, reason, signal }) => {
    const end = await runHook(options, {
      signal,
      environment: {
        RINGWATCH_EVENT: 'self-dead',
        RINGWATCH_NODE: nodeId,
        RINGWATCH_EPOCH: String(epoch),
        RINGWATCH_REASON: reason,
      },
      input: `${JSON.stringify({ nodeId, epoch, reason })}\n`,
    });
    if (end.problem !== null) throw new CommandFailedError(`the self-dead command failed: ${failureOf(end)}`);
    tellSuccess(options, end, 'the self-dead command');
  };
}

type HookInput = Pick<Parameters<typeof runCommand>[0], 'signal' | 'environment' | 'input'>;

function runHook({ command, clock, killAfterMs }: CommandHookOptions, input: HookInput): Promise<CommandEnd> {
  return runCommand({ command, clock, ...input, ...(killAfterMs === undefined ? {} : { killAfterMs }) });
}

/** Tells of a good end, with the end of its output. */
function tellSuccess({ command, logger }: CommandHookOptions, { output }: CommandEnd, what: string): void {
  logger?.info({ component: 'ringwatch-agent', command, output }, `${what} has succeeded${saidBy(output)}`);
}

/** What went wrong, with the end of its output. */
function failureOf({ problem, output }: CommandEnd): string {
  return `${problem}${saidBy(output)}`;
}

function saidBy(output: string): string {
  return output.trim() === '' ? '' : `: ${endOf(output.trim(), 500)}`;
}

/** A hook's command ended with anything but exit code 0. */
class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError';
  readonly code = 'command-failed';
}
