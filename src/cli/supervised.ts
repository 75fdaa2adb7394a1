/** The entry of a command that another process watches over (supervisor.ts). Not for: people, who start `main.ts`. */
import { runCommandLine } from './command-line.ts';
import { beSupervised } from './time-limit.ts';

// Without a listener this signal opens Node's debugger to every user of the machine.
process.on('SIGUSR1', () => undefined);

beSupervised();
await runCommandLine(process.argv.slice(2));
