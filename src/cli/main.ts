#!/usr/bin/env node
/** The entry of `ringwatch`: looks whether the process may open enough files, then loads the rest. */
import { readFileSync } from 'node:fs';

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
const { runCommandLine } = await import('./command-line.ts');
await runCommandLine(process.argv.slice(2));

/** Infinity where it is not known. */
function openFileLimit(): number {
  try {
    const [, text] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EMFILE'
      ? 0
      : Number.POSITIVE_INFINITY;
  }
}
