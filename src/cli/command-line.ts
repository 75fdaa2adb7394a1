/** Runs one command of `ringwatch`, and turns whatever goes wrong into one message and an exit code. */
import { type Command, CommanderError } from 'commander';
import { describeFailure, exitCodes, stackOf } from './failure.ts';
import { createProgram, exitCodeOf } from './program.ts';
import { errorText, printError } from './terminal.ts';
import { rest } from './time-limit.ts';
import { misspeltVariables } from './variables.ts';

/** Ends the process when the command is done. */
export async function runCommandLine(argv: readonly string[]): Promise<never> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // An agent goes on, or leaves first: it has a listener of its own.
    if (process.stdout.listenerCount('error') > 1) return;
    // A reader that has seen enough (`| head`) is no error.
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    fail(error);
  });
  process.stderr.on('error', () => undefined);
  for (const message of misspeltVariables(process.env)) printError(`warning: ${message}`);
  let running: Command | null = null;
  try {
    const program = await createProgram(argv);
    program.hook('preAction', (_program, command) => {
      running = command;
    });
    if (argv.length === 0) program.help();
    await program.parseAsync(argv, { from: 'user' });
    rest();
    await flush();
    process.exit(process.exitCode ?? exitCodes.done);
  } catch (error) {
    if (error instanceof CommanderError) process.exit(exitCodeOf(error));
    fail(error, running);
  }
}

/** What a slow reader has not taken yet would be lost by an exit. */
function flush(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write('', () => resolve());
  });
}

function fail(error: unknown, command: Command | null = null): never {
  const { message, exitCode } = describeFailure(error, (flag) => variableOf(command, flag));
  rest();
  process.stderr.write(errorText(message));
  if (isDebugging()) printError(stackOf(error));
  process.exit(exitCode);
}

/** The variable that the value of an option came from; null for one that was given on the command line, or not at all. */
function variableOf(command: Command | null, flag: string): string | null {
  const option = command?.options.find(({ long }) => long === flag);
  if (command === null || option === undefined) return null;
  return command.getOptionValueSource(option.attributeName()) === 'env' ? (option.envVar ?? null) : null;
}

function isDebugging(): boolean {
  const { RINGWATCH_DEBUG: wanted = '' } = process.env;
  return wanted !== '' && wanted !== '0';
}
