/** `ringwatch restored`: an operator states that a backup of the registry was restored, where no agent remembers what was lost. */
import { Command } from 'commander';
import { operatorIdOf, operatorOption } from '../operator.ts';
import { withRegistry } from '../registry-access.ts';
import { addSharedOptions, examples, exitCodeHelp, type SharedOptions } from '../shared-options.ts';
import { print, printJson } from '../terminal.ts';

interface RestoredOptions extends SharedOptions {
  readonly as?: string;
}

/** The command. */
export function restoredCommand(): Command {
  return addSharedOptions(new Command('restored'))
    .description('Say that a backup of the registry was restored: no fence of before is given again.')
    .addOption(operatorOption())
    .addHelpText(
      'after',
      [
        '\nAgents that ran during the restore find it out by themselves. Where all of them were',
        'stopped, say it before you start the first one.',
        exitCodeHelp,
        examples(['ringwatch restored', 'ringwatch restored --as operator:ada']),
      ].join('\n'),
    )
    .action(run);
}

async function run(options: RestoredOptions): Promise<void> {
  const operatorId = operatorIdOf(options);
  const request = { nodeId: operatorId, epoch: 0, known: null, epochFloor: 0 };
  await withRegistry(options, (access) => access.write((registry) => registry.raise(request)));
  if (options.json) printJson({ operatorId });
  else print('The registry is of a new generation: its fences are above all that it gave before.');
}
