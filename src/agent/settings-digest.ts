/** A short digest of a node's settings: nodes of one cluster that have the same one judge each other alike. */
import { createHash } from 'node:crypto';
import { type PresetName, resolveSettings, type Settings } from '../core/settings/config.ts';
import type { EpochRef } from '../ports/registry.ts';

/** These concern this process alone: nodes may differ in them. */
const own: ReadonlySet<string> = new Set<keyof Settings>([
  'nodeId',
  'registryTimeoutMs',
  'outboxCapacity',
  'stallThresholdMs',
  'handlerTimeoutMs',
]);

/** `lan 3f9c21` for a preset as it is, `lan+ 77ab10` for one with changes: the preset's name, and a hash of all settings that nodes should share. */
export function settingsDigest(settings: Settings, preset: PresetName = 'default'): string {
  const hash = hashOf(settings);
  const isPlain = hash === hashOf(resolveSettings({ nodeId: settings.nodeId }, preset));
  return `${preset}${isPlain ? '' : '+'} ${hash}`;
}

function hashOf(settings: Settings): string {
  const shared = Object.entries(settings)
    .filter(([name]) => !own.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(shared)).digest('hex').slice(0, 6);
}

/** An epoch of another node with other settings, as a join was told of it, or as the log tells of its own join. */
export interface Differing extends EpochRef {
  readonly settings: string;
}

/** What to warn of: which nodes have other settings, and what may come of it. */
export function differingSettings(digest: string, differing: readonly Differing[]): string {
  const others = differing.map(({ nodeId, settings }) => `${nodeId} has ${settings}`).join(', ');
  return `this node has the settings ${digest}, but ${others}: each judges by its own, so a patient node may be found dead by a quick one before it can answer; give all nodes the same settings (\`ringwatch config show\` prints them, \`ringwatch status\` says which nodes differ)`;
}
