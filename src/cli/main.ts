#!/usr/bin/env node
/** The entry of `ringwatch`: runs one command, and turns whatever goes wrong into one message and an exit code. */
import { CommanderError } from 'commander';
import { describeFailure, exitCodes, stackOf } from './failure.ts';
import { createProgram, exitCodeOf } from './program.ts';
import { paintFor, printError } from './terminal.ts';

const isDebugging = (process.env['RINGWATCH_DEBUG'] ?? '') !== '' && process.env['RINGWATCH_DEBUG'] !== '0';

// Without a listener this signal opens Node's debugger to every user of the machine.
process.on('SIGUSR1', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // An agent goes on, or leaves first: it has a listener of its own.
  if (process.stdout.listenerCount('error') > 1) return;
  // A reader that has seen enough (`| head`) is no error.
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  fail(error);
});
process.stderr.on('error', () => undefined);

try {
  const argv = process.argv.slice(2);
  const program = await createProgram(argv);
  if (argv.length === 0) program.help();
  await program.parseAsync(argv, { from: 'user' });
  await flush();
  process.exit(process.exitCode ?? exitCodes.done);
} catch (error) {
  if (error instanceof CommanderError) process.exit(exitCodeOf(error));
  fail(error);
}

/** What a slow reader has not taken yet would be lost by an exit. */
function flush(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write('', () => resolve());
  });
}

function fail(error: unknown): never {
  const { message, exitCode } = describeFailure(error);
  const paint = paintFor(process.stderr);
  printError(`${paint('bad', 'error:')} ${message}`);
  if (isDebugging) printError(stackOf(error));
  process.exit(exitCode);
}
