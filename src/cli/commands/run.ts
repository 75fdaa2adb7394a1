/** `ringwatch run`: the command line of an agent that is the parent of its application. */
import { Command, Option } from 'commander';
import type { AgentFlags } from '../agent-flags.ts';
import { addAgentOptions, readSwitches } from '../agent-options.ts';
import { durationArgument, examples } from '../shared-options.ts';

interface RunFlags extends AgentFlags {
  readonly stopGrace: number;
}

/** The command. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('Start an application and be its agent: when it dies, the other nodes are told at once.')
    .argument('<command...>', 'the application and its arguments, after --; no shell is between')
    .optionsGroup('The application:')
    .addOption(
      new Option('--stop-grace <duration>', 'time between SIGTERM and SIGKILL when it is to stop')
        .env('RINGWATCH_STOP_GRACE')
        .argParser(durationArgument)
        .default(10_000, '10s'),
    );
  return addAgentOptions(command)
    .addHelpText('after', helpText)
    .action(async (words: readonly string[], flags: RunFlags) => {
      const { runApplication } = await import('../run-application.ts');
      await runApplication(words, flags.stopGrace, { ...readSwitches(process.env), ...flags });
    });
}

const helpText = [
  '\nThe application is started at once, and the node joins meanwhile. It gets this',
  'standard input, output and error, and the environment but for RINGWATCH_REGISTRY,',
  'RINGWATCH_REGISTRY_PASSWORD_FILE and RINGWATCH_SECRET_FILE. It is in a process group',
  'of its own.',
  '',
  'When it ends with exit code 0, the node leaves the cluster. When it ends with another',
  'one or by a signal, the agent declares this node dead, and another one recovers it',
  'after --restart-grace. A supervisor that restarts it sooner costs no recovery.',
  '',
  'SIGTERM, SIGINT and SIGQUIT leave the cluster and are passed on, each time; SIGKILL',
  'follows after --stop-grace, for all that it has started. SIGHUP, SIGUSR1 and SIGUSR2',
  'are passed on only. All else is as with `ringwatch agent`; see its help.',
  '',
  "Exit code: the application's, 128 + n after signal n. 126 or 127 when it could not be",
  'started, 1 when the agent could not go on (the application is then stopped), 2 wrong',
  'usage or configuration.',
  '',
  'Process 1 of a container has to reap the children of others, which this one does not:',
  'put an init before it (docker run --init, tini, dumb-init).',
  examples([
    'ringwatch run --registry sqlite:./cluster.db --node-id a --listen 6001 \\',
    '    --on-dead \'./take-over.sh "$RINGWATCH_NODE"\' -- node server.js --port 8080',
  ]),
].join('\n');
