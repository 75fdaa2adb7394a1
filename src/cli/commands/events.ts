/** `ringwatch events`: the registry's event log, in plain words or as JSON lines. */
import { Command, Option } from 'commander';
import type { RegistryEvent } from '../../ports/registry.ts';
import { unknownNode } from '../failure.ts';
import { listenForInterruption } from '../interruption.ts';
import { PatientReader } from '../patient-reading.ts';
import { type RegistryAccess, withRegistry } from '../registry-access.ts';
import { renderEventLine } from '../render/story.ts';
import { isoInstant } from '../render/times.ts';
import {
  addSharedOptions,
  examples,
  exitCodeHelp,
  type SharedOptions,
  wholeNumber,
} from '../shared-options.ts';
import { paintFor, print, printable, printError, printJson } from '../terminal.ts';

interface EventsOptions extends SharedOptions {
  readonly follow: boolean;
  readonly node?: string;
  readonly limit: number;
}

const pollMs = 1_000;
const wentBack =
  'The log went back: a backup of the registry was restored. What was written since the backup is lost; new events follow.';
const mostEventCount = 10_000;

/** The command. */
export function eventsCommand(): Command {
  return addSharedOptions(new Command('events'))
    .description('Print the event log, oldest first; times are of the registry, in UTC.')
    .option('-f, --follow', 'go on with what is new, until Ctrl-C', false)
    .option('--node <id>', 'only events about or by this node')
    .addOption(
      new Option('-n, --limit <n>', 'begin with this many of the newest events')
        .argParser(wholeNumber(0, mostEventCount))
        .default(100),
    )
    .addHelpText(
      'after',
      [
        '\nWith --json each event is one line of JSON. --follow tells on stderr when the',
        'registry does not answer, and goes on where it was when it is back. It tells too',
        'when the log went back, and goes on from its present end.',
        exitCodeHelp,
        examples(['ringwatch events --follow', 'ringwatch events --node node-a --limit 20 --json']),
      ].join('\n'),
    )
    .action(run);
}

async function run(options: EventsOptions): Promise<void> {
  await withRegistry(options, async (access) => {
    const { limit } = options;
    // The cursor comes with a page, and a page has at least one event.
    const page = await readPage(access, options, null, Math.max(1, limit));
    if (page.events.length === 0) await tellUnknown(access, options);
    if (limit > 0) show(page.events, options);
    if (options.follow) await follow(access, options, page.cursor);
  });
}

/** A name that was misspelt has no events either. One that is followed may come. */
async function tellUnknown(
  access: RegistryAccess,
  { node, follow: isFollowed }: EventsOptions,
): Promise<void> {
  if (node === undefined || (await access.read((registry) => registry.readNode(node))) !== null) return;
  const unknown = unknownNode(node, ', and no event tells of it');
  if (!isFollowed) throw unknown;
  printError(printable(`${unknown.message} It is waited for.`));
}

async function follow(access: RegistryAccess, options: EventsOptions, start: string): Promise<void> {
  const interruption = listenForInterruption();
  try {
    let cursor = start;
    const reader = new PatientReader(printError);
    while (await interruption.wait(pollMs)) {
      access.renew();
      const page = await interruption.orInterrupted(
        reader.read(() => readPage(access, options, cursor, mostEventCount)),
      );
      if (page === null) continue;
      if (page.wentBack) printError(wentBack);
      show(page.events, options);
      cursor = page.cursor;
    }
  } finally {
    interruption.dispose();
  }
}

function readPage(access: RegistryAccess, { node }: EventsOptions, after: string | null, limit: number) {
  return access.read((registry) =>
    registry.readEvents({ after, limit, ...(node === undefined ? {} : { nodeId: node }) }),
  );
}

function show(events: readonly RegistryEvent[], { json }: EventsOptions): void {
  const paint = paintFor(process.stdout);
  for (const event of events) {
    if (json) printJson({ ...event, at: isoInstant(event.at) });
    else print(renderEventLine(event, paint));
  }
}
