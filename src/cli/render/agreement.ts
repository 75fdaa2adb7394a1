/** What the nodes of a registry agree on: the name of their cluster, and their settings. Pure. */
import { type ClusterReading, defaultClusterName } from '../../ports/registry.ts';
import { type Paint, printable, wrap } from '../terminal.ts';
import { enumerate } from './event-words.ts';

/** Nodes that joined with the same settings. */
export interface SettingsGroup {
  /** The digest: a preset's name, with `+` where it was changed, and a hash. */
  readonly settings: string;
  readonly nodeIds: readonly string[];
}

/** The name of the cluster, and the settings of the nodes on the ring, those of the most nodes first. */
export interface Agreement {
  readonly clusterName: string;
  readonly settings: readonly SettingsGroup[];
}

/** Nodes that told no settings, such as those of the original, are in no group. */
export function viewAgreement({ clusterName, nodes }: ClusterReading): Agreement {
  const groups = new Map<string, string[]>();
  for (const { id, settings, lifecycle } of nodes) {
    if (settings === null || (lifecycle !== 'alive' && lifecycle !== 'maintenance')) continue;
    const ids = groups.get(settings);
    if (ids === undefined) groups.set(settings, [id]);
    else ids.push(id);
  }
  const settings = [...groups].map(([digest, nodeIds]) => ({ settings: digest, nodeIds }));
  return { clusterName, settings: settings.sort((one, other) => other.nodeIds.length - one.nodeIds.length) };
}

const namedCount = 5;

/** The name of the cluster where it was given one, and a warning where settings differ. */
export function agreementLines(
  { clusterName, settings }: Agreement,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const name =
    clusterName === defaultClusterName ? [] : [paint('quiet', `cluster ${printable(clusterName)}`)];
  if (settings.length < 2) return name;
  const groups = settings.map(({ settings: digest, nodeIds }) => {
    const more = nodeIds.length - namedCount;
    const names = nodeIds.slice(0, namedCount).map(printable);
    return `${printable(digest)} (${enumerate(more > 0 ? [...names, `${more} more`] : names)})`;
  });
  const text = `Settings differ: ${groups.join('; ')}. Give all nodes the same ones.`;
  return [...name, paint('warning', wrap(text.split(' '), width))];
}
