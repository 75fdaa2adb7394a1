/** `ringwatch events`: the registry's event log, in plain words or as JSON lines. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { placeOf } from '../../core/wire/log-cursor.ts';
import type { EventPage, EventQuery, RegistryEvent } from '../../ports/registry.ts';
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
  readonly after?: string;
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
    .addOption(
      new Option(
        '--after <cursor>',
        'begin with the oldest ones after this cursor, as --json prints it',
      ).argParser(cursorArgument),
    )
    .addHelpText(
      'after',
      [
        '\nWith --json each event is one line of JSON. --follow tells on stderr when the',
        'registry does not answer, and goes on where it was when it is back. It tells too',
        'when the log went back, and goes on with what came after. Each line of JSON has a',
        'cursor: --after it is the next one, and how many were pruned meanwhile is told.',
        exitCodeHelp,
        examples([
          'ringwatch events --follow',
          'ringwatch events --node node-a --limit 20 --json',
          'ringwatch events --json --after 4711',
        ]),
      ].join('\n'),
    )
    .action(run);
}

async function run(options: EventsOptions): Promise<void> {
  await withRegistry(options, async (access) => {
    const { limit, after = null } = options;
    const take = after === null ? 'newest' : 'oldest';
    // The cursor comes with a page, and a page has at least one event.
    const page = await readPage(access, options, { after, take, limit: Math.max(1, limit) });
    tellLoss(page);
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
      await access.renew();
      const page = await interruption.orInterrupted(
        reader.read(() =>
          readPage(access, options, { after: cursor, take: 'oldest', limit: mostEventCount }),
        ),
      );
      if (page === null) continue;
      tellLoss(page);
      show(page.events, options);
      cursor = page.cursor;
    }
  } finally {
    interruption.dispose();
  }
}

function readPage(access: RegistryAccess, { node }: EventsOptions, query: EventQuery): Promise<EventPage> {
  return access.read((registry) =>
    registry.readEvents({ ...query, ...(node === undefined ? {} : { nodeId: node }) }),
  );
}

/** What lies between the cursor and the page, and can be read no more. */
function tellLoss({ wentBack: hasGoneBack, lostCount }: EventPage): void {
  if (hasGoneBack) printError(wentBack);
  if (lostCount > 0) printError(`${lostCount} events after the cursor were pruned, and are lost.`);
}

function cursorArgument(text: string): string {
  if (placeOf(text) === null) throw new InvalidArgumentError('Expected a cursor, as --json prints it.');
  return text;
}

function show(events: readonly RegistryEvent[], { json }: EventsOptions): void {
  const paint = paintFor(process.stdout);
  for (const event of events) {
    if (json) printJson({ ...event, at: isoInstant(event.at) });
    else print(renderEventLine(event, paint));
  }
}
