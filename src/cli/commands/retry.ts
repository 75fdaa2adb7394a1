/** `ringwatch retry`: an operator has the recovery of a node tried now, also one that was given up. */
import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { CommandError } from '../failure.ts';
import { operatorIdOf, operatorOption } from '../operator.ts';
import { withRegistry } from '../registry-access.ts';
import { addSharedOptions, examples, exitCodeHelp, type SharedOptions } from '../shared-options.ts';
import { print, printable, printJson } from '../terminal.ts';

interface RetryOptions extends SharedOptions {
  readonly as?: string;
}

/** The command. */
export function retryCommand(): Command {
  return addSharedOptions(new Command('retry'))
    .description(
      'Have the open recovery of a node tried now: no pause is waited for, and one that was given up gets one attempt more.',
    )
    .argument('<node>', 'id of the node')
    .addOption(operatorOption())
    .addHelpText(
      'after',
      [
        '\nA recovery that runs is left alone.',
        exitCodeHelp,
        examples(['ringwatch retry node-c', 'ringwatch retry node-c --as operator:ada']),
      ].join('\n'),
    )
    .action(run);
}

async function run(nodeId: string, options: RetryOptions): Promise<void> {
  const operatorId = operatorIdOf(options);
  const operationId = randomUUID();
  const isDone = await withRegistry(options, (access) =>
    access.write((registry) => registry.retry({ nodeId, operatorId, operationId })),
  );
  if (!isDone) {
    throw new CommandError(
      `No recovery of ${JSON.stringify(nodeId)} waits to be tried; \`ringwatch why ${printable(nodeId)}\` tells its story.`,
    );
  }
  if (options.json) printJson({ nodeId, operatorId });
  else print(`The recovery of ${printable(nodeId)} is tried again by the next node that has room.`);
}
