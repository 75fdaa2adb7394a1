#!/usr/bin/env node
/** The entry of `ringwatch`: looks whether the process may open enough files, then loads the rest. */
import { openFileLimit } from '../agent/open-file-limit.ts';
import { offerCommand } from './hand-over.ts';

/** Loading the program takes about 50 at a moment, and an agent needs as many for its connections. */
const fewestFiles = 64;

// Without a listener this signal opens Node's debugger to every user of the machine.
process.on('SIGUSR1', () => undefined);

const limit = openFileLimit();
if (limit < fewestFiles) {
  process.stderr.write(
    `error: this process may open ${limit} files, and needs ${fewestFiles} at least; raise the limit (ulimit -n).\n`,
  );
  process.exit(1);
}
const argv = process.argv.slice(2);
offerCommand(argv);
const { runCommandLine } = await import('./command-line.ts');
await runCommandLine(argv);
