/** `ringwatch brake`: what weighs on the brake and what it holds back, and an operator's release of it. */
import { randomUUID } from 'node:crypto';
import { Argument, Command, Option } from 'commander';
import { formatDuration } from '../durations.ts';
import { UsageError } from '../failure.ts';
import { operatorIdOf, operatorOption } from '../operator.ts';
import { withRegistry } from '../registry-access.ts';
import { renderBrake, viewBrake } from '../render/brake-view.ts';
import {
  addSharedOptions,
  brakeOption,
  brakeRequest,
  brakeReturnOption,
  brakeWindowOption,
  durationArgument,
  examples,
  exitCodeHelp,
  type SharedOptions,
  wholeNumber,
} from '../shared-options.ts';
import { paintFor, print, printJson, widthOf } from '../terminal.ts';

interface BrakeOptions extends SharedOptions {
  readonly as?: string;
  readonly for: number;
  readonly count?: number;
  readonly end: boolean;
  readonly maxDeadFraction: number;
  readonly brakeWindow: number;
  readonly brakeReturn: number;
}

/** The command. */
export function brakeCommand(): Command {
  return addSharedOptions(new Command('brake'))
    .description('Show what weighs on the brake and what it holds back, or release it for a while.')
    .addArgument(new Argument('<action>', 'what to do').choices(['status', 'release']))
    .addOption(
      new Option('--for <duration>', 'with release: for how long')
        .argParser(durationArgument)
        .default(600_000, '10m'),
    )
    .addOption(
      new Option(
        '--count <n>',
        'with release: for how many verdicts past the limit (default: all)',
      ).argParser(wholeNumber(1, 1_000_000)),
    )
    .option('--end', 'with release: end a release now', false)
    .addOption(operatorOption())
    .addOption(brakeOption())
    .addOption(brakeWindowOption())
    .addOption(brakeReturnOption())
    .addHelpText(
      'after',
      [
        '\nA release lets verdicts be made that have their votes but are held back. The',
        'last three options should be those of the agents, for status.',
        exitCodeHelp,
        examples(['ringwatch brake status', 'ringwatch brake release --for 10m --count 2 --as operator:ada']),
      ].join('\n'),
    )
    .action((action: string, options: BrakeOptions, command: Command) =>
      action === 'status' ? show(options) : release(options, command),
    );
}

async function show(options: BrakeOptions): Promise<void> {
  const cluster = await withRegistry(options, (access) =>
    access.read((registry) => registry.readCluster(brakeRequest(options))),
  );
  const view = viewBrake(cluster, options.maxDeadFraction);
  if (options.json) printJson(view);
  else {
    const layout = { paint: paintFor(process.stdout), width: widthOf(process.stdout) };
    print(renderBrake(view, layout).join('\n'));
  }
}

async function release(options: BrakeOptions, command: Command): Promise<void> {
  const isTimed = command.getOptionValueSource('for') !== 'default';
  if (options.end && (isTimed || options.count !== undefined)) {
    throw new UsageError('--end: expected no --for and no --count beside it.');
  }
  if (options.for === 0) throw new UsageError('--for: expected more than 0; end a release with --end.');
  const durationMs = options.end ? 0 : options.for;
  const { count } = options;
  const operatorId = operatorIdOf(options);
  const word = { durationMs, operatorId, operationId: randomUUID() };
  await withRegistry(options, (access) =>
    access.write((registry) => registry.releaseBrake(count === undefined ? word : { ...word, count })),
  );
  if (options.json) printJson({ durationMs, count: count ?? null, operatorId });
  else if (durationMs === 0) print('The release of the brake has ended.');
  else {
    const many = count === undefined ? '' : `, for ${count} ${count === 1 ? 'verdict' : 'verdicts'}`;
    print(`The brake is released for ${formatDuration(durationMs)}${many}.`);
  }
}
