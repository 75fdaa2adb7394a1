/** `ringwatch demo`: five agents as real processes, one of them is killed, and the viewer sees all that follows. */
import { Command, Option } from 'commander';
import { runDemo } from '../demo/run-demo.ts';
import { exitCodes } from '../failure.ts';
import { examples, wholeNumber } from '../shared-options.ts';
import { printError } from '../terminal.ts';

interface DemoFlags {
  readonly nodes: number;
  readonly rqlite: boolean;
  readonly postgres?: string | true;
  readonly keep: boolean;
  readonly json: boolean;
}

/** As shells tell of a SIGINT. */
const interruptedCode = 130;

/** The command. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Run a small cluster on this machine, kill a node, and watch the others find out and recover it.',
    )
    .addOption(new Option('--nodes <n>', 'how many agents').argParser(wholeNumber(3, 50)).default(5))
    .option('--rqlite', 'on a real three-node rqlite cluster, started for it', false)
    .addOption(
      new Option(
        '--postgres [url]',
        'on PostgreSQL: in a schema of its own on that server, or on one that is started for it',
      ).conflicts('rqlite'),
    )
    .option('--keep', 'go on afterwards: kill nodes by hand until Ctrl-C', false)
    .option('--json', 'events as JSON lines, the summary as the last line', false)
    .addHelpText(
      'after',
      [
        '\nAgents are processes on 127.0.0.1 with free ports; the registry is in a temporary',
        'directory. It ends by itself in about 15 seconds and leaves nothing behind.',
        '\nExit codes: 0 all of it really happened, 1 something was missing, 2 wrong usage,',
        '130 interrupted before the end.',
        examples([
          'ringwatch demo',
          'ringwatch demo --rqlite --nodes 7',
          'ringwatch demo --postgres postgres://user@host/database',
          'ringwatch demo --json | tail -1 | jq',
        ]),
      ].join('\n'),
    )
    .action(run);
}

async function run({ nodes, rqlite, postgres, keep, json }: DemoFlags): Promise<void> {
  const place = postgres === undefined ? (rqlite ? 'rqlite' : 'sqlite') : { postgres };
  const result = await runDemo({ nodeCount: nodes, place, isKept: keep, isJson: json });
  if (result === 'incomplete') process.exitCode = exitCodes.failed;
  if (result !== 'interrupted') return;
  printError('Interrupted; everything has been ended and removed.');
  process.exitCode = interruptedCode;
}
