/** What was given to `ringwatch explain`: a preset, settings from a file, and flags, which win. All that is wrong is told at once. */
import { readFile } from 'node:fs/promises';
import {
  ConfigError,
  type PresetName,
  presets,
  resolveSettings,
  type Settings,
} from '../../core/settings/config.ts';
import { CommandError, UsageError } from '../failure.ts';
import { parseSettings, writtenSettings } from '../setting-flags.ts';
import { reasonOf } from '../sim/output-file.ts';
import type { ExplainRequest } from './explanation.ts';

/** Flags by their names; settings come as they were written. */
export interface ExplainFlags {
  readonly preset?: PresetName;
  readonly nodes: number;
  readonly config?: string;
  readonly json: boolean;
  readonly [setting: string]: unknown;
}

/** Reads them. Throws `ConfigError` with every violation, `UsageError` for a file without settings in it. */
export async function readExplainFlags(flags: ExplainFlags): Promise<ExplainRequest> {
  const file = flags.config === undefined ? {} : await readSettingsFile(flags.config);
  const { preset: filePreset, ...fileSettings } = file;
  const preset = flags.preset ?? filePreset ?? 'default';
  const { settings: written, violations } = parseSettings(writtenSettings(flags));
  const edits = { ...fileSettings, ...written };
  try {
    resolveSettings({ nodeId: 'this-node', ...edits }, preset);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    violations.push(...error.violations);
  }
  if (violations.length > 0) throw new ConfigError(violations);
  return { preset, edits, nodes: flags.nodes };
}

/** Settings as the library takes them, in JSON, and a preset. What they may be is checked with all others. */
type SettingsFile = Partial<Omit<Settings, 'nodeId'>> & { readonly preset?: PresetName };

async function readSettingsFile(path: string): Promise<SettingsFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`Cannot read ${path}: ${reasonOf(error)}.`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(
      `${path}: expected a JSON object of settings, such as {"preset": "lan", "probeIntervalMs": 5000}.`,
    );
  }
  const { preset } = value as SettingsFile;
  if (preset !== undefined && !Object.hasOwn(presets, preset)) {
    const names = Object.keys(presets).join(', ');
    throw new UsageError(`${path}: expected preset to be one of ${names}, got ${JSON.stringify(preset)}.`);
  }
  return value as SettingsFile;
}
