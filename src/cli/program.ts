/** The command line as a whole: which commands there are. Loads only the one that is asked for: an agent needs little. */
import { Command, type Option } from 'commander';
import { exitCodes, withoutLogins } from './failure.ts';
import { terminalSafe } from './terminal.ts';
import { withSuggestion } from './unknown-option.ts';
import { packageVersion } from './version.ts';

type LoadCommand = () => Promise<Command>;

/** In the order of the help. */
const commands: Readonly<Record<string, LoadCommand>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  agent: async () => (await import('./commands/agent.ts')).agentCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  config: async () => (await import('./commands/config.ts')).configCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  ring: async () => (await import('./commands/ring.ts')).ringCommand(),
  events: async () => (await import('./commands/events.ts')).eventsCommand(),
  why: async () => (await import('./commands/why.ts')).whyCommand(),
  leave: async () => (await import('./commands/leave.ts')).leaveCommand(),
  maintenance: async () => (await import('./commands/maintenance.ts')).maintenanceCommand(),
  resolve: async () => (await import('./commands/resolve.ts')).resolveCommand(),
  retry: async () => (await import('./commands/retry.ts')).retryCommand(),
  brake: async () => (await import('./commands/brake.ts')).brakeCommand(),
  restored: async () => (await import('./commands/restored.ts')).restoredCommand(),
  sim: async () => (await import('./commands/sim.ts')).simCommand(),
};

/** The program for these arguments. Errors of commander's own are thrown, not exited with. */
export async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('ringwatch')
    .description(
      'Watches the nodes of a cluster on a ring, and sees to it that one survivor acts on each death.',
    )
    .version(packageVersion(), '-V, --version')
    // An argument that is not understood may be the registry's URL.
    .configureOutput({ writeErr: (text) => process.stderr.write(terminalSafe(withoutLogins(text))) })
    .configureHelp({ optionDescription: describeOption, minWidthToWrap: 30 })
    .showHelpAfterError('(--help shows what it takes)')
    .addHelpText(
      'after',
      [
        '',
        'First steps:',
        '  ringwatch demo                                 one of five nodes dies: watch',
        '  ringwatch agent -r sqlite:./cluster.db         make this machine a node',
        '  ringwatch run -r sqlite:./cluster.db -- CMD    the same, as the parent of CMD',
        '  ringwatch status -r sqlite:./cluster.db        see all nodes',
        '  ringwatch explain --preset lan --nodes 200     what settings mean, before use',
        '  ringwatch sim --preset lan --crash 5           try settings in virtual time',
        '',
        'The registry may also be given as RINGWATCH_REGISTRY, and a file with its',
        'password as RINGWATCH_REGISTRY_PASSWORD_FILE. RINGWATCH_DEBUG=1 shows where',
        'errors come from.',
        '',
        'Exit codes: 0 done, 1 it could not be done, 2 wrong usage. Examples are in the',
        'help of each command.',
      ].join('\n'),
    );
  const [name = ''] = argv;
  const wanted = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  program.exitOverride();
  program.configureOutput({
    outputError: (text, write) => write(withSuggestion(text, flagsOf(program.commands))),
  });
  for (const key of wanted) {
    const command = await commands[key]?.();
    if (command !== undefined) program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

function flagsOf(commands: readonly Command[]): string[] {
  return commands.flatMap(({ options, commands: below }) => [
    ...options.flatMap(({ long }) => long ?? []),
    ...flagsOf(below),
  ]);
}

/** Choices and defaults without quotes; variables are told of once, beneath. */
function describeOption({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const parts: string[] = [];
  if (argChoices !== undefined) parts.push(argChoices.join(', '));
  const hasDefault = defaultValue !== undefined && defaultValue !== false;
  const told = defaultValueDescription ?? (hasDefault ? String(defaultValue) : undefined);
  if (told !== undefined) parts.push(`default: ${told}`);
  return parts.length === 0 ? description : `${description} (${parts.join('; ')})`;
}

/** Exit code of an error that commander has already reported: 0 for help and version, else wrong usage. */
export function exitCodeOf(error: { readonly exitCode: number }): number {
  return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
