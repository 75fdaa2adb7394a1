/** `ringwatch maintenance`: a node is not judged for a while. */
import { Command, Option } from 'commander';
import { formatDuration } from '../durations.ts';
import { UsageError, unknownNode } from '../failure.ts';
import { withRegistry } from '../registry-access.ts';
import {
  addSharedOptions,
  durationArgument,
  examples,
  exitCodeHelp,
  type SharedOptions,
} from '../shared-options.ts';
import { print, printable, printJson } from '../terminal.ts';

interface MaintenanceOptions extends SharedOptions {
  readonly for?: number;
  readonly end: boolean;
}

/** The command. */
export function maintenanceCommand(): Command {
  return addSharedOptions(new Command('maintenance'))
    .description('Put a node into maintenance: it is not judged until the time has passed.')
    .argument('<node>', 'id of the node')
    .addOption(new Option('--for <duration>', 'how long, from now').argParser(durationArgument))
    .option('--end', 'end it now', false)
    .addHelpText(
      'after',
      [
        exitCodeHelp,
        examples(['ringwatch maintenance node-c --for 10m', 'ringwatch maintenance node-c --end']),
      ].join('\n'),
    )
    .action(run);
}

async function run(nodeId: string, options: MaintenanceOptions): Promise<void> {
  const durationMs = durationOf(options);
  const isKnown = await withRegistry(options, (access) =>
    access.write((registry) => registry.setMaintenance({ nodeId, durationMs })),
  );
  if (!isKnown) throw unknownNode(nodeId);
  if (options.json) printJson({ nodeId, durationMs });
  else if (durationMs === 0) print(`The maintenance of ${printable(nodeId)} has ended.`);
  else print(`${printable(nodeId)} is in maintenance for ${formatDuration(durationMs)}.`);
}

function durationOf({ for: durationMs, end }: MaintenanceOptions): number {
  if (end === (durationMs !== undefined)) {
    throw new UsageError('Expected either --for <duration> or --end, for instance --for 10m.');
  }
  if (durationMs === 0) throw new UsageError('--for: expected more than 0; end a maintenance with --end.');
  return durationMs ?? 0;
}
