/** `ringwatch resolve`: an operator states that a death needs no recovery; then it weighs on the brake no more. */
import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { CommandError, unknownNode } from '../failure.ts';
import { operatorIdOf, operatorOption } from '../operator.ts';
import { withRegistry } from '../registry-access.ts';
import { addSharedOptions, examples, exitCodeHelp, type SharedOptions } from '../shared-options.ts';
import { print, printable, printJson } from '../terminal.ts';

interface ResolveOptions extends SharedOptions {
  readonly as?: string;
}

/** The command. */
export function resolveCommand(): Command {
  return addSharedOptions(new Command('resolve'))
    .description(
      'Say that the open verdicts on a node need no recovery: they are dismissed, and weigh on the brake no more.',
    )
    .argument('<node>', 'id of the node')
    .addOption(operatorOption())
    .addHelpText(
      'after',
      [
        '\nA recovery that runs loses its right to run.',
        exitCodeHelp,
        examples(['ringwatch resolve node-c', 'ringwatch resolve node-c --as operator:ada']),
      ].join('\n'),
    )
    .action(run);
}

async function run(nodeId: string, options: ResolveOptions): Promise<void> {
  const operatorId = operatorIdOf(options);
  const epochs = await withRegistry(options, async (access) => {
    const { isKnown, verdicts } = await access.read(async (registry) => ({
      isKnown: (await registry.readNode(nodeId)) !== null,
      verdicts: (await registry.readCluster({ departedLimit: 0 })).verdicts,
    }));
    if (!isKnown && !verdicts.some((verdict) => verdict.nodeId === nodeId)) throw unknownNode(nodeId);
    const dismissed: number[] = [];
    for (const { nodeId: id, epoch, resolution } of verdicts) {
      if (id !== nodeId || resolution !== null) continue;
      const operationId = randomUUID();
      const isDone = await access.write((registry) =>
        registry.dismiss({ nodeId, epoch, operatorId, operationId }),
      );
      if (isDone) dismissed.push(epoch);
    }
    return dismissed;
  });
  if (epochs.length === 0) {
    throw new CommandError(
      `No verdict on ${JSON.stringify(nodeId)} is open, so there is nothing to resolve; \`ringwatch why ${printable(nodeId)}\` tells its story.`,
    );
  }
  if (options.json) printJson({ nodeId, epochs, operatorId });
  else print(`The verdict on ${printable(nodeId)} (epoch ${epochs.join(', ')}) is dismissed.`);
}
