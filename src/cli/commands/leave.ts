/** `ringwatch leave`: makes a node leave the cluster that is gone for good and could not do so itself. */
import { createInterface } from 'node:readline/promises';
import { Command, Option } from 'commander';
import type { NodeDetail } from '../../ports/registry.ts';
import { formatDuration } from '../durations.ts';
import { CommandError, UsageError, unknownNode } from '../failure.ts';
import { withRegistry } from '../registry-access.ts';
import {
  addSharedOptions,
  durationArgument,
  examples,
  exitCodeHelp,
  type SharedOptions,
} from '../shared-options.ts';
import { print, printable, printJson } from '../terminal.ts';
import { rest } from '../time-limit.ts';

interface LeaveOptions extends SharedOptions {
  readonly yes: boolean;
  readonly force: boolean;
  readonly silentFor: number;
}

/** The command. */
export function leaveCommand(): Command {
  return addSharedOptions(new Command('leave'))
    .description(
      'Make a node that is gone for good leave the cluster: it leaves the ring and is never called dead.',
    )
    .argument('<node>', 'id of the node')
    .option('-y, --yes', 'do not ask', false)
    .option('--force', 'also when its agent still sends heartbeats: that agent ends', false)
    .addOption(
      new Option('--silent-for <duration>', 'a node whose last heartbeat is newer than this is running')
        .argParser(durationArgument)
        .default(90_000, '90s'),
    )
    .addHelpText(
      'after',
      [
        '\nAn agent that is stopped by SIGTERM leaves by itself; this is for nodes that',
        'cannot any more: one that is confirmed dead at once, another one when it has been',
        'silent. Votes on the node and its own votes become void, and a verdict without a',
        'claim is closed.',
        exitCodeHelp,
        examples(['ringwatch leave node-c', 'ringwatch leave node-c --yes --silent-for 10s']),
      ].join('\n'),
    )
    .action(run);
}

async function run(nodeId: string, options: LeaveOptions): Promise<void> {
  await withRegistry(options, async (access) => {
    const node = await access.read((registry) => registry.readNode(nodeId));
    if (node === null) throw unknownNode(nodeId);
    const { epoch } = node;
    if (node.lifecycle === 'left') {
      report(
        options,
        { nodeId, epoch, hasLeft: true, isNew: false },
        `${printable(nodeId)} has left already.`,
      );
      return;
    }
    refuseLiving(node, options);
    if (!options.yes) await confirm(nodeId);
    await access.renew();
    await access.write((registry) => registry.leave({ nodeId, epoch }));
    report(
      options,
      { nodeId, epoch, hasLeft: true, isNew: true },
      `${printable(nodeId)} has left (epoch ${epoch}).`,
    );
  });
}

function report({ json }: LeaveOptions, facts: object, text: string): void {
  if (json) printJson(facts);
  else print(text);
}

/** Of a node that is found dead nothing else has to be waited for: the verdict is proof enough. */
function refuseLiving({ id, lifecycle, heartbeatAgeMs }: NodeDetail, options: LeaveOptions): void {
  const { force, silentFor } = options;
  if (force || lifecycle === 'dead' || heartbeatAgeMs === null || heartbeatAgeMs >= silentFor) return;
  throw new CommandError(
    `The last heartbeat of ${printable(id)} was ${formatDuration(heartbeatAgeMs)} ago: its agent seems to be running. Stop it, and it ` +
      `leaves by itself. If it is gone, wait until it has been silent for ${formatDuration(silentFor)} ` +
      '(--silent-for), or use --force.',
  );
}

async function confirm(nodeId: string): Promise<void> {
  if (process.stdin.isTTY !== true) {
    throw new UsageError('Standard input is not a terminal, so the question cannot be answered: say --yes.');
  }
  const dialog = createInterface({ input: process.stdin, output: process.stderr });
  try {
    rest();
    const answer = await dialog.question(`Make ${printable(nodeId)} leave the cluster? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was done.');
  } finally {
    dialog.close();
  }
}
