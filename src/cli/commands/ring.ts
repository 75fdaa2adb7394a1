/** `ringwatch ring`: the order of the ring and who watches whom. */
import { Command } from 'commander';
import { unknownNode } from '../failure.ts';
import { withRegistry } from '../registry-access.ts';
import { viewCluster } from '../render/cluster-view.ts';
import { renderPlace, renderRing } from '../render/ring-text.ts';
import {
  addSharedOptions,
  examples,
  exitCodeHelp,
  heartbeatWindowOption,
  neighborsOption,
  type SharedOptions,
} from '../shared-options.ts';
import { paintFor, print, printJson } from '../terminal.ts';

interface RingOptions extends SharedOptions {
  readonly of?: string;
  readonly neighbors: number;
  readonly heartbeatWindow: number;
}

/** The command. */
export function ringCommand(): Command {
  return addSharedOptions(new Command('ring'))
    .description('Show the order of the ring and who watches whom.')
    .option('--of <node>', 'only this node: whom it watches and who watches it')
    .addOption(neighborsOption())
    .addOption(heartbeatWindowOption())
    .addHelpText(
      'after',
      [
        '\nA name with a + is watched because others before it do not answer.',
        exitCodeHelp,
        examples(['ringwatch ring', 'ringwatch ring --of node-a --json']),
      ].join('\n'),
    )
    .action(run);
}

async function run(options: RingOptions): Promise<void> {
  const { heartbeatWindow, neighbors } = options;
  const cluster = await withRegistry(options, (access) =>
    access.read(async (registry) => {
      const reading = await registry.readCluster({ departedLimit: 0 });
      const isThere = options.of === undefined || reading.nodes.some(({ id }) => id === options.of);
      const departed = isThere ? null : await registry.readNode(options.of ?? '');
      return departed === null ? reading : { ...reading, nodes: [...reading.nodes, departed] };
    }),
  );
  const { nodes } = viewCluster({
    cluster,
    events: [],
    neighbors,
    maxDeadFraction: 1,
    heartbeatWindowMs: heartbeatWindow,
  });
  const paint = paintFor(process.stdout);
  if (options.of === undefined) {
    const ring = nodes.filter(({ isOnRing }) => isOnRing);
    if (options.json) printJson(ring.map(({ id, state, watches }) => ({ id, state, watches })));
    else print(renderRing(ring, paint));
    return;
  }
  const node = nodes.find(({ id }) => id === options.of);
  if (node === undefined) throw unknownNode(options.of);
  const watchers = nodes
    .filter(({ watches }) => watches.some(({ id }) => id === node.id))
    .map(({ id }) => id);
  const { id, state, watches, isOnRing } = node;
  if (options.json) printJson({ id, state, isOnRing, watches, watchers });
  else print(renderPlace(node, watchers, paint));
}
