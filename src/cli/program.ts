/** The command line as a whole: which commands there are. Loads only the one that is asked for: an agent needs little. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { exitCodes } from './failure.ts';

type LoadCommand = () => Promise<Command>;

/** In the order of the help. */
const commands: Readonly<Record<string, LoadCommand>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  agent: async () => (await import('./commands/agent.ts')).agentCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  ring: async () => (await import('./commands/ring.ts')).ringCommand(),
  events: async () => (await import('./commands/events.ts')).eventsCommand(),
  why: async () => (await import('./commands/why.ts')).whyCommand(),
  leave: async () => (await import('./commands/leave.ts')).leaveCommand(),
  maintenance: async () => (await import('./commands/maintenance.ts')).maintenanceCommand(),
  resolve: async () => (await import('./commands/resolve.ts')).resolveCommand(),
};

/** The program for these arguments. Errors of commander's own are thrown, not exited with. */
export async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('ringwatch')
    .description(
      'Watches the nodes of a cluster on a ring, and sees to it that one survivor acts on each death.',
    )
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('(--help shows what it takes)')
    .addHelpText(
      'after',
      [
        '',
        'First steps:',
        '  ringwatch demo                                    five agents, one dies, watch what happens',
        '  ringwatch agent --registry sqlite:./cluster.db    make this machine a node of a cluster',
        '  ringwatch status --registry sqlite:./cluster.db   see all nodes',
        '',
        'The registry may also be given as RINGWATCH_REGISTRY. RINGWATCH_DEBUG=1 shows where errors come from.',
      ].join('\n'),
    );
  const [name = ''] = argv;
  const wanted = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  program.exitOverride();
  for (const key of wanted) {
    const command = await commands[key]?.();
    if (command !== undefined) program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

/** Exit code of an error that commander has already reported: 0 for help and version, else wrong usage. */
export function exitCodeOf(error: { readonly exitCode: number }): number {
  return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
