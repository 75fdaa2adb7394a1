/** `ringwatch why`: the story of one node in plain words. */
import { Command, Option } from 'commander';
import { unknownNode } from '../failure.ts';
import { withRegistry } from '../registry-access.ts';
import { renderBrake, viewBrake } from '../render/brake-view.ts';
import { viewDeath } from '../render/death-view.ts';
import { renderStory, tellStory } from '../render/story.ts';
import {
  addSharedOptions,
  brakeOption,
  brakeRequest,
  brakeReturnOption,
  brakeWindowOption,
  examples,
  exitCodeHelp,
  type SharedOptions,
  wholeNumber,
} from '../shared-options.ts';
import { paintFor, print, printJson, widthOf } from '../terminal.ts';

interface WhyOptions extends SharedOptions {
  readonly epochs: number;
  readonly maxDeadFraction: number;
  readonly brakeWindow: number;
  readonly brakeReturn: number;
}

const readEventCount = 10_000;

/** The command. */
export function whyCommand(): Command {
  return addSharedOptions(new Command('why'))
    .description(
      'Tell the story of a node: who accused it and why, who voted, who recovered it, and its return.',
    )
    .argument('<node>', 'id of the node')
    .addOption(
      new Option('--epochs <n>', 'how many of its newest epochs to tell')
        .argParser(wholeNumber(1, 1_000))
        .default(3),
    )
    .addOption(brakeOption())
    .addOption(brakeWindowOption())
    .addOption(brakeReturnOption())
    .addHelpText(
      'after',
      [exitCodeHelp, examples(['ringwatch why node-c', 'ringwatch why node-c --epochs 1 --json'])].join('\n'),
    )
    .action(run);
}

async function run(nodeId: string, options: WhyOptions): Promise<void> {
  const { node, events, cluster } = await withRegistry(options, (access) =>
    access.read(async (registry) => ({
      node: await registry.readNode(nodeId),
      events: (await registry.readEvents({ after: null, limit: readEventCount, nodeId })).events,
      cluster: await registry.readCluster(brakeRequest(options)),
    })),
  );
  if (node === null && events.length === 0) {
    throw unknownNode(nodeId, ', and no event tells of it');
  }
  const death = node === null ? null : viewDeath(node, cluster);
  const story = tellStory({ nodeId, node, death, events, epochCount: options.epochs });
  // What the brake holds back has its votes and no verdict, so that its events do not say why.
  const view = viewBrake(cluster, options.maxDeadFraction);
  const isHeld = view.heldIds.includes(nodeId) || view.heldObituaries.some((held) => held.nodeId === nodeId);
  const brake = isHeld ? view : null;
  if (options.json) {
    printJson({ ...story, brake });
    return;
  }
  const paint = paintFor(process.stdout);
  const lines = brake === null ? [] : ['', ...renderBrake(brake, { paint, width: widthOf(process.stdout) })];
  print([renderStory(story, paint), ...lines].join('\n'));
}
